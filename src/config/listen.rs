//! Settings of the listener: TLS, limits, shutdown.

use std::{path::PathBuf, time::Duration};

use http_server::{ServerLimits, certificates::Certificates};

use crate::config::{error::ConfigError, parse::is_none, settings::Settings};

/// Settings of the listener.
#[derive(Clone, Debug)]
pub struct ListenSettings {
    /// PEM files with the certificate chain and its private key. Without them the listener does not use TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Limits of connections.
    pub limits: ServerLimits,
    /// For how long requests are still served after SIGTERM, before the listener closes.
    pub drain: Duration,
}

const DRAIN: Duration = Duration::from_secs(5);

impl ListenSettings {
    /// Reads the settings of the listener.
    pub(super) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let tls = match (&settings.tls_cert, &settings.tls_key) {
            (Some(cert), Some(key)) => Some((PathBuf::from(cert), PathBuf::from(key))),
            (None, None) => None,
            (Some(_), None) => {
                return Err(ConfigError::new(
                    "CLEARHOOK_TLS_KEY",
                    "also set the file with the certificate's private key",
                ));
            }
            (None, Some(_)) => return Err(ConfigError::new("CLEARHOOK_TLS_CERT", "also set the file with the certificate")),
        };
        let mut limits = ServerLimits::default();
        if let Some(text) = settings.max_connections.as_deref() {
            let most = text.parse().ok().filter(|most| *most > 0);
            limits.connections = most.ok_or_else(|| {
                ConfigError::new(
                    "CLEARHOOK_MAX_CONNECTIONS",
                    format!("`{text}` is not valid; use a whole number from 1"),
                )
            })?;
        }
        let drain = match settings.drain.as_deref() {
            None => DRAIN,
            Some(text) if is_none(text) => Duration::ZERO,
            Some(text) => humantime::parse_duration(text.trim()).map_err(|_| {
                ConfigError::new(
                    "CLEARHOOK_DRAIN",
                    format!("`{text}` is not a duration; use one such as 5s, or 0s or none to stop at once"),
                )
            })?,
        };
        Ok(Self { tls, limits, drain })
    }

    /// Loads the certificate.
    pub fn certificates(&self) -> Result<Option<Certificates>, ConfigError> {
        let Some((cert, key)) = &self.tls else { return Ok(None) };
        let certificates = Certificates::load(cert.clone(), key.clone());
        certificates
            .map(Some)
            .map_err(|error| ConfigError::new("CLEARHOOK_TLS_CERT, CLEARHOOK_TLS_KEY", error.to_string()))
    }
}
