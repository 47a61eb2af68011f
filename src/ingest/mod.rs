//! Takes events in: reads CloudEvents, checks them, and stores each with its deliveries in one transaction.

mod accept;
pub mod body;
mod check;
pub mod cloud_event;
pub mod content_coding;
pub mod extension;
mod header_value;
mod json_data;
mod json_format;
mod media_type;
pub mod plain;
mod test_event;
mod text;

pub use self::{accept::accept, test_event::test_event};

use thiserror::Error;

use crate::{
    auth::rules::Forbidden,
    storage::{StoreError, journal::PublishError},
    webhooks::FieldError,
};

/// Why events are not taken. Of a batch, nothing is.
#[derive(Debug, Error)]
pub enum IngestError {
    /// It is not JSON, or not a CloudEvent at all.
    #[error("{}", .0.detail)]
    Malformed(FieldError),
    /// Fields are wrong.
    #[error("the event is not valid")]
    Invalid(Vec<FieldError>),
    /// Too many events wait to be stored.
    #[error("too many events wait to be stored; try again in a second")]
    Busy,
    /// The disk is nearly full.
    #[error("the disk of the database is nearly full")]
    NoSpace,
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IngestError {
    /// A request that cannot be read.
    pub(crate) fn malformed(pointer: &str, detail: impl Into<String>) -> Self {
        Self::Malformed(FieldError::new(pointer, detail.into()))
    }

    /// The same error of another place.
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
