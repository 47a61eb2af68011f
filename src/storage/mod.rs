//! The database: SQLite or PostgreSQL through one code. Entities never leave this room; one file answers one kind of question.

pub mod age;
pub mod api_keys;
mod aside;
pub mod attempts;
pub mod audit;
mod bulk;
pub mod callbacks;
pub mod checkpoint;
mod clock_changes;
mod database_url;
mod direct;
mod entity;
pub mod error;
pub mod event_search;
pub mod events;
pub mod figures;
mod health;
pub mod identities;
pub mod journal;
pub mod keys;
mod limit;
mod line;
pub mod listen;
pub mod log;
mod migrate;
pub mod nodes;
pub mod open;
pub mod order;
pub mod overview;
mod postgres;
mod postgres_url;
pub mod primary;
pub mod probe;
pub mod queue;
pub mod resend;
pub mod retention;
mod revision;
pub mod sealed;
mod search;
pub mod second_factors;
mod server_error;
pub mod sessions;
pub mod setup;
pub mod sign_in_limits;
mod space;
mod sql;
pub mod sqlite_file;
pub mod stats;
pub mod totals;
mod transaction;
pub mod users;
pub mod webhooks;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sea_orm::{ConnectionTrait, DbBackend};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

pub use self::{
    database_url::{DatabaseUrl, InvalidDatabaseUrl},
    error::StoreError,
    postgres_url::PostgresUrl,
};
use self::{
    direct::Direct,
    postgres::Doubt,
    sqlite_file::OpenFile,
    transaction::{Pool, Transaction},
};
use crate::vault::Vault;

/// A connected, migrated database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    /// Reads. On PostgreSQL the same pool as `write`.
    read: Pool,
    /// Writes. On SQLite a pool of one.
    write: Pool,
    /// SQLite's file.
    file: Option<Arc<OpenFile>>,
    vault: Vault,
    counts: Arc<Counts>,
    /// How often keys were revoked, as far as this process knows.
    revocations: Arc<AtomicU64>,
    doubt: Doubt,
    /// How long a statement of a large transaction may take on PostgreSQL; others a third of it.
    patience: Duration,
    /// Follows the primary of several servers for as long as there is a store.
    #[expect(dead_code, reason = "the task ends when this is dropped")]
    follower: Option<Arc<AbortOnDropHandle<()>>>,
}

/// What was asked of the database since the start.
#[derive(Debug, Default)]
pub struct Counts {
    statements: AtomicU64,
    commits: AtomicU64,
    entries: AtomicU64,
}

impl Store {
    /// Begins a transaction that will write.
    async fn begin(&self) -> Result<Transaction, StoreError> {
        self.write.begin().await
    }

    /// A connection for the journal alone; nothing on PostgreSQL.
    fn direct(&self) -> Result<Option<Direct>, StoreError> {
        let open = |file: &Arc<OpenFile>| Direct::open(file.path(), self.counts.clone());
        Ok(self.file.as_ref().map(open).transpose()?)
    }

    /// The same store for who waits so long for a statement of a large transaction, and a third of it for others.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        let limit = patience / 3;
        Self {
            read: self.read.within(limit),
            write: self.write.within(limit),
            patience,
            ..self
        }
    }

    /// The same store for statements that touch many rows.
    #[must_use]
    pub fn patient(&self) -> Self {
        Self {
            read: self.read.within(self.patience),
            write: self.write.within(self.patience),
            ..self.clone()
        }
    }

    /// The same store for statements that must be answered within this time.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        Self {
            read: self.read.within(limit),
            write: self.write.within(limit),
            ..self.clone()
        }
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

    /// How often keys were revoked, as far as this process knows: what was read of keys before a revocation counts no more.
    pub fn revocations(&self) -> u64 {
        self.revocations.load(Ordering::Acquire)
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
        let closed = async {
            self.read.pool().clone().close().await?;
            self.write.pool().clone().close().await?;
            Ok(())
        };
        if !self.is_shared() {
            return closed.await;
        }
        // Nothing is lost with a connection that is dead.
        timeout(self.patience / 3, closed).await.unwrap_or(Ok(()))
    }
}

/// A new id: UUIDv7, so that rows of one time lie together in an index.
pub fn new_id<T: From<Uuid>>() -> T {
    Uuid::now_v7().into()
}
