//! Reads and writes SQLite files beside the service, as an operator does with `sqlite3`.

use std::path::Path;

use sea_orm::sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection, raw_sql, sqlite::SqliteConnectOptions};

fn with_connection<T>(path: &Path, work: impl AsyncFnOnce(&mut SqliteConnection) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let done = work(&mut connection).await;
        connection.close().await.unwrap();
        done
    })
}

/// Executes SQL statements. Creates a missing file.
pub fn execute(path: &Path, sql: &str) {
    with_connection(path, async |connection| {
        raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap()
    });
}

/// Rows of two texts.
pub fn pairs(path: &Path, sql: &'static str) -> Vec<(String, String)> {
    with_connection(path, async |connection| {
        let rows = raw_sql(sql).fetch_all(connection).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    })
}
