//! Settings as given by flag, environment or file, all under one name and not yet validated. An empty value counts as unset.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::{
    Args,
    builder::{OsStringValueParser, TypedValueParser},
};
use serde::Deserialize;

use crate::config::{error::ConfigError, secret_file};

/// Where a setting was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// On the command line.
    Flag,
    /// An environment variable.
    Environment,
    /// The settings file.
    File,
}

/// A setting and its value, for the log.
pub(super) struct ShownSetting<'a> {
    /// The name of its environment variable.
    pub(super) name: &'static str,
    /// The given value, or `None` if it was not given. Never a secret.
    pub(super) given: Option<&'a str>,
    pub(super) is_secret: bool,
    /// Its `--help` text, which contains the default.
    pub(super) help: &'static str,
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])* $name:ident: $kind:ident = $env:literal,)*
     ; secrets: $($(#[doc = $secret_doc:literal])* $secret:ident, $secret_file:ident = $secret_env:literal,)*) => {
        /// Settings as given, all as text.
        #[derive(Args, Clone, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Settings {
            /// A TOML file with settings; the keys are the names of the flags in snake case [default: clearhook.toml, if it exists]
            #[arg(long, env = "CLEARHOOK_CONFIG", global = true, hide_env_values = true, value_parser = OsStringValueParser::new().map(PathBuf::from))]
            #[serde(skip)]
            pub config: Option<PathBuf>,
            /// Where each setting was given.
            #[arg(skip)]
            #[serde(skip)]
            pub sources: BTreeMap<&'static str, Source>,
            $(
                $(#[doc = $doc])*
                #[arg(long, env = $env, global = true, hide_env_values = true)]
                #[serde(deserialize_with = "text")]
                pub $name: Option<String>,
            )*
            $(
                $(#[doc = $secret_doc])*
                #[doc = "(better in the variable or the file: other users of this machine can read command-line arguments)"]
                #[arg(long, env = $secret_env, global = true, hide_env_values = true)]
                #[serde(deserialize_with = "text")]
                pub $secret: Option<String>,
                #[doc = concat!("A file with the value of ", $secret_env)]
                // clap does not see documentation that a macro makes.
                #[arg(
                    long,
                    env = concat!($secret_env, "_FILE"),
                    global = true,
                    hide_env_values = true,
                    help = concat!("A file with the value of ", $secret_env)
                )]
                #[serde(deserialize_with = "text")]
                pub $secret_file: Option<String>,
            )*
        }

        impl Settings {
            /// Removes empty values and records where the others were given.
            fn without_empty(mut self, from_file: bool) -> Self {
                $(note(&mut self.sources, &mut self.$name, $env, from_file);)*
                $(
                    note(&mut self.sources, &mut self.$secret, $secret_env, from_file);
                    note(&mut self.sources, &mut self.$secret_file, concat!($secret_env, "_FILE"), from_file);
                )*
                self.config = self.config.filter(|path| !path.to_string_lossy().trim().is_empty());
                self
            }

            /// Fills in settings that are not set from `other`.
            fn or(mut self, other: Self) -> Self {
                let mut sources = other.sources;
                sources.append(&mut self.sources);
                // A secret and its file are one setting: `other` must not supply one if this has the other.
                $(let $secret = if self.$secret.is_some() || self.$secret_file.is_some() {
                    (self.$secret, self.$secret_file)
                } else {
                    (other.$secret, other.$secret_file)
                };)*
                Self {
                    config: self.config,
                    sources,
                    $($name: self.$name.or(other.$name),)*
                    $($secret: $secret.0, $secret_file: $secret.1,)*
                }
            }

            /// Rejects secrets that are given in two ways at once. A flag has precedence over an environment variable.
            fn check(mut self) -> Result<Self, ConfigError> {
                $(
                    let source = |name: &str| self.sources.get(name).copied();
                    match (source($secret_env), source(concat!($secret_env, "_FILE"))) {
                        (Some(Source::Flag), Some(Source::Environment)) => self.$secret_file = None,
                        (Some(Source::Environment), Some(Source::Flag)) => self.$secret = None,
                        _ => {}
                    }
                )*
                $(secret_file::only_one($secret_env, self.$secret.as_deref(), self.$secret_file.as_deref())?;)*
                Ok(self)
            }

            /// Reads secrets from their files.
            fn read_secrets(mut self) -> Result<Self, ConfigError> {
                $(if let Some(file) = &self.$secret_file {
                    self.$secret = Some(secret_file::read(concat!($secret_env, "_FILE"), file)?);
                })*
                Ok(self)
            }

            /// All settings, for the log.
            pub(super) fn shown(&self) -> Vec<ShownSetting<'_>> {
                vec![
                    $(ShownSetting { name: $env, given: self.$name.as_deref(), is_secret: false, help: concat!($($doc),*) },)*
                    $(ShownSetting {
                        name: $secret_env,
                        given: self.$secret.as_deref().map(|_| "(secret)"),
                        is_secret: true,
                        help: concat!($($secret_doc),*),
                    },)*
                ]
            }
        }
    };
}

