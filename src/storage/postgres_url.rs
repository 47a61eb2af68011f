//! Parsing of PostgreSQL URLs in the forms that libpq accepts (PostgreSQL, "Connection Strings"), and the connection options made of them.
//! Neither errors nor `Display` contain any part of a password.

use std::{
    env, fmt,
    net::{IpAddr, Ipv6Addr},
    path::PathBuf,
    time::Duration,
};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sea_orm::sqlx::{
    ConnectOptions,
    postgres::{PgConnectOptions, PgSslMode},
};
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use crate::storage::{connection_settings::STATEMENTS, invalid_url::InvalidDatabaseUrl};

/// The time limit for connecting to a server.
const CONNECT: Duration = Duration::from_secs(10);
/// The time limit if there is another server to try.
const CONNECT_ONE_OF_MANY: Duration = Duration::from_secs(3);

/// The supported parameters.
const KNOWN: &str = "host, hostaddr, port, dbname, user, password, sslmode, sslrootcert, sslcert, sslkey, target_session_attrs, \
     connect_timeout, application_name, options";

/// Which of several servers is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The first one that accepts a connection.
    Any,
    /// The first one that accepts writes.
    Primary,
}

/// The address of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct HostPort {
    /// A host name, an IP address, or the directory of a Unix socket. `None` means libpq's environment variables.
    host: Option<String>,
    port: Option<u16>,
}

/// A parsed PostgreSQL URL.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PostgresUrl {
    places: Vec<HostPort>,
    user: Option<String>,
    password: Option<Zeroizing<String>>,
    database: Option<String>,
    target: Option<Target>,
    connect_timeout: Option<Duration>,
    ssl_mode: Option<String>,
    ssl_root_cert: Option<PathBuf>,
    ssl_cert: Option<PathBuf>,
    ssl_key: Option<PathBuf>,
    application_name: Option<String>,
    options: Vec<String>,
}

/// A server and the options to connect to it.
#[derive(Clone)]
pub(super) struct Server {
    /// Host, port and database, for messages.
    pub(super) name: String,
    pub(super) options: PgConnectOptions,
    pub(super) connect_timeout: Duration,
}

