//! Settings of the brokers from which events are consumed. No error and no text for the log contains a part of a password.

use std::fmt;

use percent_encoding::percent_decode_str;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use url::Url;
use zeroize::Zeroizing;

use crate::config::{error::ConfigError, parse::unless_none, settings::Settings};

/// The setting with the NATS servers.
pub const NATS: &str = "CLEARHOOK_NATS_URL";
const CREDENTIALS: &str = "CLEARHOOK_NATS_CREDENTIALS";
/// The setting with the `RabbitMQ` servers.
pub const AMQP: &str = "CLEARHOOK_AMQP_URL";
const CA: &str = "CLEARHOOK_BROKER_CA";

/// The default ports: of NATS, and of AMQP without and with TLS.
const NATS_PORT: u16 = 4222;
const AMQP_PORT: u16 = 5672;
const AMQPS_PORT: u16 = 5671;

/// The brokers that are configured.
#[derive(Debug, Default)]
pub struct BrokerSettings {
    /// NATS `JetStream`.
    pub nats: Option<NatsSettings>,
    /// `RabbitMQ`.
    pub amqp: Option<AmqpSettings>,
}

/// NATS servers, and how to sign in.
#[derive(Clone)]
pub struct NatsSettings {
    /// URLs without credentials, such as `nats://host:4222`.
    pub servers: Vec<String>,
    /// How to sign in.
    pub login: NatsLogin,
    /// Whether TLS is required. A server that offers TLS is always used with TLS.
    pub requires_tls: bool,
    /// Trusted certificates besides those of the system.
    pub more_roots: Vec<CertificateDer<'static>>,
}

/// How to sign in to NATS.
#[derive(Clone)]
pub enum NatsLogin {
    /// Without credentials.
    Anonymous,
    /// With user name and password.
    Password(String, Zeroizing<String>),
    /// With a token.
    Token(Zeroizing<String>),
    /// With the content of a credentials file.
    Credentials(Zeroizing<String>),
}

/// `RabbitMQ` servers, which are tried in this order.
#[derive(Clone)]
pub struct AmqpSettings {
    /// At least one server.
    pub servers: Vec<AmqpServer>,
    /// Trusted certificates besides those of the system.
    pub more_roots: Vec<CertificateDer<'static>>,
}

/// A `RabbitMQ` server.
#[derive(Clone)]
pub struct AmqpServer {
    /// The host name or address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether TLS is used.
    pub tls: bool,
    /// The virtual host.
    pub vhost: String,
    /// The user name.
    pub user: String,
    /// The password.
    pub password: Zeroizing<String>,
}

impl BrokerSettings {
    /// Reads and validates the settings.
    pub(super) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let more_roots = match unless_none(settings.broker_ca.as_deref()) {
            Some(path) => certificates(path)?,
            None => Vec::new(),
        };
        let nats_url = unless_none(settings.nats_url.as_deref());
        let credentials = settings.nats_credentials.as_deref();
        if nats_url.is_none() && credentials.is_some() {
            return Err(ConfigError::new(
                NATS,
                format!("set it too: {CREDENTIALS} has no use without the URL of a server"),
            ));
        }
        let nats = nats_url.map(|urls| nats(urls, credentials, &more_roots)).transpose()?;
        let amqp = unless_none(settings.amqp_url.as_deref())
            .map(|urls| amqp(urls, more_roots))
            .transpose()?;
        Ok(Self { nats, amqp })
    }

    /// The NATS servers, for the log.
    pub(super) fn nats_servers(&self) -> String {
        self.nats.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
    }

    /// The `RabbitMQ` servers, for the log.
    pub(super) fn amqp_servers(&self) -> String {
        self.amqp.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
    }
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let wrong = |detail: String| ConfigError::new(CA, format!("the file {path} {detail}"));
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| wrong(format!("cannot be read as PEM: {error}")))?;
    if certificates.is_empty() {
        return Err(wrong(
            "contains no certificate; write those of your authority into it as PEM".to_owned(),
        ));
    }
    Ok(certificates)
}

/// A parsed URL. Credentials are decoded.
struct Server {
    url: Url,
    host: String,
    user: Option<String>,
    password: Option<Zeroizing<String>>,
}

/// Parses the URLs of a list.
fn servers(setting: &str, urls: &str, schemes: [&str; 2], example: &str) -> Result<Vec<Server>, ConfigError> {
    let wrong = |detail: &str| ConfigError::new(setting, format!("{detail}; write a URL such as {example}"));
    urls.split(',')
        .map(|text| {
            let text = text.trim();
            let url = Url::parse(text)
                .map_err(|_| wrong("this is not a URL, or its password has characters such as / ? # [ ] % that must be percent-encoded"))?;
            if !schemes.contains(&url.scheme()) {
                return Err(wrong(&format!("the URL must begin with {}:// or {}://", schemes[0], schemes[1])));
            }
            let host = url
                .host_str()
                .filter(|host| !host.is_empty())
                .ok_or_else(|| wrong("the URL names no server"))?;
            let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
            if url.path().contains('@') || url.fragment().is_some() || url.query().is_some_and(|query| query.contains('@')) {
                return Err(wrong(
                    "characters such as / ? # in user and password must be percent-encoded: / is %2F, ? is %3F, # is %23",
                ));
            }
            let decoded = |text: &str| {
                percent_decode_str(text)
                    .decode_utf8()
                    .map(std::borrow::Cow::into_owned)
                    .map_err(|_| wrong("user and password must be UTF-8"))
            };
            let user = Some(url.username()).filter(|user| !user.is_empty()).map(decoded).transpose()?;
            let password = url.password().map(decoded).transpose()?.map(Zeroizing::new);
            Ok(Server { url, host, user, password })
        })
        .collect()
}