fn note(sources: &mut BTreeMap<&'static str, Source>, value: &mut Option<String>, name: &'static str, from_file: bool) {
    let Some(text) = value.take().filter(|text| !text.trim().is_empty()) else {
        return;
    };
    let source = match std::env::var(name) {
        _ if from_file => Source::File,
        Ok(given) if given == text => Source::Environment,
        _ => Source::Flag,
    };
    sources.insert(name, source);
    *value = Some(text);
}

/// A value of the settings file as text. Whole numbers and booleans need no quotes.
fn text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "write text in quotes, a whole number, or true or false; several values are one text with commas"
    )]
    enum Value {
        Text(String),
        Whole(i64),
        Truth(bool),
    }
    Ok(Some(match Value::deserialize(deserializer)? {
        Value::Text(text) => text,
        Value::Whole(number) => number.to_string(),
        Value::Truth(truth) => truth.to_string(),
    }))
}

settings! {
    /// The address and port to listen on [default: 127.0.0.1:3000]
    addr: String = "CLEARHOOK_ADDR",
    /// The directory of the SQLite database and the generated keys [default: ./data]
    data_dir: String = "CLEARHOOK_DATA_DIR",
    /// The URL under which browsers reach the console [default: http://<addr>, or https with a certificate]
    public_url: String = "CLEARHOOK_PUBLIC_URL",
    /// Whether event types, their schemas and the guide to signatures are readable without sign-in [default: false]
    public_catalogue: String = "CLEARHOOK_PUBLIC_CATALOGUE",
    /// How many requests each API key may send a second; none: as many as it likes [default: none]
    api_rate: String = "CLEARHOOK_API_RATE",
    /// A PEM file with the TLS certificate and its chain; it is reloaded when it changes [default: no TLS]
    tls_cert: String = "CLEARHOOK_TLS_CERT",
    /// A PEM file with the certificate's private key
    tls_key: String = "CLEARHOOK_TLS_KEY",
    /// The maximum number of simultaneous connections [default: 4096, or fewer if the process may open fewer files]
    max_connections: String = "CLEARHOOK_MAX_CONNECTIONS",
    /// For how long requests are still served after SIGTERM, while /readyz fails; none: stop at once [default: 5s]
    drain: String = "CLEARHOOK_DRAIN",
    /// Networks (CIDR) of proxies whose X-Forwarded-For and X-Forwarded-Proto headers are trusted, separated by commas [default: none]
    trusted_proxies: String = "CLEARHOOK_TRUSTED_PROXIES",
    /// The issuer URL of an OpenID provider for single sign-on [default: none]
    oidc_issuer: String = "CLEARHOOK_OIDC_ISSUER",
    /// The client id of clearhook at the OpenID provider
    oidc_client_id: String = "CLEARHOOK_OIDC_CLIENT_ID",
    /// Accept email addresses if the OpenID provider does not say whether they are verified (Entra ID does not) [default: false]
    oidc_trust_email: bool = "CLEARHOOK_OIDC_TRUST_EMAIL",
    /// The claim that contains the user's role; dots separate the names of nested claims [default: roles]
    oidc_role_claim: String = "CLEARHOOK_OIDC_ROLE_CLAIM",
    /// The claim value of administrators; separate several values by commas
    oidc_administrator_value: String = "CLEARHOOK_OIDC_ADMINISTRATOR_VALUE",
    /// The claim value of API owners; separate several values by commas
    oidc_api_owner_value: String = "CLEARHOOK_OIDC_API_OWNER_VALUE",
    /// The name of the OpenID provider on the sign-in page [default: single sign-on]
    oidc_name: String = "CLEARHOOK_OIDC_NAME",
    /// Networks (CIDR) and host names to which callbacks may be sent although they are private, separated by commas [default: none]
    allowed_networks: String = "CLEARHOOK_ALLOWED_NETWORKS",
    /// Allow webhook URLs with http:// [default: false]
    allow_http: bool = "CLEARHOOK_ALLOW_HTTP",
    /// The delays before each retry, separated by commas, or none for no retries [default: 5s,5m,30m,2h,5h,10h,10h]
    retry_schedule: String = "CLEARHOOK_RETRY_SCHEDULE",
    /// The maximum duration of an attempt, from its start to the end of the response headers [default: 15s]
    timeout: String = "CLEARHOOK_TIMEOUT",
    /// Disable a webhook after at least 3 deliveries in a row used up all their attempts, the first of them at least this long ago;
    /// none: never [default: 120h]
    disable_after: String = "CLEARHOOK_DISABLE_AFTER",
    /// The sets of event types that come with clearhook, separated by commas; none: only your own [default: clearid]
    packs: String = "CLEARHOOK_PACKS",
    /// What happens to an event whose type is unknown: reject, or accept, which registers the type [default: reject]
    unknown_types: String = "CLEARHOOK_UNKNOWN_TYPES",
    /// The retention period, after which events and callbacks are deleted; none: keep them forever [default: 366d]
    retention: String = "CLEARHOOK_RETENTION",
    /// The maximum number of attempts in flight [default: 256]
    concurrency: String = "CLEARHOOK_CONCURRENCY",
    /// The maximum number of attempts in flight per webhook [default: 16]
    concurrency_per_webhook: String = "CLEARHOOK_CONCURRENCY_PER_WEBHOOK",
    /// A PEM file with certificates of authorities that sign the brokers' certificates, besides those of the system [default: none]
    broker_ca: String = "CLEARHOOK_BROKER_CA",
    /// The address of a separate listener that serves /metrics without an API key [default: none]
    metrics_addr: String = "CLEARHOOK_METRICS_ADDR",
    /// The log filter: a level such as info, or directives such as clearhook=debug [default: info]
    log: String = "CLEARHOOK_LOG",
    /// The log format: text or json [default: text]
    log_format: String = "CLEARHOOK_LOG_FORMAT",
    ; secrets:
    /// The database: `sqlite://FILE` or `postgres://…` [default: `sqlite://<data dir>/clearhook.db`]
    database_url, database_url_file = "CLEARHOOK_DATABASE_URL",
    /// The key that encrypts secrets and header values in the database: 32 bytes in base64 [default: generated into the data dir]
    master_key, master_key_file = "CLEARHOOK_MASTER_KEY",
    /// The client secret of clearhook at the OpenID provider [default: none]
    oidc_client_secret, oidc_client_secret_file = "CLEARHOOK_OIDC_CLIENT_SECRET",
    /// Also consume events from NATS JetStream: `nats://user:password@host:4222`, `nats://token@host` or `tls://…`; separate several servers
    /// by commas [default: none]
    nats_url, nats_url_file = "CLEARHOOK_NATS_URL",
    /// The content of a NATS credentials file (JWT and seed of a user); with _FILE, its path [default: none]
    nats_credentials, nats_credentials_file = "CLEARHOOK_NATS_CREDENTIALS",
    /// Also consume events from RabbitMQ: `amqp://user:password@host:5672/vhost` or `amqps://…`; separate several servers by commas
    /// [default: none]
    amqp_url, amqp_url_file = "CLEARHOOK_AMQP_URL",
}

