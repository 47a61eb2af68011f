//! Folding SQLite's write-ahead log into the file beside the writer, so that a commit seldom has to do it.

use sea_orm::{ConnectionTrait, DbBackend};

use crate::storage::{Store, StoreError};

impl Store {
    /// Folds what is committed into the file, without holding up writer or readers. Nothing to do on PostgreSQL.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        if self.backend() == DbBackend::Sqlite {
            self.read.execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)").await?;
        }
        Ok(())
    }
}
