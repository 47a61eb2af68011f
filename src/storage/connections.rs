//! Where statements are executed: by a pool of the driver, or in a simulation by the simulated server.

use std::sync::Arc;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
};

#[cfg(feature = "test-support")]
use crate::storage::simulated::{SimulatedConnection, SimulatedTransaction};
use crate::storage::statement_counts::StatementCounts;

/// Connections to a database.
#[derive(Clone, Debug)]
pub(super) enum Connections {
    Pool(DatabaseConnection),
    #[cfg(feature = "test-support")]
    Simulated(SimulatedConnection),
}

/// A transaction that has begun. It is rolled back on drop.
pub(super) enum OpenTransaction {
    Driver(DatabaseTransaction),
    #[cfg(feature = "test-support")]
    Simulated(SimulatedTransaction),
}

impl Connections {
    /// The pool of the driver. `None` in a simulation.
    pub(super) const fn pool(&self) -> Option<&DatabaseConnection> {
        match self {
            Self::Pool(pool) => Some(pool),
            #[cfg(feature = "test-support")]
            Self::Simulated(_) => None,
        }
    }

    /// Counts each statement.
    pub(super) fn count_statements(&mut self, counts: &Arc<StatementCounts>) {
        match self {
            Self::Pool(pool) => {
                let counts = counts.clone();
                pool.set_metric_callback(move |_| {
                    counts.count_statement();
                });
            }
            #[cfg(feature = "test-support")]
            Self::Simulated(_) => {}
        }
    }

    pub(super) fn backend(&self) -> DbBackend {
        self.pool().map_or(DbBackend::Sqlite, ConnectionTrait::get_database_backend)
    }

    /// Begins a write transaction. On SQLite it takes the database's write lock at once, so that a later statement cannot fail for want of
    /// it.
    pub(super) async fn begin(&self) -> Result<OpenTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        match self {
            Self::Pool(pool) => pool.begin_with_options(options).await.map(OpenTransaction::Driver),
            #[cfg(feature = "test-support")]
            Self::Simulated(connection) => connection.begin().await.map(OpenTransaction::Simulated),
        }
    }

    pub(super) async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool) => pool.execute_raw(statement).await,
            #[cfg(feature = "test-support")]
            Self::Simulated(connection) => connection.execute(statement).await,
        }
    }

    pub(super) async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool) => pool.execute_unprepared(sql).await,
            #[cfg(feature = "test-support")]
            Self::Simulated(connection) => connection.execute(Statement::from_string(DbBackend::Sqlite, sql)).await,
        }
    }

    pub(super) async fn query_one(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool) => pool.query_one_raw(statement).await,
            #[cfg(feature = "test-support")]
            Self::Simulated(connection) => Ok(connection.query(statement).await?.into_iter().next()),
        }
    }

    pub(super) async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool) => pool.query_all_raw(statement).await,
            #[cfg(feature = "test-support")]
            Self::Simulated(connection) => connection.query(statement).await,
        }
    }
}

impl OpenTransaction {
    pub(super) fn backend(&self) -> DbBackend {
        match self {
            Self::Driver(transaction) => transaction.get_database_backend(),
            #[cfg(feature = "test-support")]
            Self::Simulated(_) => DbBackend::Sqlite,
        }
    }

    pub(super) async fn commit(self) -> Result<(), DbErr> {
        match self {
            Self::Driver(transaction) => transaction.commit().await,
            #[cfg(feature = "test-support")]
            Self::Simulated(transaction) => transaction.commit().await,
        }
    }

    pub(super) async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Driver(transaction) => transaction.execute_raw(statement).await,
            #[cfg(feature = "test-support")]
            Self::Simulated(transaction) => transaction.execute(statement).await,
        }
    }

    pub(super) async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Driver(transaction) => transaction.execute_unprepared(sql).await,
            #[cfg(feature = "test-support")]
            Self::Simulated(transaction) => transaction.execute(Statement::from_string(DbBackend::Sqlite, sql)).await,
        }
    }

    pub(super) async fn query_one(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Driver(transaction) => transaction.query_one_raw(statement).await,
            #[cfg(feature = "test-support")]
            Self::Simulated(transaction) => Ok(transaction.query(statement).await?.into_iter().next()),
        }
    }

    pub(super) async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Driver(transaction) => transaction.query_all_raw(statement).await,
            #[cfg(feature = "test-support")]
            Self::Simulated(transaction) => transaction.query(statement).await,
        }
    }
}
