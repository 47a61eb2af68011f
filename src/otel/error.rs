//! The error of a variable of OpenTelemetry.

use thiserror::Error;

/// A variable is not valid.
#[derive(Debug, Error)]
#[error("{variable}: {detail}")]
pub struct OtelError {
    /// The name of the variable.
    pub variable: String,
    /// What is wrong and what to do.
    pub detail: String,
}

impl OtelError {
    pub(super) fn new(variable: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            variable: variable.into(),
            detail: detail.into(),
        }
    }
}
