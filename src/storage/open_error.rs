//! Why a database cannot be opened.

use thiserror::Error;

use crate::storage::primary::ServerError;

/// Why a database cannot be opened. The messages never contain passwords of the URL.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file or its directory cannot be used.
    #[error("cannot open the database file {path}: {cause}")]
    File {
        /// The path of the file.
        path: String,
        /// The cause.
        cause: String,
    },
    /// The server cannot be used.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The database is read-only for this user.
    #[error("the database cannot be written: {0}; check the rights of this user, and that the file system or the server is not read-only")]
    Unwritable(String),
    /// The version of the schema cannot be read.
    #[error("the database cannot be read: {0}; check the rights of this user")]
    Unreadable(String),
    /// The migrations cannot be applied.
    #[error("cannot apply the database migrations: {0}")]
    Migrate(String),
    /// Events could not be stored, because the partition of the present month is missing.
    #[error(
        "the tables of the database have no partition for this month, and it cannot be created: {0}; correct the cause, or let `clearhook migrate` create it as the owner of the tables"
    )]
    Partitions(String),
    /// The database was migrated by a newer clearhook.
    #[error("the database was migrated by a newer clearhook (it has the migration {0}); use that version, or an older backup")]
    Newer(String),
    /// Rows are being copied into it, or an interrupted copy has to be continued.
    #[error("an unfinished `clearhook copy` has only a part of the rows in this database; run the copy again until it is complete")]
    Incomplete,
    /// The schema is outdated and `--no-migrate` was given.
    #[error("the database is not up to date; run `clearhook migrate` first, or remove --no-migrate")]
    Outdated,
}
