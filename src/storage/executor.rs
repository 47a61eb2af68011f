//! What executes the statements that the journal and other writers share: a connection of the pool, or the journal's own connection to a SQLite file
//! (`storage::sqlite_connection`). The latter is the only reason why this is not sea-orm's `ConnectionTrait`, whose rows and results only its own
//! drivers can make.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, TryGetable};

use crate::storage::sqlite_row::{FromSqlite, SqliteRow};

/// Something that executes statements.
pub(super) trait Executor: Sync {
    /// The kind of database.
    fn backend(&self) -> DbBackend;
    /// Executes a statement, and returns the number of affected rows.
    fn run(&self, statement: Statement) -> impl Future<Output = Result<u64, DbErr>> + Send;
    /// Executes a statement, and returns its rows.
    fn rows(&self, statement: Statement) -> impl Future<Output = Result<Vec<ResultRow>, DbErr>> + Send;
}

impl<C: ConnectionTrait> Executor for C {
    fn backend(&self) -> DbBackend {
        self.get_database_backend()
    }

    async fn run(&self, statement: Statement) -> Result<u64, DbErr> {
        Ok(self.execute_raw(statement).await?.rows_affected())
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<ResultRow>, DbErr> {
        let rows = self.query_all_raw(statement).await?;
        Ok(rows.into_iter().map(ResultRow::Pooled).collect())
    }
}

/// A row of a result.
pub(super) enum ResultRow {
    /// A row from a connection of the pool.
    Pooled(QueryResult),
    /// A row from the journal's own connection.
    Direct(SqliteRow),
}

impl ResultRow {
    /// The value of a column.
    pub(super) fn get<T: TryGetable + FromSqlite>(&self, column: &str) -> Result<T, DbErr> {
        match self {
            Self::Pooled(row) => row.try_get("", column),
            Self::Direct(row) => row
                .value(column)
                .ok_or_else(|| DbErr::Type(format!("the result has no column {column} of this type"))),
        }
    }
}