fn nats(urls: &str, credentials: Option<&str>, more_roots: &[CertificateDer<'static>]) -> Result<NatsSettings, ConfigError> {
    let wrong = |detail: &str| Err(ConfigError::new(NATS, detail));
    let servers = servers(NATS, urls, ["nats", "tls"], "nats://user:password@host:4222")?;
    if servers
        .iter()
        .any(|server| !matches!(server.url.path(), "" | "/") || server.url.query().is_some())
    {
        return wrong("a NATS URL has no path and no parameters; percent-encode / in a password as %2F and ? as %3F");
    }
    let mut logins = servers
        .iter()
        .filter(|server| server.user.is_some())
        .map(|server| (&server.user, &server.password));
    let first = logins.next();
    if logins.any(|login| Some(login) != first) {
        return wrong("all URLs must have the same user and password, or only the first one has them");
    }
    let login = match (first, credentials) {
        (Some(_), Some(_)) => return wrong("leave out user and password: CLEARHOOK_NATS_CREDENTIALS is set too"),
        (None, Some(text)) => {
            if !text.contains("BEGIN NATS USER JWT") || !text.contains("BEGIN USER NKEY SEED") {
                let detail = "this is not the content of a NATS credentials file, which contains a user JWT and an nkey seed; for the path of \
                     the file set CLEARHOOK_NATS_CREDENTIALS_FILE";
                return Err(ConfigError::new(CREDENTIALS, detail));
            }
            NatsLogin::Credentials(Zeroizing::new(text.to_owned()))
        }
        (Some((Some(user), Some(password))), None) => NatsLogin::Password(user.clone(), password.clone()),
        (Some((Some(token), None)), None) => NatsLogin::Token(Zeroizing::new(token.clone())),
        (Some((None, _)) | None, None) => NatsLogin::Anonymous,
    };
    let address = |server: &Server| {
        let host = if server.host.contains(':') {
            format!("[{}]", server.host)
        } else {
            server.host.clone()
        };
        format!("{}://{host}:{}", server.url.scheme(), server.url.port().unwrap_or(NATS_PORT))
    };
    Ok(NatsSettings {
        requires_tls: servers.iter().any(|server| server.url.scheme() == "tls"),
        servers: servers.iter().map(address).collect(),
        login,
        more_roots: more_roots.to_vec(),
    })
}

fn amqp(urls: &str, more_roots: Vec<CertificateDer<'static>>) -> Result<AmqpSettings, ConfigError> {
    let wrong = |detail: &str| ConfigError::new(AMQP, detail);
    let server = |server: Server| {
        if server.url.query().is_some() {
            return Err(wrong(
                "a RabbitMQ URL takes no parameters here; leave out everything from ? on, or percent-encode ? as %3F",
            ));
        }
        let path = server.url.path().trim_start_matches('/');
        if path.contains('/') {
            return Err(wrong("the path of the URL is the virtual host; percent-encode / in it as %2F"));
        }
        let vhost = percent_decode_str(path)
            .decode_utf8()
            .map_err(|_| wrong("the virtual host must be UTF-8"))?;
        let tls = server.url.scheme() == "amqps";
        Ok(AmqpServer {
            port: server.url.port().unwrap_or(if tls { AMQPS_PORT } else { AMQP_PORT }),
            vhost: if vhost.is_empty() { "/".to_owned() } else { vhost.into_owned() },
            tls,
            user: server.user.unwrap_or_else(|| "guest".to_owned()),
            password: server.password.unwrap_or_else(|| Zeroizing::new("guest".to_owned())),
            host: server.host,
        })
    };
    let servers = servers(AMQP, urls, ["amqp", "amqps"], "amqp://user:password@host:5672/vhost")?;
    Ok(AmqpSettings {
        servers: servers.into_iter().map(server).collect::<Result<_, _>>()?,
        more_roots,
    })
}

impl fmt::Display for NatsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.servers.join(","))
    }
}

impl fmt::Debug for NatsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for AmqpServer {
    /// Omits user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "amqps" } else { "amqp" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)?;
        if self.vhost != "/" {
            write!(f, "/{}", self.vhost)?;
        }
        Ok(())
    }
}

impl fmt::Display for AmqpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers: Vec<_> = self.servers.iter().map(ToString::to_string).collect();
        f.write_str(&servers.join(","))
    }
}

