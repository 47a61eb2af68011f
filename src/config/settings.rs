//! Settings as they are given, unchecked: by flag, environment or file, all under one name.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use crate::config::ConfigError;

macro_rules! settings {
    ($($(#[doc = $doc:literal])* $name:ident: $kind:ty = $env:literal,)*) => {
        /// Settings as they are given.
        #[derive(Args, Clone, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Settings {
            /// A file with settings, TOML with the names of the flags in snake case [default: clearhook.toml, if it is there]
            #[arg(long, env = "CLEARHOOK_CONFIG", global = true)]
            #[serde(skip)]
            pub config: Option<PathBuf>,
            $($(#[doc = $doc])* #[arg(long, env = $env, global = true, hide_env_values = true)] pub $name: Option<$kind>,)*
        }

        impl Settings {
            /// What is not set here is taken from there.
            fn or(self, other: Self) -> Self {
                Self { config: self.config, $($name: self.$name.or(other.$name),)* }
            }
        }
    };
}

settings! {
    /// Listening address [default: 127.0.0.1:3000]
    addr: String = "CLEARHOOK_ADDR",
    /// `sqlite://FILE` or `postgres://…` [default: `sqlite://<data dir>/clearhook.db`]
    database_url: String = "CLEARHOOK_DATABASE_URL",
    /// Database and generated keys [default: ./data]
    data_dir: String = "CLEARHOOK_DATA_DIR",
    /// Base64 of 32 bytes; encrypts secrets and header values at rest [default: generated into the data dir]
    master_key: String = "CLEARHOOK_MASTER_KEY",
    /// Where people reach the console [default: http://<addr>, https with a certificate]
    public_url: String = "CLEARHOOK_PUBLIC_URL",
    /// A certificate in PEM, with those above it, for TLS of the service's own; read again when it changes [default: no TLS]
    tls_cert: String = "CLEARHOOK_TLS_CERT",
    /// The certificate's key in PEM
    tls_key: String = "CLEARHOOK_TLS_KEY",
    /// Connections at a time [default: 4096, or fewer where the process may open fewer files]
    max_connections: String = "CLEARHOOK_MAX_CONNECTIONS",
    /// Networks (CIDR) of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas [default: none]
    trusted_proxies: String = "CLEARHOOK_TRUSTED_PROXIES",
    /// The OpenID provider that people may sign in with: its issuer [default: none]
    oidc_issuer: String = "CLEARHOOK_OIDC_ISSUER",
    /// The client id that the provider gave to clearhook
    oidc_client_id: String = "CLEARHOOK_OIDC_CLIENT_ID",
    /// The client's secret there
    oidc_client_secret: String = "CLEARHOOK_OIDC_CLIENT_SECRET",
    /// The claim that tells the role; dots lead into it [default: roles]
    oidc_role_claim: String = "CLEARHOOK_OIDC_ROLE_CLAIM",
    /// The claim's value of administrators
    oidc_administrator_value: String = "CLEARHOOK_OIDC_ADMINISTRATOR_VALUE",
    /// The claim's value of API owners
    oidc_api_owner_value: String = "CLEARHOOK_OIDC_API_OWNER_VALUE",
    /// What people call the provider, on the sign-in page [default: single sign-on]
    oidc_name: String = "CLEARHOOK_OIDC_NAME",
    /// Networks (CIDR) and host names exempt from the ban on private addresses, separated by commas
    allowed_networks: String = "CLEARHOOK_ALLOWED_NETWORKS",
    /// Permit webhook URLs with http:// [default: false]
    allow_http: bool = "CLEARHOOK_ALLOW_HTTP",
    /// Delays after each failed attempt [default: 5s,5m,30m,2h,5h,10h,10h]
    retry_schedule: String = "CLEARHOOK_RETRY_SCHEDULE",
    /// Longest attempt, body included [default: 15s]
    timeout: String = "CLEARHOOK_TIMEOUT",
    /// How long ago the first of at least 3 deliveries in a row must have exhausted its attempts before a webhook is disabled [default: 120h]
    disable_after: String = "CLEARHOOK_DISABLE_AFTER",
    /// Callbacks and events older than this are deleted [default: 366d]
    retention: String = "CLEARHOOK_RETENTION",
    /// Attempts in flight [default: 256]
    concurrency: String = "CLEARHOOK_CONCURRENCY",
    /// Attempts in flight to one webhook [default: 16]
    concurrency_per_webhook: String = "CLEARHOOK_CONCURRENCY_PER_WEBHOOK",
    /// Where /metrics can be read without a key [default: nowhere]
    metrics_addr: String = "CLEARHOOK_METRICS_ADDR",
    /// Which messages are logged: a tracing filter [default: info]
    log: String = "CLEARHOOK_LOG",
    /// text or json [default: text]
    log_format: String = "CLEARHOOK_LOG_FORMAT",
}

const FILE: &str = "clearhook.toml";

impl Settings {
    /// Adds what the settings file says. A file that was asked for must be there.
    pub(super) fn with_file(self) -> Result<Self, ConfigError> {
        let path = self.config.clone().unwrap_or_else(|| PathBuf::from(FILE));
        if self.config.is_none() && !path.exists() {
            return Ok(self);
        }
        Ok(self.or(from_file(&path)?))
    }
}

fn from_file(path: &Path) -> Result<Settings, ConfigError> {
    let wrong = |detail: String| ConfigError::new(path.display().to_string(), detail);
    let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
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
    fn what_is_set_elsewhere_wins_over_the_file() {
        let file = file("timeout = \"3s\"\naddr = \"127.0.0.1:1\"\nallow_http = true\n");
        let settings = Settings {
            config: Some(file.path().to_owned()),
            timeout: Some("9s".to_owned()),
            ..Settings::default()
        };
        let settings = settings.with_file().unwrap();
        assert_eq!(settings.timeout.as_deref(), Some("9s"));
        assert_eq!(settings.addr.as_deref(), Some("127.0.0.1:1"));
        assert_eq!(settings.allow_http, Some(true));
    }

    #[test]
    fn unknown_keys_and_missing_files_are_errors() {
        let unknown = file("timeout = \"3s\"\ntime_out = \"3s\"\n");
        let error = Settings {
            config: Some(unknown.path().to_owned()),
            ..Settings::default()
        }
        .with_file()
        .err()
        .unwrap();
        assert!(error.detail.contains("line 2") && error.detail.contains("time_out"), "{error}");
        assert!(
            Settings {
                config: Some(PathBuf::from("/nowhere/c.toml")),
                ..Settings::default()
            }
            .with_file()
            .is_err()
        );
    }
}
