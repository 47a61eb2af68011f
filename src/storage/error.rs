//! Errors of the database.

use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr, sqlx::error::ErrorKind};
use thiserror::Error;

use crate::{
    domain::named::UnknownName,
    storage::{
        limit::{FileGone, TimedOut, own_error},
        server_error::{code_of, driver_error, explain},
    },
    vault::CannotDecrypt,
};

/// Why a database operation failed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database reported an error, or cannot be reached.
    #[error("the database failed: {}", explain(.0))]
    Database(DbErr),
    /// The configured master key is not the one that the database was created with.
    #[error(transparent)]
    Decrypt(#[from] CannotDecrypt),
    /// A row has a value that no version of clearhook writes.
    #[error("the database holds a value that clearhook did not write: {0}")]
    Corrupt(String),
    /// The database did not answer in time.
    #[error("the database did not answer within {} ms", .0.as_millis())]
    Silent(Duration),
    /// The database file was deleted, replaced or overwritten, so that whatever is written to the open file would be lost.
    #[error(
        "the database file was deleted, replaced, overwritten or damaged; stop clearhook, restore the file without its -wal and -shm, \
     then start clearhook again"
    )]
    FileGone,
    /// The service is shutting down.
    #[error("the service is stopping")]
    Stopping,
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(TimedOut(limit)) = own_error(&error) {
            return Self::Silent(limit);
        }
        if own_error::<FileGone>(&error).is_some() {
            return Self::FileGone;
        }
        Self::Database(error)
    }
}

impl From<UnknownName> for StoreError {
    fn from(unknown: UnknownName) -> Self {
        Self::Corrupt(unknown.to_string())
    }
}

impl StoreError {
    /// Whether the database works but rejects these values, so that a retry would fail again.
    pub fn is_refusal(&self) -> bool {
        let Self::Database(DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = self else {
            return matches!(self, Self::Corrupt(_) | Self::Decrypt(_));
        };
        let Some(error) = error.as_database_error() else { return false };
        if self.is_missing_partition() {
            return false;
        }
        let is_data = error.code().is_some_and(|code| code.starts_with("22"));
        is_data || !matches!(error.kind(), ErrorKind::Other)
    }

    /// Whether PostgreSQL has no partition for a row. Its error has the code of a violated check, but names no constraint.
    pub(super) fn is_missing_partition(&self) -> bool {
        let Self::Database(error) = self else { return false };
        let error = driver_error(error).and_then(|error| error.as_database_error());
        error.is_some_and(|error| error.code().as_deref() == Some("23514") && error.constraint().is_none())
    }

    /// Whether a column cannot store this value, for example because its encoding lacks a character (SQLSTATE 22xxx).
    pub fn is_unfit_value(&self) -> bool {
        matches!(self, Self::Database(error) if code_of(error).is_some_and(|code| code.len() == 5 && code.starts_with("22")))
    }

    /// Whether another process holds SQLite's lock.
    pub(super) fn is_busy(&self) -> bool {
        // The low byte is the primary result code, the other bytes extend it.
        let code = |code: String| code.parse::<i32>().is_ok_and(|code| code & 0xff == 5);
        matches!(self, Self::Database(error) if code_of(error).is_some_and(code))
    }

    /// The error message without the words that it comes from the database.
    pub fn brief(&self) -> String {
        match self {
            Self::Database(error) => explain(error),
            other => other.to_string(),
        }
    }

    /// A copy of the error for another caller that waited for the same result.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::Database(error) => Self::Database(error.clone()),
            Self::Silent(limit) => Self::Silent(*limit),
            Self::Corrupt(what) => Self::Corrupt(what.clone()),
            Self::FileGone => Self::FileGone,
            Self::Decrypt(_) | Self::Stopping => Self::Stopping,
        }
    }

    /// Whether a unique constraint was violated.
    pub fn is_duplicate(&self) -> bool {
        let Self::Database(error) = self else { return false };
        let error = driver_error(error).and_then(|error| error.as_database_error());
        error.is_some_and(|error| matches!(error.kind(), ErrorKind::UniqueViolation))
    }
}