impl PostgresUrl {
    /// Parses the part after `postgres://`.
    pub(super) fn parse(rest: &str) -> Result<Self, InvalidDatabaseUrl> {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        if rest.contains('#') || path.contains('@') || (query.contains('@') && !has_known_keys_only(query)) {
            return Err(special_character(rest));
        }
        let mut url = Self::default();
        let hosts = match authority.rsplit_once('@') {
            Some((user, hosts)) => {
                let (user, password) = user.split_once(':').map_or((user, None), |(user, password)| (user, Some(password)));
                url.user = Some(decode(user, "user name")?).filter(|user| !user.is_empty());
                url.password = password
                    .map(|password| decode(password, "password"))
                    .transpose()?
                    .filter(|password| !password.is_empty())
                    .map(Zeroizing::new);
                hosts
            }
            None => authority,
        };
        let has_user = authority.contains('@');
        url.places = hosts
            .split(',')
            .map(|place| read_place(place, has_user))
            .collect::<Result<_, _>>()?;
        let database = decode(path.strip_prefix('/').unwrap_or(path), "database name")?;
        if database.contains('/') {
            return Err(invalid(
                "the database name contains `/`; use one name after the host, such as postgres://user@host/clearhook",
            ));
        }
        if database.trim() != database {
            return Err(invalid(
                "the database name begins or ends with a space; remove it, or write it as %20",
            ));
        }
        url.database = Some(database).filter(|name| !name.is_empty());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| invalid("a parameter after `?` has no value; write parameters as name=value, separated by &"))?;
            let value = decode(value, "value of a parameter")?;
            url.set(key, value)?;
        }
        Ok(url)
    }

    fn set(&mut self, key: &str, value: String) -> Result<(), InvalidDatabaseUrl> {
        match key {
            "host" => self.set_hosts(&value)?,
            "hostaddr" => {
                if value.split(',').any(|address| address.trim().parse::<IpAddr>().is_err()) {
                    return Err(invalid("`hostaddr` takes IP addresses only; write a name as `host`"));
                }
                self.set_hosts(&value)?;
            }
            "port" => self.set_ports(&value)?,
            "dbname" => self.database = Some(value),
            "user" => self.user = Some(value),
            "password" => self.password = Some(Zeroizing::new(value)),
            "sslmode" | "ssl-mode" => {
                if value.parse::<PgSslMode>().is_err() {
                    return Err(invalid(
                        "`sslmode` must be disable, allow, prefer, require, verify-ca or verify-full",
                    ));
                }
                self.ssl_mode = Some(value.to_ascii_lowercase());
            }
            "ssl" if value == "true" => self.ssl_mode = Some("require".to_owned()),
            "sslrootcert" | "ssl-root-cert" | "ssl-ca" => {
                if value == "system" {
                    return Err(invalid(
                        "`sslrootcert=system` is not supported; use the file of the system's certificates, such as \
                         sslrootcert=/etc/ssl/certs/ca-certificates.crt",
                    ));
                }
                self.ssl_root_cert = Some(value.into());
            }
            "sslcert" | "ssl-cert" => self.ssl_cert = Some(value.into()),
            "sslkey" | "ssl-key" => self.ssl_key = Some(value.into()),
            "target_session_attrs" => {
                self.target = match value.as_str() {
                    "any" => Some(Target::Any),
                    "read-write" | "primary" => Some(Target::Primary),
                    "read-only" | "standby" | "prefer-standby" => {
                        return Err(invalid(
                            "clearhook writes to its database; use target_session_attrs=read-write, or remove it",
                        ));
                    }
                    _ => return Err(invalid("`target_session_attrs` must be read-write, primary or any")),
                };
            }
            "connect_timeout" => {
                let seconds = value.parse::<u64>();
                let seconds = seconds.map_err(|_| invalid("`connect_timeout` is a whole number of seconds, such as connect_timeout=5"))?;
                // As in libpq, 0 means no limit of its own, and the minimum is 2 s.
                self.connect_timeout = (seconds > 0).then(|| Duration::from_secs(seconds.clamp(2, 600)));
            }
            "application_name" | "fallback_application_name" => self.application_name = Some(value),
            "options" => self.options.push(value),
            _ if key.starts_with("options[") && key.ends_with(']') => {
                let name = key.trim_start_matches("options[").trim_end_matches(']');
                self.options.push(format!("-c {name}={value}"));
            }
            _ if is_default(key, &value) => {}
            _ => return Err(unsupported(key)),
        }
        Ok(())
    }

    fn set_hosts(&mut self, hosts: &str) -> Result<(), InvalidDatabaseUrl> {
        let ports: Vec<_> = self.places.iter().map(|place| place.port).collect();
        let place = |(at, host): (usize, &str)| {
            Ok(HostPort {
                host: check_host(host.trim())?,
                port: ports.get(at).or(ports.last().filter(|_| ports.len() == 1)).copied().flatten(),
            })
        };
        self.places = hosts.split(',').enumerate().map(place).collect::<Result<_, _>>()?;
        Ok(())
    }

    fn set_ports(&mut self, ports: &str) -> Result<(), InvalidDatabaseUrl> {
        let ports = ports.split(',').map(|port| read_port(port.trim())).collect::<Result<Vec<_>, _>>()?;
        if ports.len() != 1 && ports.len() != self.places.len() {
            return Err(invalid("`port` must be one port, or one for each host; write it after `host`"));
        }
        for (at, place) in self.places.iter_mut().enumerate() {
            place.port = ports.get(at).or(ports.first()).copied().flatten();
        }
        Ok(())
    }

    /// Which server is chosen. Clearhook writes, so of several servers it is the primary unless the URL says otherwise.
    pub(super) fn target(&self) -> Target {
        self.target
            .unwrap_or(if self.places.len() > 1 { Target::Primary } else { Target::Any })
    }

    /// The servers, in the order in which they are tried.
    pub(super) fn servers(&self) -> Result<Vec<Server>, InvalidDatabaseUrl> {
        for (name, file) in [
            ("sslrootcert", &self.ssl_root_cert),
            ("sslcert", &self.ssl_cert),
            ("sslkey", &self.ssl_key),
        ] {
            if let Some(file) = file
                && let Err(error) = std::fs::read(file)
            {
                return Err(invalid(format!("`{name}`: {} cannot be read: {error}", file.display())));
            }
        }
        if self.ssl_cert.is_some() != self.ssl_key.is_some() {
            return Err(invalid("`sslcert` and `sslkey` must be given together"));
        }
        let mut servers = Vec::new();
        for place in &self.places {
            let options = self.options_of(place)?;
            // `allow` means: without TLS first, then with TLS if the server requires it.
            let modes: &[Option<PgSslMode>] = match (self.ssl_mode.as_deref(), options.get_socket()) {
                (_, Some(_)) => &[Some(PgSslMode::Disable)],
                (Some("allow"), None) => &[Some(PgSslMode::Disable), Some(PgSslMode::Require)],
                _ => &[None],
            };
            for mode in modes {
                let options = match mode {
                    Some(mode) => options.clone().ssl_mode(*mode),
                    None => options.clone(),
                };
                servers.push(Server {
                    name: name_of(&options),
                    options,
                    connect_timeout: self
                        .connect_timeout
                        .unwrap_or(if self.places.len() > 1 { CONNECT_ONE_OF_MANY } else { CONNECT }),
                });
            }
        }
        Ok(servers)
    }

    /// The options for connecting to one server. Values that the URL does not contain come from libpq's environment variables and password
    /// file.
    fn options_of(&self, place: &HostPort) -> Result<PgConnectOptions, InvalidDatabaseUrl> {
        let mut query = Serializer::new(String::new());
        let port = place.port.map(|port| port.to_string());
        for (name, value) in [
            ("host", &place.host),
            ("port", &port),
            ("user", &self.user),
            ("dbname", &self.database),
            ("sslmode", &self.ssl_mode),
        ] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let mut options: PgConnectOptions = format!("postgres:///?{}", query.finish())
            .parse()
            .map_err(|_| invalid("the URL is not valid; use one such as postgres://user:password@host:5432/clearhook"))?;
        if let Some(password) = &self.password {
            options = options.password(password);
        }
        if let Some(file) = &self.ssl_root_cert {
            options = options.ssl_root_cert(file);
        }
        if let (Some(cert), Some(key)) = (&self.ssl_cert, &self.ssl_key) {
            options = options.ssl_client_cert(cert).ssl_client_key(key);
        }
        match &self.application_name {
            Some(name) => options = options.application_name(name),
            None if env::var_os("PGAPPNAME").is_none() => options = options.application_name("clearhook"),
            None => {}
        }
        for text in &self.options {
            options = add_options(options, text);
        }
        // Connection poolers reject start-up parameters that they do not know.
        Ok(options
            .extra_float_digits(None)
            .statement_cache_capacity(STATEMENTS)
            .disable_statement_logging())
    }
}

