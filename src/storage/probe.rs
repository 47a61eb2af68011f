//! Tests whether the SQLite file can be written. A test executes two small statements and does not access the disk.

use std::{path::Path, sync::Arc, time::Duration};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use tokio::{task::spawn_blocking, time::timeout};

use crate::{
    storage::{Store, StoreError, sqlite_connection::failed, sqlite_file::OpenFile, transaction::Pool},
    sync::locked,
};

/// How long to wait for the write lock: longer than any transaction of the service takes.
const LONGEST: Duration = Duration::from_secs(4);

/// The connection for the test. It stays open so that SQLite keeps its write-ahead log file, whose deletion can then be detected.
pub struct Probe {
    connection: Arc<std::sync::Mutex<Connection>>,
    write: Pool,
    file: Arc<OpenFile>,
}

impl Store {
    /// A probe of the SQLite file. `None` on PostgreSQL, where renewing the node's lease is the test. From then on, the content of the file is
    /// watched as well.
    pub async fn probe(&self) -> Result<Option<Probe>, StoreError> {
        let Some(file) = &self.file else { return Ok(None) };
        let connection = open(file.path()).map_err(failed)?;
        file.note_files_beside();
        let probe = Probe {
            connection: Arc::new(connection.into()),
            write: self.write.clone(),
            file: file.clone(),
        };
        // A random number in the header of the database tells this file from all others, and from earlier backups of itself.
        let mark = rand::random_range(1..=i32::MAX.unsigned_abs());
        probe
            .run(move |connection| {
                connection.pragma_update(None, "user_version", mark)?;
                // Copies the number from the log into the file, unless a reader prevents it; then a later test write does it.
                connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
            })
            .await?;
        file.watch_content(mark)
            .map_err(|error| StoreError::Corrupt(format!("{} cannot be opened: {error}", file.path().display())))?;
        Ok(Some(probe))
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(LONGEST)?;
    // The first query opens the log file.
    connection.query_row("SELECT COUNT(*) FROM revisions", [], |_| Ok(()))?;
    Ok(connection)
}

impl Probe {
    /// Starts a write transaction and rolls it back. An error means that nothing can be stored.
    pub async fn try_write(&self) -> Result<(), StoreError> {
        self.write.limit().check_content()?;
        let is_marked = self.file.is_marked();
        self.run(move |connection| {
            if !is_marked {
                connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
            }
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute("UPDATE revisions SET webhooks = webhooks WHERE id = 1", [])?;
            transaction.rollback()
        })
        .await
    }

    async fn run(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<()> + Send + 'static) -> Result<(), StoreError> {
        // Takes this process's write lock first, so that only other processes can make the test wait.
        let Ok(guard) = timeout(LONGEST, self.write.lock()).await else {
            return Err(StoreError::Silent(LONGEST));
        };
        let connection = self.connection.clone();
        let tried = spawn_blocking(move || {
            let mut connection = locked(&connection);
            work(&mut connection)
        });
        let done = tried.await;
        drop(guard);
        match done {
            Ok(done) => done.map_err(|error| self.write.limit().explained(failed(error)).into()),
            Err(_) => Err(StoreError::Stopping),
        }
    }
}
