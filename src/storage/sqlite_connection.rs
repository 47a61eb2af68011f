//! A connection to a SQLite file that executes statements on the caller's thread.
//!
//! The pool passes each statement to a thread of the driver and waits for its answer, which takes longer than most statements when all cores are busy.
//! The journal runs on its own thread and executes several statements per transaction, so it uses this connection.

use std::{
    borrow::Cow,
    error::Error,
    fmt,
    path::Path,
    sync::{Arc, Mutex},
};

use rusqlite::{
    Connection, OpenFlags, ToSql, ffi, params_from_iter,
    types::{ToSqlOutput, ValueRef},
};
use sea_orm::{
    DbBackend, DbErr, RuntimeErr, Statement, Value,
    sqlx::{
        self,
        error::{DatabaseError, ErrorKind},
    },
};

use crate::{
    storage::{
        connection_settings::{BUSY, PRAGMAS, SQLITE_STATEMENTS},
        executor::{Executor, ResultRow},
        sqlite_row::SqliteRow,
        statement_counts::StatementCounts,
    },
    sync::locked,
};

/// The journal's connection.
pub(super) struct SqliteConnection {
    /// `None` once it is closed.
    connection: Mutex<Option<Connection>>,
    counts: Arc<StatementCounts>,
}

impl fmt::Debug for SqliteConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteConnection")
    }
}

impl SqliteConnection {
    /// Opens the file with the same settings as the pools. The path must be absolute, so that SQLite does not take it for a URI.
    pub(super) fn open(path: &Path, counts: Arc<StatementCounts>) -> Result<Self, DbErr> {
        // A missing file is not created: a deleted database must not be replaced by an empty one.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(SQLITE_STATEMENTS);
        for (name, value) in PRAGMAS {
            connection.pragma_update(None, name, value).map_err(failed)?;
        }
        Ok(Self {
            connection: Mutex::new(Some(connection)),
            counts,
        })
    }

    /// Begins a write transaction. It takes the database's write lock at once, so that a later statement cannot fail for want of it.
    pub(super) fn begin(&self) -> Result<SqliteTransaction<'_>, DbErr> {
        self.roll_back();
        self.run("BEGIN IMMEDIATE")?;
        Ok(SqliteTransaction(self))
    }

    /// Closes the connection. Later transactions fail.
    pub(super) fn close(&self) {
        drop(locked(&self.connection).take());
    }

    /// Rolls back a transaction that was not committed.
    fn roll_back(&self) {
        let rolled_back = self.with(|connection| {
            if connection.is_autocommit() {
                return Ok(());
            }
            connection.execute_batch("ROLLBACK")
        });
        if let Err(error) = rolled_back {
            tracing::error!(%error, "cannot roll back a failed transaction; the rollback is repeated before the next transaction: {error}");
        }
    }

    fn run(&self, sql: &str) -> Result<(), DbErr> {
        self.with(|connection| connection.prepare_cached(sql)?.raw_execute().map(drop))
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, DbErr> {
        let connection = locked(&self.connection);
        let closed = || DbErr::Conn(RuntimeErr::SqlxError(Arc::new(sqlx::Error::PoolClosed)));
        work(connection.as_ref().ok_or_else(closed)?).map_err(failed)
    }
}

/// A transaction. It is rolled back on drop.
pub(super) struct SqliteTransaction<'a>(&'a SqliteConnection);

impl SqliteTransaction<'_> {
    /// Commits the transaction.
    pub(super) fn commit(self) -> Result<(), DbErr> {
        self.0.run("COMMIT")
    }
}

impl Drop for SqliteTransaction<'_> {
    fn drop(&mut self) {
        self.0.roll_back();
    }
}

impl Executor for SqliteTransaction<'_> {
    fn backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn run(&self, statement: Statement) -> Result<u64, DbErr> {
        self.0.counts.count_statement();
        self.0.with(|connection| {
            let mut prepared = connection.prepare_cached(&statement.sql)?;
            prepared.execute(params_from_iter(bound(&statement))).map(|changed| changed as u64)
        })
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<ResultRow>, DbErr> {
        self.0.counts.count_statement();
        self.0.with(|connection| {
            let mut prepared = connection.prepare_cached(&statement.sql)?;
            let columns: Arc<[String]> = prepared.column_names().into_iter().map(str::to_owned).collect();
            let rows = prepared.query_map(params_from_iter(bound(&statement)), |row| {
                let values = (0..columns.len()).map(|at| row.get(at)).collect::<rusqlite::Result<_>>()?;
                Ok(ResultRow::Direct(SqliteRow::new(columns.clone(), values)))
            })?;
            rows.collect()
        })
    }
}