/// Adds options in the forms `-c name=value` and `--name=value`, as in libpq's `options`.
fn add_options(options: PgConnectOptions, text: &str) -> PgConnectOptions {
    let mut pairs = Vec::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let pair = match word.strip_prefix("-c") {
            Some("") => words.next(),
            Some(pair) => Some(pair),
            None => word.strip_prefix("--"),
        };
        if let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) {
            pairs.push((name.to_owned(), value.to_owned()));
        }
    }
    options.options(pairs)
}

/// Host, port and database, for messages.
fn name_of(options: &PgConnectOptions) -> String {
    let database = options.get_database().map_or_else(String::new, |name| format!("/{name}"));
    let port = options.get_port();
    match options.get_socket() {
        Some(socket) => format!("{} (port {port}){database}", socket.display()),
        None if options.get_host().contains(':') => format!("[{}]:{port}{database}", options.get_host()),
        None => format!("{}:{port}{database}", options.get_host()),
    }
}

fn read_place(text: &str, has_user: bool) -> Result<HostPort, InvalidDatabaseUrl> {
    if let Some(rest) = text.strip_prefix('[') {
        let address = rest.split_once(']');
        let (address, port) = address.ok_or_else(|| invalid("the IPv6 address has no `]`; write it as [::1]:5432"))?;
        if address.parse::<Ipv6Addr>().is_err() {
            return Err(invalid("the text in brackets is not an IPv6 address; use one such as [::1]:5432"));
        }
        let port = match port.strip_prefix(':') {
            Some(port) => read_port(port)?,
            None if port.is_empty() => None,
            None => return Err(invalid("after the IPv6 address only `:port` may follow, such as [::1]:5432")),
        };
        return Ok(HostPort {
            host: Some(address.to_owned()),
            port,
        });
    }
    let (host, port) = match text.split_once(':') {
        Some((_, port)) if port.contains(':') => {
            return Err(invalid(
                "the host contains more than one `:`; write an IPv6 address in brackets, such as [::1]:5432",
            ));
        }
        Some((host, port)) => {
            let port = read_port(port).map_err(|error| {
                if has_user {
                    error
                } else {
                    invalid(
                        "the port is not a number from 1 to 65535; if these are user and password, write the host after them: \
                         postgres://user:password@host:5432/clearhook",
                    )
                }
            });
            (host, port?)
        }
        None => (text, None),
    };
    Ok(HostPort {
        host: check_host(&decode(host, "host name")?)?,
        port,
    })
}

