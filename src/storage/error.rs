//! What can go wrong with the database.

use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr, sqlx::error::ErrorKind};
use thiserror::Error;

use crate::{domain::named::UnknownName, vault::CannotDecrypt};

/// A failed question to the database.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database refused, or cannot be reached.
    #[error("the database failed: {0}")]
    Database(#[from] DbErr),
    /// The master key is not the one that the database was made with.
    #[error(transparent)]
    Decrypt(#[from] CannotDecrypt),
    /// A row holds what no version of clearhook writes.
    #[error("the database holds a value that clearhook did not write: {0}")]
    Corrupt(String),
    /// The database does not answer.
    #[error("the database did not answer within {} ms", .0.as_millis())]
    Silent(Duration),
    /// The service is ending.
    #[error("the service is stopping")]
    Stopping,
}

impl From<UnknownName> for StoreError {
    fn from(unknown: UnknownName) -> Self {
        Self::Corrupt(unknown.to_string())
    }
}

impl StoreError {
    /// Whether the database works but does not want these values: asking again would change nothing.
    pub fn is_refusal(&self) -> bool {
        let Self::Database(DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = self else {
            return matches!(self, Self::Corrupt(_) | Self::Decrypt(_));
        };
        let Some(error) = error.as_database_error() else { return false };
        let is_data = error.code().is_some_and(|code| code.starts_with("22"));
        is_data || !matches!(error.kind(), ErrorKind::Other)
    }

    /// The same for another who asked at the same time.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::Database(error) => Self::Database(error.clone()),
            Self::Silent(limit) => Self::Silent(*limit),
            Self::Corrupt(what) => Self::Corrupt(what.clone()),
            Self::Decrypt(_) | Self::Stopping => Self::Stopping,
        }
    }

    /// Whether a unique value is there already.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Database(error) if matches!(error.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_))))
    }
}
