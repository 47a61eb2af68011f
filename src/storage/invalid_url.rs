//! The error of an invalid database URL.

use thiserror::Error;

/// The error of an invalid database URL, with a hint how to correct it. It contains no part of the text that could belong to a password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct InvalidDatabaseUrl(pub(super) String);
