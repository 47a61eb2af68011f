//! Serializes writers on SQLite. SQLite's busy handler polls and is not fair, so a busy journal could starve other writers. A `Mutex` gives
//! FIFO order within the process. Besides other processes, only a rollback that the driver has not finished competes for SQLite's lock.
//!
//! Every statement has a time limit (`storage::limit`), so that callers need not set one.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::storage::{
    connections::{Connections, OpenTransaction},
    error::StoreError,
    limit::TimeLimit,
    once_request::note_carried_out,
};

/// A pool of connections. Each statement on a pool for writes acquires the write lock of the process.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    connections: Connections,
    limit: TimeLimit,
    /// The write lock of the process. `None` for reads, and on PostgreSQL, which supports concurrent writers.
    writer: Option<Arc<Mutex<()>>>,
}

/// The guard of the write lock.
pub(super) type WriteGuard = Option<OwnedMutexGuard<()>>;

impl Pool {
    /// A pool for reads.
    pub(super) const fn for_reads(connections: Connections, limit: TimeLimit) -> Self {
        Self {
            connections,
            limit,
            writer: None,
        }
    }

    /// A pool for writes.
    pub(super) fn for_writes(connections: Connections, limit: TimeLimit) -> Self {
        let is_file = matches!(&connections, Connections::Pool(pool) if pool.get_database_backend() == DbBackend::Sqlite);
        let writer = is_file.then(Arc::default);
        Self {
            connections,
            limit,
            writer,
        }
    }

    /// The same pool with another time limit.
    pub(super) fn within(&self, limit: Duration) -> Self {
        Self {
            limit: self.limit.of(limit),
            ..self.clone()
        }
    }

    /// Acquires the write lock of the process.
    pub(super) async fn lock(&self) -> WriteGuard {
        match &self.writer {
            Some(writer) => Some(writer.clone().lock_owned().await),
            None => None,
        }
    }

    /// Starts a write transaction.
    pub(super) async fn begin(&self) -> Result<Transaction, StoreError> {
        let guard = self.lock().await;
        let transaction = self.limit.wait(self.connections.begin()).await?;
        Ok(Transaction {
            inner: transaction,
            limit: self.limit.clone(),
            _guard: guard,
        })
    }

    pub(super) const fn limit(&self) -> &TimeLimit {
        &self.limit
    }

    /// The pool of the driver. `None` in a simulation.
    pub(super) const fn pool(&self) -> Option<&DatabaseConnection> {
        self.connections.pool()
    }
}

#[async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DbBackend {
        self.connections.backend()
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        let _guard = self.lock().await;
        self.limit.wait(self.connections.execute(stmt)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let _guard = self.lock().await;
        self.limit.wait(self.connections.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        let _guard = self.lock().await;
        self.limit.wait(self.connections.query_one(stmt)).await
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let _guard = self.lock().await;
        self.limit.wait(self.connections.query_all(stmt)).await
    }
}

/// A write transaction. It is rolled back on drop.
pub(super) struct Transaction {
    inner: OpenTransaction,
    limit: TimeLimit,
    // Declared after the transaction, so that it is dropped after it.
    _guard: WriteGuard,
}

impl Transaction {
    /// Commits the transaction, and with it that the request on whose behalf it was made is carried out.
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        note_carried_out(&self).await?;
        self.limit.wait(self.inner.commit()).await
    }
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.backend()
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        self.limit.wait(self.inner.execute(stmt)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.limit.wait(self.inner.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.limit.wait(self.inner.query_one(stmt)).await
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.limit.wait(self.inner.query_all(stmt)).await
    }
}
