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
mod line;
pub mod listen;
pub mod log;
pub mod nodes;
pub mod open;
pub mod order;
pub mod overview;
mod postgres;
pub mod queue;
pub mod resend;
pub mod retention;
mod revision;
pub mod sealed;
mod search;
pub mod second_factors;
pub mod sessions;
pub mod setup;
pub mod sign_in_limits;
mod space;
mod sql;
pub mod stats;
pub mod totals;
mod transaction;
pub mod users;
pub mod webhooks;

use std::{
    path::Path,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use tokio::time::sleep;
use uuid::Uuid;

pub use self::{database_url::DatabaseUrl, error::StoreError};
use self::{
    direct::Direct,
    postgres::Doubt,
    transaction::{Transaction, WritePool},
};
use crate::vault::Vault;

/// A connected, migrated database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    /// Reads. On PostgreSQL the same pool as `write`.
    read: DatabaseConnection,
    /// Writes. On SQLite a pool of one.
    write: WritePool,
    /// SQLite's file.
    file: Option<Arc<Path>>,
    vault: Vault,
    counts: Arc<Counts>,
    /// How often keys were revoked, as far as this process knows.
    revocations: Arc<AtomicU64>,
    doubt: Doubt,
    /// How long a group of the journal may take on PostgreSQL.
    patience: Duration,
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
        let open = |file: &Arc<Path>| Direct::open(file, self.counts.clone());
        Ok(self.file.as_ref().map(open).transpose()?)
    }

    /// The same store for who waits so long for a group of the journal, and a third of it for a question.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The same for a change of many rows.
    pub(crate) async fn patiently<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.within(self.patience, work).await
    }

    /// Waits for an answer, but not for ever.
    pub(crate) async fn question<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.within(self.patience / 3, work).await
    }

    /// Does this within a limit of time where there is a network between: a connection may be dead without anybody knowing.
    async fn within<T>(&self, limit: Duration, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        if !self.is_shared() {
            return work.await;
        }
        let mut work = pin!(work);
        tokio::select! {
            done = &mut work => done,
            () = sleep(limit) => {
                // Before its connection goes back to the pool.
                self.doubt.raise();
                Err(StoreError::Silent(limit))
            }
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
        self.question(async {
            self.read.execute_unprepared("SELECT 1").await?;
            Ok(())
        })
        .await
    }

    /// Closes all connections; SQLite then folds its journal into the file.
    pub async fn close(self) -> Result<(), StoreError> {
        let (read, write) = (self.read.clone(), self.write.pool().clone());
        let closed = self.question(async {
            read.close().await?;
            write.close().await?;
            Ok(())
        });
        match closed.await {
            // Nothing is lost with a connection that is dead.
            Err(StoreError::Silent(_)) => Ok(()),
            closed => closed,
        }
    }
}

/// A new id: UUIDv7, so that rows of one time lie together in an index.
pub fn new_id<T: From<Uuid>>() -> T {
    Uuid::now_v7().into()
}
