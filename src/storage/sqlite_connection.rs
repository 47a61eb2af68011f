//! A connection to a SQLite file that executes statements on the caller's thread.
//!
//! The pool passes each statement to a thread of the driver and waits for its answer, which takes longer than most statements when all cores are busy.
//! The journal has a thread of its own and runs several statements per transaction, so it uses this connection.

use std::{
    borrow::Cow,
    error::Error,
    fmt,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
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
        connection_settings::{BUSY, PRAGMAS, STATEMENTS},
        executor::{Executor, ResultRow},
        sqlite_row::SqliteRow,
        statement_counts::StatementCounts,
    },
    sync::locked,
};

/// The journal's connection.
pub(super) struct SqliteConnection {
    connection: Mutex<Connection>,
    /// Whether a transaction was begun and neither committed nor rolled back.
    in_transaction: AtomicBool,
    counts: Arc<StatementCounts>,
}

impl SqliteConnection {
    /// Opens the file with the same settings as the pools.
    pub(super) fn open(path: &Path, counts: Arc<StatementCounts>) -> Result<Self, DbErr> {
        // The path is not interpreted as a URI, and a missing file is not created: a deleted database must not be replaced by an empty one.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        for (name, value) in PRAGMAS {
            connection.pragma_update(None, name, value).map_err(failed)?;
        }
        Ok(Self {
            connection: Mutex::new(connection),
            in_transaction: AtomicBool::new(false),
            counts,
        })
    }

    /// Begins a write transaction. It takes the database's write lock at once, so that a later statement cannot fail for want of it.
    pub(super) fn begin(&self) -> Result<SqliteTransaction<'_>, DbErr> {
        self.end();
        self.run("BEGIN IMMEDIATE")?;
        self.in_transaction.store(true, Ordering::Relaxed);
        Ok(SqliteTransaction(self))
    }

    /// Rolls back a transaction that was not committed.
    fn end(&self) {
        if self.in_transaction.swap(false, Ordering::Relaxed)
            && !self.connection().is_autocommit()
            && let Err(error) = self.run("ROLLBACK")
        {
            tracing::error!(%error, "cannot roll back a failed transaction; the rollback is repeated before the next transaction: {error}");
            self.in_transaction.store(true, Ordering::Relaxed);
        }
    }

    fn run(&self, sql: &str) -> Result<(), DbErr> {
        self.counts.count_statement();
        self.connection()
            .prepare_cached(sql)
            .and_then(|mut statement| statement.raw_execute())
            .map(|_| ())
            .map_err(failed)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        locked(&self.connection)
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
        self.0.end();
    }
}

impl Executor for SqliteTransaction<'_> {
    fn backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn run(&self, statement: Statement) -> Result<u64, DbErr> {
        self.0.counts.count_statement();
        let connection = self.0.connection();
        let mut prepared = connection.prepare_cached(&statement.sql).map_err(failed)?;
        let changed = prepared.execute(params_from_iter(bound(&statement))).map_err(failed)?;
        Ok(changed as u64)
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<ResultRow>, DbErr> {
        self.0.counts.count_statement();
        let connection = self.0.connection();
        let mut prepared = connection.prepare_cached(&statement.sql).map_err(failed)?;
        let columns: Arc<[String]> = prepared.column_names().into_iter().map(str::to_owned).collect();
        let rows = prepared.query_map(params_from_iter(bound(&statement)), |row| {
            let values = (0..columns.len()).map(|at| row.get(at)).collect::<rusqlite::Result<_>>()?;
            Ok(ResultRow::Direct(SqliteRow::new(columns.clone(), values)))
        });
        rows.and_then(Iterator::collect).map_err(failed)
    }
}

/// A parameter that is bound without a copy.
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

    fn open() -> (tempfile::TempDir, SqliteConnection) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("test.db"), "").unwrap();
        let direct = SqliteConnection::open(&folder.path().join("test.db"), Arc::default()).unwrap();
        (folder, direct)
    }

    #[test]
    fn the_connection_has_the_settings_of_the_pools() {
        let (_folder, direct) = open();
        let connection = direct.connection();
        let value = |name: &str| -> i64 { connection.pragma_query_value(None, name, |row| row.get(0)).unwrap() };
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
            assert!(
                matches!(again.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_)))
                    || crate::storage::StoreError::from(again).is_refusal()
            );
            if commits {
                transaction.commit().unwrap();
            } else {
                drop(transaction);
            }
            let transaction = direct.begin().unwrap();
            assert_eq!(transaction.rows(sql("SELECT name FROM t")).await.unwrap().len(), expected);
        }
    }
}
