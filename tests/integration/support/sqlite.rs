//! SQLite files that a test reads or changes by itself, with a connection of its own.

use std::{path::Path, thread};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use tokio::runtime::Runtime;

/// An open connection. SQLite keeps its write-ahead log as long as it is not closed.
pub(crate) struct OpenFile {
    pub(crate) _connection: DatabaseConnection,
    _runtime: Runtime,
}

async fn connect(path: &Path) -> DatabaseConnection {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", path.display()));
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}

/// Runs statements, and keeps the connection open.
pub(crate) fn open(path: &Path, sql: &str) -> OpenFile {
    let runtime = Runtime::new().unwrap();
    let connection = runtime.block_on(async {
        let connection = connect(path).await;
        connection.execute_unprepared(sql).await.unwrap();
        connection
    });
    OpenFile {
        _connection: connection,
        _runtime: runtime,
    }
}

/// Runs statements.
pub(crate) fn execute(path: &Path, sql: &str) {
    apart(async || {
        let connection = connect(path).await;
        connection.execute_unprepared(sql).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// The first value of the first row, as text.
pub(crate) fn value(path: &Path, sql: &str) -> String {
    apart(async || {
        let connection = connect(path).await;
        let sql = Statement::from_string(DbBackend::Sqlite, format!("SELECT CAST(({sql}) AS TEXT) AS value"));
        let row = connection.query_one_raw(sql).await.unwrap().unwrap();
        connection.close().await.unwrap();
        row.try_get("", "value").unwrap()
    })
}

/// Runs async code in a thread, so that it may also be called within a runtime.
fn apart<T: Send>(work: impl AsyncFnOnce() -> T + Send) -> T {
    thread::scope(|scope| scope.spawn(|| Runtime::new().unwrap().block_on(work())).join().unwrap())
}