fn read_port(text: &str) -> Result<Option<u16>, InvalidDatabaseUrl> {
    if text.is_empty() {
        return Ok(None);
    }
    let port = text.parse().ok().filter(|port| *port > 0);
    port.map(Some).ok_or_else(|| invalid("the port is not a number from 1 to 65535"))
}

/// Validates a host. `None` if it is empty.
fn check_host(host: &str) -> Result<Option<String>, InvalidDatabaseUrl> {
    let is_name = |host: &str| host.chars().all(|letter| letter.is_alphanumeric() || "._-".contains(letter));
    if host.is_empty() {
        return Ok(None);
    }
    if host.starts_with('/') || is_name(host) || host.parse::<IpAddr>().is_ok() {
        return Ok(Some(host.to_owned()));
    }
    Err(invalid(
        "the host name contains a character that is not allowed in host names; if it belongs to the password, write it percent-encoded \
         (`@` as %40, `/` as %2F, `,` as %2C)",
    ))
}

fn decode(text: &str, what: &str) -> Result<String, InvalidDatabaseUrl> {
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded = decoded.map_err(|_| invalid(format!("the {what} is not UTF-8 when it is percent-decoded; write `%` as %25")))?;
    if decoded.contains('\0') {
        return Err(invalid(format!(
            "the {what} contains a NUL character, which PostgreSQL does not support"
        )));
    }
    Ok(decoded.into_owned())
}

/// Whether a parameter requests the default behaviour, and can be ignored.
fn is_default(key: &str, value: &str) -> bool {
    match key {
        "channel_binding" | "gssencmode" => value != "require",
        "sslnegotiation" => value == "postgres",
        "load_balance_hosts" => value == "disable",
        "client_encoding" => matches!(value.to_ascii_lowercase().as_str(), "utf8" | "utf-8" | "auto"),
        _ => false,
    }
}

/// Whether the query contains only supported parameters, so that an `@` in it is not part of a password.
fn has_known_keys_only(query: &str) -> bool {
    query.split('&').all(|pair| {
        pair.split_once('=')
            .is_some_and(|(key, _)| KNOWN.split(", ").any(|known| known == key) || key.starts_with("options["))
    })
}