/// A parameter, converted without a copy.
struct Bound<'a>(&'a Value);

fn bound(statement: &Statement) -> impl Iterator<Item = Bound<'_>> {
    statement.values.iter().flat_map(sea_orm::Values::iter).map(Bound)
}

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self.0 {
            Value::Bool(value) => value.map(|value| ValueRef::Integer(i64::from(value))),
            Value::SmallInt(value) => value.map(|value| ValueRef::Integer(i64::from(value))),
            Value::Int(value) => value.map(|value| ValueRef::Integer(i64::from(value))),
            Value::BigInt(value) => value.map(ValueRef::Integer),
            Value::String(value) => value.as_ref().map(|value| ValueRef::Text(value.as_bytes())),
            Value::Bytes(value) => value.as_ref().map(|value| ValueRef::Blob(value)),
            Value::Uuid(value) => value.as_ref().map(|value| ValueRef::Blob(value.as_bytes())),
            other => {
                let unknown = format!("the journal cannot bind a value of this type: {other:?}");
                return Err(rusqlite::Error::ToSqlConversionFailure(unknown.into()));
            }
        };
        Ok(ToSqlOutput::Borrowed(value.unwrap_or(ValueRef::Null)))
    }
}

/// An error of SQLite in the form in which the pool's driver reports it, so that callers handle both connections alike.
#[derive(Debug)]
struct SqliteError {
    message: String,
    /// SQLite's extended result code.
    code: i32,
}

fn failed(error: rusqlite::Error) -> DbErr {
    let code = match &error {
        rusqlite::Error::SqliteFailure(failure, _) => failure.extended_code,
        _ => ffi::SQLITE_ERROR,
    };
    let error = SqliteError {
        message: error.to_string(),
        code,
    };
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(sqlx::Error::Database(Box::new(error)))))
}

impl fmt::Display for SqliteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(code: {}) {}", self.code, self.message)
    }
}

impl Error for SqliteError {}

impl DatabaseError for SqliteError {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn kind(&self) -> ErrorKind {
        match self.code {
            ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_ROWID => ErrorKind::UniqueViolation,
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ErrorKind::ForeignKeyViolation,
            ffi::SQLITE_CONSTRAINT_NOTNULL => ErrorKind::NotNullViolation,
            ffi::SQLITE_CONSTRAINT_CHECK => ErrorKind::CheckViolation,
            _ => ErrorKind::Other,
        }
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::StoreError;

    fn open() -> (tempfile::TempDir, SqliteConnection) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("test.db"), "").unwrap();
        let direct = SqliteConnection::open(&folder.path().join("test.db"), Arc::default()).unwrap();
        (folder, direct)
    }

    #[test]
    fn the_connection_has_the_settings_of_the_pools() {
        let (_folder, direct) = open();
        let value = |name: &str| -> i64 {
            direct
                .with(|connection| connection.pragma_query_value(None, name, |row| row.get(0)))
                .unwrap()
        };
        let set = ["synchronous", "foreign_keys", "trusted_schema", "cache_size", "wal_autocheckpoint"].map(value);
        assert_eq!(set, [2, 1, 0, -16_000, 16_000]);
    }

    #[tokio::test]
    async fn what_is_not_committed_is_rolled_back() {
        let (_folder, direct) = open();
        let sql = |sql: &str| Statement::from_string(DbBackend::Sqlite, sql);
        let transaction = direct.begin().unwrap();
        transaction.run(sql("CREATE TABLE t (name TEXT PRIMARY KEY)")).await.unwrap();
        transaction.commit().unwrap();
        for (commits, expected) in [(false, 0), (true, 1)] {
            let transaction = direct.begin().unwrap();
            let values = [Value::from("é")];
            let insert = Statement::from_sql_and_values(DbBackend::Sqlite, "INSERT INTO t VALUES (?)", values);
            assert_eq!(transaction.run(insert.clone()).await.unwrap(), 1);
            let again = transaction.run(insert).await.unwrap_err();
            let again = StoreError::from(again);
            assert!(again.is_duplicate() && again.is_refusal(), "{again}");
            if commits {
                transaction.commit().unwrap();
            } else {
                drop(transaction);
            }
            let transaction = direct.begin().unwrap();
            assert_eq!(transaction.rows(sql("SELECT name FROM t")).await.unwrap().len(), expected);
        }
    }

    #[test]
    fn a_closed_connection_begins_no_transaction() {
        let (_folder, direct) = open();
        direct.close();
        assert!(direct.begin().is_err());
    }
}
