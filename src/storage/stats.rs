//! Hourly statistics of each webhook: the number of succeeded and failed callbacks, by latency.

use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    domain::{id::WebhookId, timestamp::Timestamp},
    storage::{Store, StoreError, entity::webhook_stats, raw_sql::statement},
};

const HOUR_MS: i64 = 3_600_000;

/// A bucket of the latency histogram. There are four buckets per doubling, so that a value is accurate to about 20 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Latency(pub i32);

impl Latency {
    /// The bucket of a latency.
    pub fn of_ms(ms: i64) -> Self {
        // Beyond 2^52 ms precision does not matter.
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a scale of steps")]
        Self(((ms.max(1) as f64).log2() * 4.0).floor() as i32)
    }

    /// The upper bound of this bucket, in milliseconds.
    pub fn upper_ms(self) -> f64 {
        (f64::from(self.0 + 1) / 4.0).exp2()
    }
}

/// The callbacks of one hour in one latency bucket.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct HourlyCount {
    /// Hours since 1970.
    pub hour: i64,
    /// The bucket.
    pub latency: i32,
    /// The number of callbacks that succeeded.
    pub succeeded: i64,
    /// The number of callbacks that failed.
    pub failed: i64,
}

/// The hour of a time.
pub const fn hour(at: Timestamp) -> i64 {
    at.0.div_euclid(HOUR_MS)
}

/// The start of an hour.
pub const fn hour_begins(hour: i64) -> Timestamp {
    Timestamp(hour * HOUR_MS)
}

impl Store {
    /// The hourly statistics of a webhook, oldest first.
    pub async fn stats(&self, webhook: WebhookId, from: Timestamp, to: Timestamp) -> Result<Vec<HourlyCount>, StoreError> {
        let counts = webhook_stats::Entity::find()
            .select_only()
            .columns([
                webhook_stats::Column::Hour,
                webhook_stats::Column::Latency,
                webhook_stats::Column::Succeeded,
                webhook_stats::Column::Failed,
            ])
            .filter(webhook_stats::Column::WebhookId.eq(webhook.0))
            .filter(webhook_stats::Column::Hour.between(hour(from), hour(to)))
            .order_by_asc(webhook_stats::Column::Hour)
            .order_by_asc(webhook_stats::Column::Latency);
        Ok(counts.into_model().all(&self.read).await?)
    }

    /// The number of callbacks per latency bucket, from the hour of `from` (inclusive) to that of `before` (exclusive). Fastest first.
    pub async fn latencies(&self, webhook: WebhookId, from: Timestamp, before: Timestamp) -> Result<Vec<(Latency, i64)>, StoreError> {
        #[derive(FromQueryResult)]
        struct LatencyRow {
            latency: i32,
            count: i64,
        }
        let sql = "SELECT latency, CAST(SUM(succeeded + failed) AS BIGINT) AS count FROM webhook_stats \
                   WHERE webhook_id = ? AND hour >= ? AND hour < ? GROUP BY latency ORDER BY latency";
        let values = [webhook.0.into(), hour(from).into(), hour(before).into()];
        let rows = LatencyRow::find_by_statement(statement(self.backend(), sql, values))
            .all(&self.read)
            .await?;
        Ok(rows.into_iter().map(|row| (Latency(row.latency), row.count)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_is_within_its_bucket() {
        for ms in [1_i64, 2, 3, 7, 100, 1_000, 14_999] {
            let upper = Latency::of_ms(ms).upper_ms();
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let ms = ms as f64;
            assert!(upper >= ms && upper <= ms * 1.2, "{ms} {upper}");
        }
        assert_eq!(Latency::of_ms(0), Latency::of_ms(1));
    }
}
