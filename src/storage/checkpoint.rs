//! Checkpoints SQLite's write-ahead log in the background, so that a commit seldom has to do it.

use sea_orm::{ConnectionTrait, DbBackend};

use crate::storage::{Store, StoreError};

impl Store {
    /// Copies committed pages from the write-ahead log into the database file without blocking the writer or readers. Does nothing on
    /// PostgreSQL.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        if self.backend() == DbBackend::Sqlite {
            self.read.limit().check_content()?;
            self.read.execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)").await?;
        }
        Ok(())
    }
}
