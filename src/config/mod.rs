//! The configuration: command-line flags, then environment, then `clearhook.toml`, then defaults.

mod brokers;
mod catalogue;
mod data_dir;
mod effective;
mod error;
mod front;
mod listen;
mod oidc;
mod parse;
mod permissions;
pub mod secret_file;
mod settings;

use std::{net::SocketAddr, path::PathBuf};

use self::parse::{duration, duration_or_none, is_none, read, truth, unless_none};
pub use self::{
    brokers::{AmqpServer, AmqpSettings, BrokerSettings, NatsLogin, NatsSettings},
    data_dir::DataDir,
    error::ConfigError,
    front::FrontSettings,
    listen::ListenSettings,
    settings::Settings,
};
use crate::{
    delivery::DeliverySettings,
    domain::url::UrlPolicy,
    registry::RegistrySettings,
    storage::{DatabaseUrl, InvalidDatabaseUrl},
    vault::MasterKey,
};

/// The format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// All settings, validated.
#[derive(Debug)]
pub struct Config {
    /// The address to listen on.
    pub addr: SocketAddr,
    /// The database.
    pub database: DatabaseUrl,
    /// The directory of the database and the generated keys.
    pub data_dir: DataDir,
    /// The key that encrypts secrets and header values. If it is not set, a key is generated into the data directory.
    pub master_key: Option<MasterKey>,
    /// Public URL, trusted proxies and OpenID provider.
    pub front: FrontSettings,
    /// TLS and limits of connections.
    pub listen: ListenSettings,
    /// The URLs to which callbacks may be sent.
    pub policy: UrlPolicy,
    /// The address of a separate listener that serves `/metrics` without a key.
    pub metrics_addr: Option<SocketAddr>,
    /// Settings of the dispatcher.
    pub delivery: DeliverySettings,
    /// Settings of the catalogue of event types.
    pub event_types: RegistrySettings,
    /// The brokers from which events are consumed.
    pub brokers: BrokerSettings,
    /// A filter of `tracing_subscriber`.
    pub log: String,
    /// The format of the log.
    pub log_format: LogFormat,
    /// The settings in force, for the log.
    pub effective: [String; 2],
}

impl Config {
    /// Validates the settings and fills in defaults.
    pub fn resolve(settings: Settings) -> Result<Self, ConfigError> {
        let settings = settings.with_files()?;
        let addr = read(
            "CLEARHOOK_ADDR",
            settings.addr.as_deref(),
            "127.0.0.1:3000",
            "use an address with a port, such as 127.0.0.1:3000",
        )?;
        let data_dir = DataDir::new(PathBuf::from(settings.data_dir.as_deref().unwrap_or("./data")));
        let database = match settings.database_url.as_deref() {
            Some(url) => url
                .parse()
                .map_err(|error: InvalidDatabaseUrl| ConfigError::new("CLEARHOOK_DATABASE_URL", error.to_string()))?,
            None => DatabaseUrl::Sqlite(data_dir.path().join("clearhook.db")),
        };
        let master_key = settings.master_key.as_deref().map(MasterKey::parse).transpose();
        let front = FrontSettings::read(&settings, addr)?;
        let listen = ListenSettings::read(&settings)?;
        let allowed = unless_none(settings.allowed_networks.as_deref()).unwrap_or_default().parse();
        let policy = UrlPolicy {
            allow_http: truth("CLEARHOOK_ALLOW_HTTP", settings.allow_http.as_deref(), false)?,
            allowed: allowed.map_err(|error| ConfigError::new("CLEARHOOK_ALLOWED_NETWORKS", format!("{error}")))?,
        };
        let delivery = delivery(&settings)?;
        let event_types = catalogue::read(&settings)?;
        let brokers = BrokerSettings::read(&settings)?;
        let metrics_addr = match unless_none(settings.metrics_addr.as_deref()) {
            Some(addr) => Some(read(
                "CLEARHOOK_METRICS_ADDR",
                Some(addr),
                "",
                "use an address with a port, such as 127.0.0.1:9090",
            )?),
            None => None,
        };
        let log_format = match settings.log_format.as_deref() {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(other) => {
                return Err(ConfigError::new(
                    "CLEARHOOK_LOG_FORMAT",
                    format!("`{other}` is not a log format; use text or json"),
                ));
            }
        };
        Ok(Self {
            effective: effective::effective(
                &settings,
                &[
                    ("CLEARHOOK_DATABASE_URL", database.to_string()),
                    ("CLEARHOOK_NATS_URL", brokers.nats_servers()),
                    ("CLEARHOOK_AMQP_URL", brokers.amqp_servers()),
                    ("CLEARHOOK_PUBLIC_URL", front.public_url.to_string()),
                    ("CLEARHOOK_MAX_CONNECTIONS", listen.limits.connections.to_string()),
                ],
            ),
            addr,
            database,
            data_dir,
            master_key: master_key.map_err(|error| ConfigError::new("CLEARHOOK_MASTER_KEY", error.to_string()))?,
            front,
            listen,
            policy,
            delivery,
            event_types,
            brokers,
            metrics_addr,
            log: settings.log.unwrap_or_else(|| "info".to_owned()),
            log_format,
        })
    }
}

