//! The clock by which deliveries are due. On PostgreSQL it is that of the database, so that all nodes agree. On SQLite, which has one node, it is
//! the clock of that node.

use sea_orm::ConnectionTrait;
use tokio::time::Instant;

use crate::{
    domain::timestamp::Timestamp,
    storage::{Store, StoreError, database_clock::NOW, raw_sql::statement},
};

impl Store {
    /// The time that the clock of PostgreSQL shows. `None` if it answered nothing.
    pub(super) async fn database_time(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = format!("SELECT {NOW} AS now");
        let row = self.read.query_one_raw(statement(self.backend(), &sql, [])).await?;
        let now: Option<i64> = row.map(|row| row.try_get("", "now")).transpose()?;
        Ok(now.map(Timestamp))
    }

    /// Reads the clock of PostgreSQL, so that [`Self::now`] knows it.
    pub(super) async fn read_database_clock(&self) -> Result<(), StoreError> {
        let asked = Instant::now();
        if let Some(time) = self.database_time().await? {
            self.clock.note(time, asked);
        }
        Ok(())
    }

    /// The current time of the clock by which deliveries are due. On PostgreSQL it is read when the database is opened, and by each renewal of
    /// the lease.
    pub fn now(&self) -> Timestamp {
        self.clock.now().unwrap_or_else(Timestamp::now)
    }

    /// By how many milliseconds the clock of the database was changed, as far as this is not handled yet.
    pub fn database_clock_jump(&self) -> Option<i64> {
        Some(self.clock.jumped()).filter(|jump| *jump != 0)
    }

    /// Notes that a jump of the clock of the database is handled.
    pub fn handled_database_clock_jump(&self, jump: i64) {
        self.clock.handled(jump);
    }
}
