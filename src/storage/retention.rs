//! Retention: deletes old rows in small batches, so that neither the writer nor readers wait for long.

use std::time::Duration;

use sea_orm::{DbBackend, FromQueryResult};
use uuid::Uuid;

use crate::{
    domain::{id::EventId, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        batch_insert::{for_ids, marks, sizes, statement},
        events::EventKey,
        executor::Sql,
        stats::hour,
        uuid_time::oldest_id_of,
    },
};

/// Rows per batch.
const STEP: i64 = 500;

/// The maximum time between the creation of an event's id, on receipt, and of its deliveries' ids, when they are stored.
pub const TOGETHER: Duration = Duration::from_secs(600);

/// The kinds of rows that are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// Callbacks.
    Callbacks,
    /// Finished deliveries.
    Deliveries,
    /// Events without unfinished deliveries, and their keys.
    Events,
    /// Hourly statistics.
    Stats,
    /// Expired sessions.
    Sessions,
    /// Counters of sign-in attempts.
    SignInLimits,
}

impl Forgotten {
    /// All kinds, in the order in which they must be deleted.
    pub const ALL: [Self; 6] = [
        Self::Callbacks,
        Self::Deliveries,
        Self::Events,
        Self::Stats,
        Self::Sessions,
        Self::SignInLimits,
    ];
}

impl Store {
    /// Deletes one batch of rows older than `before`. Returns whether there may be more.
    pub async fn forget(&self, what: Forgotten, before: Timestamp) -> Result<bool, StoreError> {
        let older = oldest_id_of(before);
        let (sql, before): (&str, sea_orm::Value) = match what {
            Forgotten::Callbacks => (
                "DELETE FROM callbacks WHERE id IN (SELECT id FROM callbacks WHERE id < ? ORDER BY id LIMIT ?)",
                older.into(),
            ),
            Forgotten::Deliveries => (
                "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE id < ? \
                 AND state NOT IN ('pending', 'sending') ORDER BY id LIMIT ?)",
                older.into(),
            ),
            Forgotten::Events => return self.forget_events(before).await,
            Forgotten::Stats => return self.forget_stats(before).await,
            Forgotten::Sessions => return self.forget_sessions(Timestamp::now(), before, STEP).await,
            Forgotten::SignInLimits => return self.forget_limits(before, STEP).await,
        };
        let gone = self.execute(sql, [before, STEP.into()]).await?;
        Ok(gone >= STEP.unsigned_abs())
    }

    /// Deletes events without unfinished deliveries. Finished deliveries of that age are already deleted, so the subquery on the ids of
    /// deliveries finds few rows and needs no index on the event.
    async fn forget_events(&self, before: Timestamp) -> Result<bool, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            id: Uuid,
            source: String,
            ce_id: String,
        }
        let sql = "SELECT id, source, ce_id FROM events WHERE id < ? AND id NOT IN (\
                   SELECT event_id FROM deliveries WHERE id < ? AND state IN ('pending', 'sending')) ORDER BY id LIMIT ?";
        let values = [oldest_id_of(before).into(), oldest_id_of(before.plus(TOGETHER)).into(), STEP.into()];
        let transaction = self.begin().await?;
        let rows = Row::find_by_statement(statement(self.backend(), sql, values))
            .all(&transaction)
            .await?;
        let mut left = rows.as_slice();
        for size in sizes(rows.len()) {
            let (events, rest) = left.split_at(size);
            left = rest;
            let keys = events.iter().flat_map(|row| {
                let former = EventKey::of_former(&row.ce_id, EventId(row.id));
                [EventKey::of(&row.source, &row.ce_id), former]
            });
            let keys = keys.map(|key| key.as_bytes().to_vec().into());
            // The key may belong to a newer event by now.
            let sql = format!(
                "DELETE FROM event_keys WHERE key IN {} AND event_id IN {}",
                marks(2 * size),
                marks(size)
            );
            let values: Vec<sea_orm::Value> = keys.chain(events.iter().map(|row| row.id.into())).collect();
            transaction.run(statement(self.backend(), &sql, values)).await?;
        }
        let deleted = for_ids(&transaction, "DELETE FROM events WHERE id IN", &[], rows.iter().map(|row| row.id)).await?;
        transaction.commit().await?;
        Ok(deleted >= STEP.unsigned_abs())
    }

    async fn forget_stats(&self, before: Timestamp) -> Result<bool, StoreError> {
        let which = match self.backend() {
            DbBackend::Postgres => "ctid IN (SELECT ctid FROM webhook_stats WHERE hour < ? LIMIT ?)",
            _ => "(webhook_id, hour, latency) IN (SELECT webhook_id, hour, latency FROM webhook_stats WHERE hour < ? LIMIT ?)",
        };
        let gone = self
            .execute(
                &format!("DELETE FROM webhook_stats WHERE {which}"),
                [hour(before).into(), STEP.into()],
            )
            .await?;
        Ok(gone >= STEP.unsigned_abs())
    }
}
