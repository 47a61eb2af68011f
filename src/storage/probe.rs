//! Tests whether the SQLite file can be written. A test executes three small statements and does not access the disk.

use std::{path::Path, sync::Arc, time::Duration};

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{self, AssertSqlSafe, ConnectOptions, Executor, SqliteConnection, sqlite::SqliteConnectOptions},
};
use tokio::{sync::Mutex, time::timeout};

use crate::storage::{Store, StoreError, sqlite_file::OpenFile, transaction::Pool};

/// How long to wait for the write lock: longer than any transaction of the service takes.
const LONGEST: Duration = Duration::from_secs(4);

/// The connection for the test. It stays open so that SQLite keeps its write-ahead log file, whose deletion can then be detected. It is not
/// one of the pool, because it waits less long for the lock of another process.
pub struct Probe {
    connection: Mutex<SqliteConnection>,
    write: Pool,
    file: Arc<OpenFile>,
}

impl Store {
    /// A probe of the SQLite file. `None` on PostgreSQL, where renewing the node's lease is the test. From then on, the content of the file is
    /// watched as well.
    pub async fn probe(&self) -> Result<Option<Probe>, StoreError> {
        let Some(file) = &self.file else { return Ok(None) };
        let connection = open(file.path()).await.map_err(failed)?;
        file.note_files_beside();
        let probe = Probe {
            connection: Mutex::new(connection),
            write: self.write.clone(),
            file: file.clone(),
        };
        // A random number in the header of the database tells this file from all others, and from earlier backups of itself.
        let mark = rand::random_range(1..=i32::MAX.unsigned_abs());
        probe
            .run(async |connection| {
                connection.execute(AssertSqlSafe(format!("PRAGMA user_version = {mark}"))).await?;
                // Copies the number from the log into the file, unless a reader prevents it; then a later test write does it.
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").await
            })
            .await?;
        file.watch_content(mark)
            .map_err(|error| StoreError::Corrupt(format!("{} cannot be opened: {error}", file.path().display())))?;
        Ok(Some(probe))
    }
}

async fn open(path: &Path) -> sqlx::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(LONGEST)
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    // The first query opens the log file.
    connection.execute("SELECT COUNT(*) FROM revisions").await?;
    Ok(connection)
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}

impl Probe {
    /// Starts a write transaction and rolls it back. An error means that nothing can be stored.
    pub async fn try_write(&self) -> Result<(), StoreError> {
        self.write.limit().check_content()?;
        let is_marked = self.file.is_marked();
        self.run(async |connection| {
            if !is_marked {
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").await?;
            }
            connection.execute("BEGIN IMMEDIATE").await?;
            let wrote = connection.execute("UPDATE revisions SET webhooks = webhooks WHERE id = 1").await;
            // After some errors, such as a full disk, SQLite has already ended the transaction, and this fails.
            let rolled_back = connection.execute("ROLLBACK").await;
            wrote.and(rolled_back)
        })
        .await
    }

    async fn run<T>(&self, work: impl AsyncFnOnce(&mut SqliteConnection) -> sqlx::Result<T>) -> Result<(), StoreError> {
        // Takes this process's write lock first, so that only other processes can make the test wait.
        let Ok(_guard) = timeout(LONGEST, self.write.lock()).await else {
            return Err(StoreError::Silent(LONGEST));
        };
        let mut connection = self.connection.lock().await;
        let done = work(&mut connection).await;
        done.map(|_| ()).map_err(|error| self.write.limit().explained(failed(error)).into())
    }
}
