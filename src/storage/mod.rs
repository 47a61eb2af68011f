//! The database: SQLite or PostgreSQL through one code. Entities never leave this room; one file answers one kind of question.

pub mod api_keys;
pub mod audit;
mod bulk;
pub mod callbacks;
pub mod checkpoint;
mod entity;
pub mod error;
pub mod events;
mod health;
pub mod identities;
pub mod journal;
pub mod listen;
pub mod nodes;
pub mod open;
pub mod order;
pub mod queue;
pub mod resend;
pub mod retention;
mod revision;
pub mod sealed;
pub mod second_factors;
pub mod sessions;
pub mod setup;
pub mod sign_in_limits;
pub mod stats;
pub mod users;
pub mod webhooks;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use uuid::Uuid;

pub use self::error::StoreError;
use crate::vault::Vault;

/// A connected, migrated database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    /// Reads. On PostgreSQL the same pool as `write`.
    read: DatabaseConnection,
    /// Writes. On SQLite a pool of one: writers of this process queue here, fairly, and not on the file's lock.
    write: DatabaseConnection,
    vault: Vault,
    counts: Arc<Counts>,
}

/// What was asked of the database since the start.
#[derive(Debug, Default)]
pub struct Counts {
    statements: AtomicU64,
    commits: AtomicU64,
    entries: AtomicU64,
}

impl Store {
    /// Begins a transaction that will write. On SQLite it takes the write lock at once, so that it cannot fail half-way.
    async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.write.begin_with_options(options).await?)
    }

    /// Which database it is.
    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }

    /// Statements asked of the database since the start, and commits of the journal.
    pub fn counts(&self) -> (u64, u64) {
        (
            self.counts.statements.load(Ordering::Relaxed),
            self.counts.commits.load(Ordering::Relaxed),
        )
    }

    /// Events and results that the journal stored since the start.
    pub fn entries(&self) -> u64 {
        self.counts.entries.load(Ordering::Relaxed)
    }

    fn count_commit(&self, entries: usize) {
        self.counts.commits.fetch_add(1, Ordering::Relaxed);
        self.counts.entries.fetch_add(entries as u64, Ordering::Relaxed);
    }

    /// Asks the database for nothing: an error means that it cannot be reached.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Closes all connections; SQLite then folds its journal into the file.
    pub async fn close(self) -> Result<(), StoreError> {
        self.read.close().await?;
        self.write.close().await?;
        Ok(())
    }
}

/// A new id: UUIDv7, so that rows of one time lie together in an index.
pub fn new_id<T: From<Uuid>>() -> T {
    Uuid::now_v7().into()
}
