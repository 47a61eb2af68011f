//! Forgetting: rows that are too old go, few at a time, so that neither the writer nor a reader waits for it.

use std::time::Duration;

use sea_orm::DbBackend;

use crate::{
    domain::timestamp::Timestamp,
    storage::{Store, StoreError, age::oldest_id_of, stats::hour},
};

/// Rows of one step.
const STEP: i64 = 500;

/// An event has its id when it comes in and its deliveries theirs when they are stored, at most so much later.
pub const TOGETHER: Duration = Duration::from_secs(600);

/// What is forgotten, one kind a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// Rows of the log.
    Callbacks,
    /// Deliveries that are done.
    Deliveries,
    /// Events that nothing waits for.
    Events,
    /// Keys by which duplicates are known.
    Keys,
    /// Hourly figures.
    Stats,
    /// Sessions that have ended.
    Sessions,
    /// Counts of attempts to sign in.
    SignInLimits,
}

impl Forgotten {
    /// All, in the order in which they may go.
    pub const ALL: [Self; 7] = [
        Self::Callbacks,
        Self::Deliveries,
        Self::Events,
        Self::Keys,
        Self::Stats,
        Self::Sessions,
        Self::SignInLimits,
    ];
}

impl Store {
    /// Deletes up to a step's rows older than this; answers whether there may be more.
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
            Forgotten::Keys => (
                "DELETE FROM event_keys WHERE key IN (SELECT key FROM event_keys WHERE received_at < ? ORDER BY received_at LIMIT ?)",
                before.0.into(),
            ),
            Forgotten::Stats => return self.forget_stats(before).await,
            Forgotten::Sessions => return self.forget_sessions(Timestamp::now(), before, STEP).await,
            Forgotten::SignInLimits => return self.forget_limits(before, STEP).await,
        };
        let gone = self.execute(sql, [before, STEP.into()]).await?;
        Ok(gone >= STEP.unsigned_abs())
    }

    /// An event stays as long as a delivery of it is to be sent. Of deliveries as old as these only such are left, once the others are
    /// forgotten, so that reading them by their ids is quick without an index of events.
    async fn forget_events(&self, before: Timestamp) -> Result<bool, StoreError> {
        let sql = "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE id < ? AND id NOT IN (\
                   SELECT event_id FROM deliveries WHERE id < ? AND state IN ('pending', 'sending')) ORDER BY id LIMIT ?)";
        let values = [oldest_id_of(before).into(), oldest_id_of(before.plus(TOGETHER)).into(), STEP.into()];
        Ok(self.execute(sql, values).await? >= STEP.unsigned_abs())
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
