//! The error of a setting.

use thiserror::Error;

/// A setting that is not valid.
#[derive(Debug, Error)]
#[error("{setting}: {detail}")]
pub struct ConfigError {
    /// The name of its environment variable, or the path of a file or directory.
    pub setting: String,
    /// What is wrong and what to do.
    pub detail: String,
}

impl ConfigError {
    /// An error of this setting.
    pub fn new(setting: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            setting: setting.into(),
            detail: detail.into(),
        }
    }
}
