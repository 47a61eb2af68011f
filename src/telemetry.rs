//! Logs to stderr.

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{ConfigError, LogFormat};

/// Begins to log.
pub fn start(filter: &str, format: LogFormat) -> Result<(), ConfigError> {
    let wrong = |detail: String| ConfigError::new("CLEARHOOK_LOG", detail);
    let filter = EnvFilter::try_new(filter).map_err(|error| wrong(format!("{error}; write a level such as info, or clearhook=debug")))?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Text => registry
            .with(fmt::layer().with_writer(std::io::stderr).with_target(false))
            .try_init(),
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(std::io::stderr)).try_init(),
    };
    started.map_err(|error| wrong(error.to_string()))
}
