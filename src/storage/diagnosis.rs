//! Facts about a database that `clearhook doctor` reports.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend};
use uuid::Uuid;

use crate::{
    domain::timestamp::Timestamp,
    storage::{Store, StoreError, raw_sql::statement, uuid_time::made_at},
};

/// The largest SQLite file that is checked page by page, in bytes. Larger ones would take minutes; `clearhook backup` checks those.
pub const CHECKED_MAX: u64 = 1 << 30;

/// The result of SQLite's check of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileCheck {
    /// Nothing is wrong.
    Intact,
    /// The first error that was found.
    Damaged(String),
    /// The file is too large for this check, or the database is not a file.
    NotChecked,
}

impl Store {
    /// Checks the structure of the SQLite file.
    pub async fn check_pages(&self) -> Result<FileCheck, StoreError> {
        let Some(file) = &self.file else { return Ok(FileCheck::NotChecked) };
        let size = std::fs::metadata(file.path()).map_or(0, |found| found.len());
        if size > CHECKED_MAX {
            return Ok(FileCheck::NotChecked);
        }
        let row = self
            .read
            .query_one_raw(statement(DbBackend::Sqlite, "PRAGMA quick_check(1)", []))
            .await?;
        let found: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?;
        Ok(match found {
            Some(text) if text == "ok" => FileCheck::Intact,
            other => FileCheck::Damaged(other.unwrap_or_default()),
        })
    }

    /// When the newest event, callback or entry of the audit log was stored, by the clock of the machine that stored it.
    pub async fn newest_row(&self) -> Result<Option<Timestamp>, StoreError> {
        let mut newest = None;
        for table in ["events", "callbacks", "audit_log"] {
            let sql = format!("SELECT id FROM {table} ORDER BY id DESC LIMIT 1");
            if let Some(row) = self.read.query_one_raw(statement(self.backend(), &sql, [])).await? {
                let id: Uuid = row.try_get("", "id")?;
                newest = newest.max(Some(made_at(id)));
            }
        }
        Ok(newest)
    }

    /// How far the clock of the database's machine is ahead of this one, in milliseconds, and how long asking took, which bounds the error.
    /// `None` for SQLite, which has no clock of its own.
    pub async fn clock_lead(&self) -> Result<Option<(i64, Duration)>, StoreError> {
        if !self.is_shared() {
            return Ok(None);
        }
        let (began, since) = (Timestamp::now(), std::time::Instant::now());
        let now = self.database_time().await?;
        let took = since.elapsed();
        let half = i64::try_from(took.as_millis() / 2).unwrap_or_default();
        Ok(now.map(|now| (now.0 - began.0 - half, took)))
    }
}
