//! The database: SQLite or PostgreSQL, with the same code. Entities are private to this module. Each file contains the queries of one
//! topic.

pub mod api_keys;
pub mod audit;
pub mod backup;
mod batch_insert;
pub mod callback_counts;
pub mod callbacks;
mod catalogue_revision;
mod change_notifications;
pub mod checkpoint;
mod clock_changes;
mod column_arrays;
mod connection_settings;
mod connections;
pub mod copy;
mod database_clock;
mod database_url;
pub mod deliveries;
pub mod delivery_list;
pub mod delivery_search;
pub mod delivery_status;
pub mod diagnosis;
mod due_clock;
mod entity;
pub mod erase;
pub mod error;
pub mod event_search;
pub mod event_types;
pub mod events;
mod executor;
pub mod global_stats;
mod id_windows;
pub mod idempotency;
pub mod identities;
mod invalid_url;
pub mod journal;
mod keyset;
mod limit;
pub mod listen;
pub mod log;
pub mod master_key;
mod migrate;
pub mod nodes;
pub mod old_partitions;
mod once_request;
pub mod open;
mod open_error;
pub mod ordering;
pub mod overview;
pub mod partitions;
mod postgres;
mod postgres_url;
pub mod primary;
mod priority;
pub mod probe;
mod raw_sql;
pub mod recent;
pub mod recover;
pub mod resend;
pub mod retention;
pub mod sealed_token;
mod search;
pub mod second_factors;
mod server_error;
pub mod sessions;
pub mod setup;
pub mod sign_in_limits;
#[cfg(feature = "test-support")]
pub mod simulated;
#[cfg(feature = "test-support")]
mod simulated_store;
mod space;
mod sqlite_connection;
mod sqlite_content;
pub mod sqlite_file;
mod sqlite_row;
mod statement_counts;
pub mod stats;
#[cfg(feature = "test-support")]
pub mod test_support;
mod transaction;
mod user_record;
pub mod users;
pub mod uuid_time;
pub mod webhooks;
mod withdraw;

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

use self::{
    catalogue_revision::CatalogueRevision,
    database_clock::DatabaseClock,
    postgres::ConnectionSuspect,
    sqlite_connection::SqliteConnection,
    sqlite_file::OpenFile,
    statement_counts::StatementCounts,
    transaction::{Pool, Transaction},
};
pub use self::{database_url::DatabaseUrl, error::StoreError, invalid_url::InvalidDatabaseUrl, postgres_url::PostgresUrl};
use crate::vault::Vault;

/// A connected and migrated database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    /// The pool for reads. On PostgreSQL the same as `write`.
    read: Pool,
    /// The pool for writes. On SQLite it has one connection.
    write: Pool,
    /// The journal's own connection to the SQLite file. It is opened with the pools, and never again: later the path may lead to another file.
    direct: Option<Arc<SqliteConnection>>,
    /// The SQLite file.
    file: Option<Arc<OpenFile>>,
    vault: Vault,
    counts: Arc<StatementCounts>,
    /// How many revocations of API keys this process knows of.
    revocations: Arc<AtomicU64>,
    /// The newest change of event types that this process knows of.
    catalogue: CatalogueRevision,
    suspect: ConnectionSuspect,
    /// The clock of a database with several nodes.
    clock: DatabaseClock,
    /// The time limit of statements in large transactions on PostgreSQL. Other statements have a third of it.
    patience: Duration,
    /// The task that follows the primary if the URL has several servers.
    #[expect(dead_code, reason = "the task ends when this is dropped")]
    follower: Option<Arc<AbortOnDropHandle<()>>>,
}

impl Store {
    /// Starts a write transaction.
    async fn begin(&self) -> Result<Transaction, StoreError> {
        self.write.begin().await
    }

    /// The same store with this time limit for journal transactions, and a third of it for other statements.
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

    /// The same store with the time limit of large transactions, for statements that touch many rows.
    #[must_use]
    pub fn patient(&self) -> Self {
        Self {
            read: self.read.within(self.patience),
            write: self.write.within(self.patience),
            ..self.clone()
        }
    }

    /// How long storing a published event may take. Together with the check of the API key, which is one other statement, a request takes at
    /// most as long as a large transaction.
    pub fn publish_limit(&self) -> Duration {
        self.patience * 2 / 3
    }

    /// The same store with this time limit.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        Self {
            read: self.read.within(limit),
            write: self.write.within(limit),
            ..self.clone()
        }
    }

    /// The kind of database.
    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }

    /// The name of the database system in OpenTelemetry (`db.system.name`).
    pub fn system(&self) -> &'static str {
        match self.backend() {
            DbBackend::Postgres => "postgresql",
            _ => "sqlite",
        }
    }

    /// The number of statements, and of the journal's commits, since the start.
    pub fn counts(&self) -> (u64, u64) {
        (self.counts.statements(), self.counts.commits())
    }

    /// The number of events and results that the journal has stored since the start.
    pub fn entries(&self) -> u64 {
        self.counts.entries()
    }

    /// How many revocations of API keys this process knows of. Cached keys are valid only while this number is unchanged.
    pub fn revocations(&self) -> u64 {
        self.revocations.load(Ordering::Acquire)
    }

    fn count_commit(&self, entries: usize) {
        self.counts.count_commit(entries);
    }

    /// Executes an empty query, to check that the database can be reached.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Closes all connections. SQLite then copies its write-ahead log into the file, unless the file was overwritten.
    pub async fn close(self) -> Result<(), StoreError> {
        if self.file.as_ref().is_some_and(|file| file.is_ruined()) {
            // SQLite copies the log when the last connection closes, which would damage the other content. These stay open until the
            // process ends.
            std::mem::forget(self);
            return Ok(());
        }
        let closed = async {
            if let Some(direct) = &self.direct {
                // Not in the middle of a group.
                let _guard = self.write.lock().await;
                direct.close();
            }
            for pool in [&self.read, &self.write].into_iter().filter_map(Pool::pool) {
                pool.clone().close().await?;
            }
            Ok(())
        };
        if !self.is_shared() {
            return closed.await;
        }
        // A dead connection has nothing to lose, so closing has a time limit.
        timeout(self.patience / 3, closed).await.unwrap_or(Ok(()))
    }
}

/// A new UUIDv7. Its order by time keeps rows of the same time together in an index.
pub fn new_id<T: From<Uuid>>() -> T {
    #[cfg(feature = "test-support")]
    if let Some(id) = crate::domain::simulated::id() {
        return id.into();
    }
    Uuid::now_v7().into()
}