const FILE: &str = "clearhook.toml";

impl Settings {
    /// Adds the settings of the settings file, and reads secrets from their files. A settings file that was named explicitly must exist.
    pub(super) fn with_files(self) -> Result<Self, ConfigError> {
        let given = self.without_empty(false).check()?;
        let path = given.config.clone().unwrap_or_else(|| PathBuf::from(FILE));
        let all = if given.config.is_none() && !path.exists() {
            given
        } else {
            given.or(from_file(&path)?.without_empty(true).check()?)
        };
        all.read_secrets()
    }

    /// Where a setting was given, if it was.
    pub(super) fn source(&self, name: &str) -> Option<Source> {
        self.sources.get(name).copied()
    }
}

fn from_file(path: &Path) -> Result<Settings, ConfigError> {
    let wrong = |detail: String| ConfigError::new(path.display().to_string(), detail);
    let bytes = std::fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let text = secret_file::as_text(bytes).map_err(|problem| wrong(format!("{problem}; save the file as UTF-8")))?;
    toml::from_str(&text).map_err(|error| {
        let line = error
            .span()
            .map_or(1, |span| 1 + text.get(..span.start).unwrap_or_default().matches('\n').count());
        wrong(format!("line {line}: {}", error.message().replace('\n', " ")))
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn flag_and_environment_override_the_settings_file() {
        let file = file("timeout = \"3s\"\naddr = \"127.0.0.1:1\"\nallow_http = true\n");
        let settings = Settings {
            config: Some(file.path().to_owned()),
            timeout: Some("9s".to_owned()),
            ..Settings::default()
        };
        let settings = settings.with_files().unwrap();
        assert_eq!(settings.timeout.as_deref(), Some("9s"));
        assert_eq!(settings.addr.as_deref(), Some("127.0.0.1:1"));
        assert_eq!(settings.allow_http.as_deref(), Some("true"));
        let source = |name| settings.source(name);
        assert_eq!(
            (source("CLEARHOOK_ADDR"), source("CLEARHOOK_TIMEOUT"), source("CLEARHOOK_LOG")),
            (Some(Source::File), Some(Source::Flag), None)
        );
    }

    #[test]
    fn settings_file_accepts_unquoted_numbers_and_booleans() {
        let file = file("concurrency = 8\nallow_http = false\nlog = \"\"\n");
        let settings = Settings {
            config: Some(file.path().to_owned()),
            ..Settings::default()
        };
        let settings = settings.with_files().unwrap();
        assert_eq!(settings.concurrency.as_deref(), Some("8"));
        assert_eq!(settings.allow_http.as_deref(), Some("false"));
        assert_eq!(settings.log, None);
    }

    #[test]
    fn empty_value_means_unset_for_every_setting() {
        let defaults = Settings::default();
        let names = defaults
            .shown()
            .into_iter()
            .map(|setting| setting.name.trim_start_matches("CLEARHOOK_").to_lowercase());
        let names: Vec<_> = names.collect();
        assert!(names.len() > 25);
        for (empty, written) in [("", ""), (" ", " "), ("\t\n", "\\t\\n")] {
            let text: Vec<_> = names.iter().map(|name| format!("{name} = \"{written}\"\n")).collect();
            let file = file(&text.concat());
            let settings = Settings {
                config: Some(file.path().to_owned()),
                addr: Some(empty.to_owned()),
                master_key_file: Some(empty.to_owned()),
                ..Settings::default()
            };
            let settings = settings.with_files().unwrap();
            assert!(settings.shown().iter().all(|setting| setting.given.is_none()), "{empty:?}");
        }
    }

    #[test]
    fn secret_is_given_directly_or_by_file_but_not_both() {
        let secret = file("planted\r\n\n");
        let path = secret.path().to_str().unwrap().to_owned();
        let given = Settings {
            master_key_file: Some(path.clone()),
            ..Settings::default()
        };
        assert_eq!(given.clone().with_files().unwrap().master_key.as_deref(), Some("planted"));
        let both = Settings {
            master_key: Some("x".to_owned()),
            ..given
        };
        let error = both.with_files().err().unwrap();
        assert!(error.detail.contains("CLEARHOOK_MASTER_KEY_FILE"), "{error}");
        // What is set elsewhere wins over the file as a whole.
        let toml = file(&format!("database_url_file = \"{path}\"\nmaster_key_file = \"{path}\"\n"));
        let settings = Settings {
            config: Some(toml.path().to_owned()),
            database_url: Some("sqlite://x".to_owned()),
            ..Settings::default()
        };
        let settings = settings.with_files().unwrap();
        assert_eq!(settings.database_url.as_deref(), Some("sqlite://x"));
        assert_eq!(settings.master_key.as_deref(), Some("planted"));
        let both = file(&format!("master_key = \"x\"\nmaster_key_file = \"{path}\"\n"));
        let settings = Settings {
            config: Some(both.path().to_owned()),
            ..Settings::default()
        };
        assert!(settings.with_files().is_err());
    }

    #[test]
    fn a_flag_wins_over_the_environment_as_a_whole() {
        let secret = file("from the file");
        let path = || Some(secret.path().to_str().unwrap().to_owned());
        let settings = |sources: [Source; 2]| Settings {
            master_key: Some("given".to_owned()),
            master_key_file: path(),
            sources: [("CLEARHOOK_MASTER_KEY", sources[0]), ("CLEARHOOK_MASTER_KEY_FILE", sources[1])].into(),
            ..Settings::default()
        };
        let read = |sources| {
            settings(sources)
                .check()
                .and_then(Settings::read_secrets)
                .map(|settings| settings.master_key)
        };
        assert_eq!(read([Source::Flag, Source::Environment]).unwrap().as_deref(), Some("given"));
        assert_eq!(read([Source::Environment, Source::Flag]).unwrap().as_deref(), Some("from the file"));
        for both in [Source::Flag, Source::Environment, Source::File] {
            assert!(read([both, both]).is_err(), "{both:?}");
        }
    }

    #[test]
    fn settings_files_of_other_editors_are_read_or_refused_clearly() {
        let read = |bytes: &[u8]| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(bytes).unwrap();
            let settings = Settings {
                config: Some(file.path().to_owned()),
                ..Settings::default()
            };
            settings.with_files().map(|settings| settings.timeout).map_err(|error| error.detail)
        };
        assert_eq!(read(b"\xef\xbb\xbftimeout = \"3s\"\r\n").unwrap().as_deref(), Some("3s"));
        let utf16: Vec<u8> = "\u{feff}timeout = \"3s\"".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(read(&utf16).unwrap_err().contains("UTF-16"));
        assert!(read(b"timeout = \"3s\" # caf\xe9").unwrap_err().contains("UTF-8"));
    }

    #[test]
    fn a_blank_name_of_the_settings_file_is_no_name() {
        for blank in ["", " ", "\t"] {
            let settings = Settings {
                config: Some(PathBuf::from(blank)),
                ..Settings::default()
            };
            assert!(settings.with_files().is_ok(), "{blank:?}");
        }
    }

    #[test]
    fn unknown_key_or_missing_settings_file_is_an_error() {
        let unknown = file("timeout = \"3s\"\ntime_out = \"3s\"\n");
        let error = Settings {
            config: Some(unknown.path().to_owned()),
            ..Settings::default()
        }
        .with_files()
        .err()
        .unwrap();
        assert!(error.detail.contains("line 2") && error.detail.contains("time_out"), "{error}");
        assert!(
            Settings {
                config: Some(PathBuf::from("/nowhere/c.toml")),
                ..Settings::default()
            }
            .with_files()
            .is_err()
        );
    }
}