/// The error of a password with unencoded special characters, with their percent-encoding.
fn special_character(rest: &str) -> InvalidDatabaseUrl {
    let before = rest.rfind('@').map_or(rest, |at| &rest[..at]);
    let found: Vec<_> = ['/', '?', '#', '@']
        .into_iter()
        .filter(|letter| before.contains(*letter))
        .map(|letter| {
            let encoded = utf8_percent_encode(letter.encode_utf8(&mut [0; 4]), NON_ALPHANUMERIC).to_string();
            format!("`{letter}` as {encoded}")
        })
        .collect();
    invalid(format!(
        "the user name or the password contains a character that ends a part of the URL; write {}",
        found.join(", ")
    ))
}

fn unsupported(key: &str) -> InvalidDatabaseUrl {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || "_-".contains(letter);
    if key.is_empty() || key.len() > 32 || !key.chars().all(is_plain) {
        return invalid(format!("a parameter after `?` is unknown; supported are {KNOWN}"));
    }
    let advice = match key {
        "passfile" => "set the environment variable PGPASSFILE to the file".to_owned(),
        "service" | "servicefile" => "write host, port, database and user in the URL".to_owned(),
        "schema" | "currentSchema" | "search_path" => "use options=-csearch_path%3DNAME".to_owned(),
        "channel_binding" => "remove it: channel binding is not supported".to_owned(),
        "pgbouncer" => "remove it, and connect to PostgreSQL directly or to a pooler with pool_mode=session".to_owned(),
        _ => format!("supported are {KNOWN}"),
    };
    invalid(format!(
        "the parameter `{key}` is not supported with this value or at all; {advice}"
    ))
}

impl PostgresUrl {
    /// The connection as libpq's text of keywords and values ("Connection Strings" in PostgreSQL's documentation), without the password.
    pub fn connection_text(&self) -> String {
        let join = |values: Vec<String>| Some(values.join(",")).filter(|text| !text.trim_matches(',').is_empty());
        let hosts = self.places.iter().map(|place| place.host.clone().unwrap_or_default()).collect();
        let ports = self
            .places
            .iter()
            .map(|place| place.port.map(|port| port.to_string()).unwrap_or_default());
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let values = [
            ("host", join(hosts)),
            ("port", join(ports.collect())),
            ("user", self.user.clone()),
            ("dbname", self.database.clone()),
            ("sslmode", self.ssl_mode.clone()),
            ("sslrootcert", path(&self.ssl_root_cert)),
            ("sslcert", path(&self.ssl_cert)),
            ("sslkey", path(&self.ssl_key)),
        ];
        let written = values.into_iter().filter_map(|(name, value)| {
            let value = value?.replace('\\', "\\\\").replace('\'', "\\'");
            let is_plain = !value.is_empty() && !value.contains(char::is_whitespace);
            Some(if is_plain {
                format!("{name}={value}")
            } else {
                format!("{name}='{value}'")
            })
        });
        written.collect::<Vec<_>>().join(" ")
    }
}

fn invalid(detail: impl Into<String>) -> InvalidDatabaseUrl {
    InvalidDatabaseUrl(detail.into())
}

impl fmt::Display for PostgresUrl {
    /// Hosts, ports and database, without user name and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self
            .places
            .iter()
            .map(|place| {
                let port = place.port.unwrap_or(5432);
                match place.host.as_deref() {
                    None => format!("localhost:{port}"),
                    Some(host) if host.starts_with('/') => format!("{host} (port {port})"),
                    Some(host) if host.contains(':') => format!("[{host}]:{port}"),
                    Some(host) => format!("{host}:{port}"),
                }
            })
            .collect();
        let database = self.database.as_deref().unwrap_or_default();
        write!(f, "{}/{database}", names.join(","))
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
