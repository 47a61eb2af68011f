//! Reads and writes SQLite files beside the service, as an operator does with `sqlite3`.

use std::{path::Path, thread};

use sea_orm::sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection, raw_sql, sqlite::SqliteConnectOptions};
use tokio::runtime::Runtime;

/// An open connection. SQLite keeps its write-ahead log as long as it is not closed.
pub(crate) struct OpenFile {
    _connection: SqliteConnection,
    _runtime: Runtime,
}

async fn connect(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// In a thread, so that it may also be called within a runtime.
fn with_connection<T: Send>(path: &Path, work: impl AsyncFnOnce(&mut SqliteConnection) -> T + Send) -> T {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = connect(path).await;
            let done = work(&mut connection).await;
            connection.close().await.unwrap();
            done
        })
    };
    thread::scope(|scope| scope.spawn(run).join().unwrap())
}

/// Executes SQL statements. Creates a missing file.
pub(crate) fn execute(path: &Path, sql: &str) {
    with_connection(path, async |connection| {
        raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
    });
}

/// Executes SQL statements, and keeps the connection open.
pub(crate) fn open(path: &Path, sql: &str) -> OpenFile {
    let runtime = Runtime::new().unwrap();
    let connection = runtime.block_on(async {
        let mut connection = connect(path).await;
        raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection
    });
    OpenFile {
        _connection: connection,
        _runtime: runtime,
    }
}

/// The value of an expression, as text.
pub(crate) fn value(path: &Path, expression: &str) -> String {
    with_connection(path, async |connection| {
        let sql = format!("SELECT CAST(({expression}) AS TEXT)");
        raw_sql(AssertSqlSafe(sql)).fetch_one(connection).await.unwrap().get(0)
    })
}

/// Rows of two texts.
pub(crate) fn pairs(path: &Path, sql: &'static str) -> Vec<(String, String)> {
    with_connection(path, async |connection| {
        let rows = raw_sql(sql).fetch_all(connection).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    })
}