impl Config {
    /// Warnings about files that other users of the machine can open.
    pub fn permission_warnings(&self) -> Vec<String> {
        let database = match &self.database {
            DatabaseUrl::Sqlite(path) => Some(path.as_path()),
            DatabaseUrl::Postgres(_) => None,
        };
        permissions::warnings(self.data_dir.path(), database)
    }
}

fn delivery(settings: &Settings) -> Result<DeliverySettings, ConfigError> {
    let defaults = DeliverySettings::default();
    let at_least_one = "use a whole number from 1";
    let concurrency = read("CLEARHOOK_CONCURRENCY", settings.concurrency.as_deref(), "256", at_least_one)?;
    let concurrency_per_webhook = read(
        "CLEARHOOK_CONCURRENCY_PER_WEBHOOK",
        settings.concurrency_per_webhook.as_deref(),
        "16",
        at_least_one,
    )?;
    for (name, value) in [
        ("CLEARHOOK_CONCURRENCY", concurrency),
        ("CLEARHOOK_CONCURRENCY_PER_WEBHOOK", concurrency_per_webhook),
    ] {
        if value == 0 {
            return Err(ConfigError::new(name, at_least_one));
        }
    }
    let schedule = settings.retry_schedule.as_deref();
    let schedule = schedule
        .map(|text| if is_none(text) { "none" } else { text })
        .map(str::parse)
        .transpose();
    Ok(DeliverySettings {
        schedule: schedule
            .map_err(|error| ConfigError::new("CLEARHOOK_RETRY_SCHEDULE", format!("{error}")))?
            .unwrap_or(defaults.schedule),
        timeout: duration("CLEARHOOK_TIMEOUT", settings.timeout.as_deref(), defaults.timeout)?,
        concurrency,
        concurrency_per_webhook,
        disable_after: duration_or_none("CLEARHOOK_DISABLE_AFTER", settings.disable_after.as_deref(), defaults.disable_after)?,
        retention: duration_or_none("CLEARHOOK_RETENTION", settings.retention.as_deref(), defaults.retention)?,
        breaker: defaults.breaker,
        trouble_pause: defaults.trouble_pause,
        patience: defaults.patience,
        dns: defaults.dns,
        body_timeout: defaults.body_timeout,
        more_roots: defaults.more_roots,
        spare_space: defaults.spare_space,
        otel: defaults.otel,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn defaults_match_the_documentation() {
        let config = Config::resolve(Settings::default()).unwrap();
        assert_eq!(config.addr.to_string(), "127.0.0.1:3000");
        assert_eq!(config.database.to_string(), "./data/clearhook.db");
        assert_eq!(config.front.public_url.as_str(), "http://127.0.0.1:3000/");
        assert_eq!(config.delivery.schedule.to_string(), "5s,5m,30m,2h,5h,10h,10h");
        assert_eq!(config.delivery.timeout, Duration::from_secs(15));
        assert!(!config.policy.allow_http && config.master_key.is_none());
    }

    #[test]
    fn none_disables_a_setting() {
        let none = || Some("none".to_owned());
        let config = Config::resolve(Settings {
            retry_schedule: none(),
            disable_after: none(),
            retention: none(),
            allowed_networks: none(),
            trusted_proxies: none(),
            metrics_addr: none(),
            oidc_issuer: none(),
            ..Settings::default()
        });
        let config = config.unwrap();
        assert_eq!(config.delivery.schedule.to_string(), "none");
        let century = Duration::from_secs(100 * 366 * 24 * 3_600);
        assert!(config.delivery.disable_after > century && config.delivery.retention > century);
        assert!(config.metrics_addr.is_none() && config.front.oidc.is_none());
        for (text, is) in [("true", true), ("1", true), ("False", false), ("off", false)] {
            assert_eq!(truth("X", Some(text), !is).unwrap(), is);
        }
        assert!(truth("X", Some("maybe"), true).is_err());
    }

    #[test]
    fn each_duration_can_be_disabled_or_says_why_not() {
        let resolve = |set: fn(&mut Settings, String), text: &str| {
            let mut settings = Settings::default();
            set(&mut settings, text.to_owned());
            Config::resolve(settings).map_err(|error| error.to_string())
        };
        for none in ["none", "off", "None", "OFF", " none "] {
            let config = resolve(|settings, text| settings.drain = Some(text), none).unwrap();
            assert!(config.listen.drain.is_zero(), "{none}");
            let config = resolve(|settings, text| settings.retry_schedule = Some(text), none).unwrap();
            assert_eq!(config.delivery.schedule.to_string(), "none", "{none}");
            let century = Duration::from_secs(100 * 366 * 24 * 3_600);
            assert!(
                resolve(|settings, text| settings.retention = Some(text), none)
                    .unwrap()
                    .delivery
                    .retention
                    > century
            );
            assert!(
                resolve(|settings, text| settings.disable_after = Some(text), none)
                    .unwrap()
                    .delivery
                    .disable_after
                    > century
            );
            let error = resolve(|settings, text| settings.timeout = Some(text), none).unwrap_err();
            assert!(error.contains("CLEARHOOK_TIMEOUT") && error.contains("15s"), "{error}");
        }
        for zero in ["0", "0s", "0ms"] {
            assert!(
                resolve(|settings, text| settings.drain = Some(text), zero)
                    .unwrap()
                    .listen
                    .drain
                    .is_zero(),
                "{zero}"
            );
            for set in [
                (|settings, text| settings.retention = Some(text)) as fn(&mut Settings, String),
                |settings, text| settings.disable_after = Some(text),
            ] {
                assert!(resolve(set, zero).unwrap_err().contains("none for never"), "{zero}");
            }
        }
    }

    #[test]
    #[allow(clippy::too_many_lines, reason = "a table")]
    fn invalid_setting_is_named() {
        let some = |text: &str| Some(text.to_owned());
        let wrong = [
            (
                "CLEARHOOK_ADDR",
                Settings {
                    addr: some("here"),
                    ..Settings::default()
                },
            ),
            (
                "CLEARHOOK_DATABASE_URL",
                Settings {
                    database_url: some("mysql://x"),
                    ..Settings::default()
                },
            ),
            (
                "CLEARHOOK_MASTER_KEY",
                Settings {
                    master_key: some("c2hvcnQ="),
                    ..Settings::default()
                },
            ),
            (
                "CLEARHOOK_PUBLIC_URL",
                Settings {
                    public_url: some("hooks"),
                    ..Settings::default()
                },
            ),
            (
                "CLEARHOOK_TLS_KEY",
                Settings {
                    tls_cert: some("cert.pem"),
                    ..Settings::default()
                },
            ),
            (
                "CLEARHOOK_TLS_CERT",
                Settings {
                    tls_key: some("key.pem"),
                    ..Settings::default()
                },
            ),
            (
                "CLEARHOOK_MAX_CONNECTIONS",
                Settings {
                    max_connections: some("0"),
                    ..Settings::default()
                },
            ),
            (
                "CLEARHOOK_TRUSTED_PROXIES",
                Settings {
                    trusted_proxies: some("the-proxy"),
                    ..Settings::default()
                },
            ),
            (
                "CLEARHOOK_ALLOWED_NETWORKS",
                Settings {
                    allowed_networks: some("10.0.0.0/99"),
                    ..Settings::default()
                },
            ),
            (
                "CLEARHOOK_RETRY_SCHEDULE",
                Settings {
                    retry_schedule: some("often"),
                    ..Settings::default()
                },
            ),
            (
                "CLEARHOOK_TIMEOUT",
                Settings {
                    timeout: some("0s"),
                    ..Settings::default()
                },
            ),
            (
                "CLEARHOOK_CONCURRENCY_PER_WEBHOOK",
                Settings {
                    concurrency_per_webhook: some("0"),
                    ..Settings::default()
                },
            ),
            (
                "CLEARHOOK_CONCURRENCY",
                Settings {
                    concurrency: some("0"),
                    ..Settings::default()
                },
            ),
            (
                "CLEARHOOK_LOG_FORMAT",
                Settings {
                    log_format: some("xml"),
                    ..Settings::default()
                },
            ),
        ];
        for (name, settings) in wrong {
            assert_eq!(Config::resolve(settings).unwrap_err().setting, name);
        }
    }
}