impl fmt::Debug for AmqpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(nats: Option<&str>, credentials: Option<&str>, amqp: Option<&str>) -> Result<BrokerSettings, ConfigError> {
        BrokerSettings::read(&Settings {
            nats_url: nats.map(str::to_owned),
            nats_credentials: credentials.map(str::to_owned),
            amqp_url: amqp.map(str::to_owned),
            ..Settings::default()
        })
    }

    #[test]
    fn nats_urls_are_read() {
        let login = |url: &str| match settings(Some(url), None, None).unwrap().nats.unwrap().login {
            NatsLogin::Anonymous => "nobody".to_owned(),
            NatsLogin::Password(user, password) => format!("{user} {}", *password),
            NatsLogin::Token(token) => format!("token {}", *token),
            NatsLogin::Credentials(_) => "credentials".to_owned(),
        };
        for (url, is, who) in [
            ("nats://h", "nats://h:4222", "nobody"),
            ("nats://h:1/", "nats://h:1", "nobody"),
            ("tls://u:p%2F%40@h", "tls://h:4222", "u p/@"),
            ("nats://secret@h,nats://[::1]:5", "nats://h:4222,nats://[::1]:5", "token secret"),
            ("nats://u:p@a, nats://u:p@b", "nats://a:4222,nats://b:4222", "u p"),
        ] {
            let read = settings(Some(url), None, None).unwrap();
            assert_eq!((read.nats_servers().as_str(), login(url).as_str()), (is, who), "{url}");
        }
        assert!(settings(None, None, None).unwrap().nats.is_none());
        let file = "-----BEGIN NATS USER JWT-----\nx\n-----BEGIN USER NKEY SEED-----\nplanted\n";
        let read = settings(Some("nats://h"), Some(file), None).unwrap();
        assert!(!format!("{read:?}").contains("planted"));
    }

    #[test]
    fn amqp_urls_are_read() {
        for (url, is, vhost, user) in [
            ("amqp://h", "amqp://h:5672", "/", "guest"),
            ("amqp://h/", "amqp://h:5672", "/", "guest"),
            ("amqp://h/%2f", "amqp://h:5672", "/", "guest"),
            ("amqps://u%3A:p@h/v%2Fw", "amqps://h:5671/v/w", "v/w", "u:"),
            ("amqp://u:p@[::1]:7/v", "amqp://::1:7/v", "v", "u"),
            ("amqp://u:p@a,amqp://u:p@b:1", "amqp://a:5672,amqp://b:1", "/", "u"),
        ] {
            let read = settings(None, None, Some(url)).unwrap();
            assert_eq!(read.amqp_servers(), is, "{url}");
            let server = &read.amqp.unwrap().servers[0];
            assert_eq!((server.vhost.as_str(), server.user.as_str()), (vhost, user), "{url}");
        }
    }

    #[test]
    fn errors_name_the_setting_and_contain_no_part_of_a_password() {
        for url in [
            "h:4222",
            "planted",
            "http://u:planted@h",
            "nats://u:plan/ted@h",
            "nats://u:12/planted@h",
            "nats://u:plan?ted@h",
            "nats://u:plan#ted@h",
            "nats://u:planted@",
            "nats://u:planted@h/x",
            "nats://u:planted@h?x=1",
            "nats://u:planted@a,nats://u:other@b",
            "nats://u:%ff@planted",
        ] {
            let error = settings(Some(url), None, None).unwrap_err();
            assert_eq!(error.setting, NATS, "{url}");
            assert!(
                !error.to_string().contains("plan") && !error.to_string().contains("ted@"),
                "{error}"
            );
        }
        for url in [
            "amqp:h",
            "rabbit://u:planted@h",
            "amqp://u:plan/ted@h",
            "amqp://u:12/planted@h/v",
            "amqp://u:planted@h/a/b",
            "amqp://u:planted@h?heartbeat=1",
        ] {
            let error = settings(None, None, Some(url)).unwrap_err();
            assert_eq!(error.setting, AMQP, "{url}");
            assert!(
                !error.to_string().contains("plan") && !error.to_string().contains("ted@"),
                "{error}"
            );
        }
        let error = settings(Some("nats://h"), Some("/etc/planted.creds"), None).unwrap_err();
        assert_eq!(error.setting, CREDENTIALS);
        assert!(
            error.detail.contains("CLEARHOOK_NATS_CREDENTIALS_FILE") && !error.detail.contains("planted"),
            "{error}"
        );
        assert_eq!(settings(Some("nats://u:p@h"), Some("x"), None).unwrap_err().setting, NATS);
        assert_eq!(settings(None, Some("x"), None).unwrap_err().setting, NATS);
    }

    #[test]
    fn authority_file_must_contain_a_certificate() {
        let mut settings = Settings::default();
        for (path, words) in [("/nowhere/ca.pem", "cannot be read"), ("/dev/null", "no certificate")] {
            settings.broker_ca = Some(path.to_owned());
            let error = BrokerSettings::read(&settings).unwrap_err();
            assert!(error.setting == CA && error.detail.contains(words), "{error}");
        }
    }
}
