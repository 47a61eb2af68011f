//! How connections are taken: TLS of the service's own, and how many there may be.

use std::{path::PathBuf, time::Duration};

use crate::{
    config::{ConfigError, Settings},
    web::server::{ServerLimits, certificates::Certificates},
};

/// How connections are taken.
#[derive(Clone, Debug)]
pub struct ListenSettings {
    /// PEM files with the certificate chain and its key; without them there is no TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Bounds of connections.
    pub limits: ServerLimits,
    /// How long requests are still served after SIGTERM, before the listener closes.
    pub drain: Duration,
}

const DRAIN: Duration = Duration::from_secs(5);

impl ListenSettings {
    /// Reads them.
    pub(super) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let tls = match (&settings.tls_cert, &settings.tls_key) {
            (Some(cert), Some(key)) => Some((PathBuf::from(cert), PathBuf::from(key))),
            (None, None) => None,
            (Some(_), None) => {
                return Err(ConfigError::new(
                    "CLEARHOOK_TLS_KEY",
                    "name the file with the certificate's key as well",
                ));
            }
            (None, Some(_)) => return Err(ConfigError::new("CLEARHOOK_TLS_CERT", "name the file with the certificate as well")),
        };
        let mut limits = ServerLimits::default();
        if let Some(text) = settings.max_connections.as_deref() {
            let most = text.parse().ok().filter(|most| *most > 0);
            limits.connections = most.ok_or_else(|| {
                ConfigError::new(
                    "CLEARHOOK_MAX_CONNECTIONS",
                    format!("`{text}` cannot be used; write a whole number from 1"),
                )
            })?;
        }
        let drain = match settings.drain.as_deref() {
            None => DRAIN,
            Some(text) => humantime::parse_duration(text).map_err(|_| {
                ConfigError::new(
                    "CLEARHOOK_DRAIN",
                    format!("`{text}` is no duration; write one such as 5s, or 0s to stop at once"),
                )
            })?,
        };
        Ok(Self { tls, limits, drain })
    }

    /// The certificate, read.
    pub fn certificates(&self) -> Result<Option<Certificates>, ConfigError> {
        let Some((cert, key)) = &self.tls else { return Ok(None) };
        let certificates = Certificates::load(cert.clone(), key.clone());
        certificates
            .map(Some)
            .map_err(|error| ConfigError::new("CLEARHOOK_TLS_CERT, CLEARHOOK_TLS_KEY", error.to_string()))
    }
}
