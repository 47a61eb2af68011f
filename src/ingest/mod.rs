//! Takes events in: reads CloudEvents, checks them, and stores each with its deliveries in one transaction.

mod accept;
pub mod body;
mod check;
pub mod cloud_event;
mod fan_out;

pub use self::accept::{Accepted, accept};

use thiserror::Error;

use crate::{auth::rules::Forbidden, storage::StoreError, webhooks::FieldError};

/// Why events are not taken. Of a batch, nothing is.
#[derive(Debug, Error)]
pub enum IngestError {
    /// It is not JSON, or not a CloudEvent at all.
    #[error("{0}")]
    Malformed(String),
    /// Fields are wrong.
    #[error("the event is not valid")]
    Invalid(Vec<FieldError>),
    /// Too many publishes are under way.
    #[error("too many events are being published; try again in a second")]
    Busy,
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
