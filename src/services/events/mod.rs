//! Ingestion: parses and validates CloudEvents, and stores each with its deliveries in one transaction.

mod accept;
pub mod body;
mod check;
pub mod cloud_event;
pub mod content_coding;
mod discover;
pub mod extension;
mod header_value;
mod json_data;
mod json_format;
pub mod media_type;
pub mod message;
pub mod plain;
mod test_event;
mod text;

pub use self::{
    accept::{accept, store_span},
    json_data::data_of_stored,
    test_event::{SOURCE as TEST_SOURCE, test_event},
};

use thiserror::Error;

use crate::{
    auth::rules::Forbidden,
    services::error::FieldError,
    storage::{StoreError, journal::PublishError},
};

/// Maximum size of a request or message with events, in bytes, also when it is decompressed.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Why a request to publish is refused. If one event of a batch is refused, none is stored.
#[derive(Debug, Error)]
pub enum IngestError {
    /// The body is not JSON, or not a CloudEvent.
    #[error("{}", .0.detail)]
    Malformed(FieldError),
    /// Some fields are invalid.
    #[error("the event is not valid")]
    Invalid(Vec<FieldError>),
    /// Too many events wait to be stored.
    #[error("too many events wait to be stored; try again in a second")]
    Busy,
    /// The disk is nearly full.
    #[error("the disk of the database is nearly full")]
    NoSpace,
    /// The caller has no permission.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IngestError {
    /// An error for a request that cannot be parsed.
    pub(crate) fn malformed(pointer: &str, detail: impl Into<String>) -> Self {
        Self::Malformed(FieldError::new(pointer, detail.into()))
    }

    /// The same error with another pointer.
    pub(crate) fn at(self, pointer: &str) -> Self {
        match self {
            Self::Malformed(error) => Self::malformed(pointer, error.detail),
            other => other,
        }
    }
}

impl From<PublishError> for IngestError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Full => Self::Busy,
            PublishError::NoSpace => Self::NoSpace,
            PublishError::Store(error) => Self::Store(error),
        }
    }
}
