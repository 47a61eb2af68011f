//! Hourly statistics of all webhooks together. Each hour has a few rows per shard, one for each latency bucket, and a node always adds to the
//! same shard. Reading the sums of all webhooks from `webhook_stats` would scan all of its rows.

use sea_orm::FromQueryResult;

use crate::{
    domain::{
        event_type::EventType,
        id::{NodeId, UserId},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        callback_counts::Figure,
        raw_sql::statement,
        stats::{HourlyCount, hour, hour_begins},
        webhooks::OWNED,
    },
};

/// Number of shards. Nodes are distributed over them, so that their transactions seldom wait for the same row.
const SHARDS: u8 = 16;

/// The callbacks of an event type in an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeFigure {
    /// The start of the hour.
    pub at: Timestamp,
    /// The event type.
    pub event_type: EventType,
    /// The number of callbacks, succeeded and failed.
    pub count: i64,
}

/// The shard to which a node adds.
pub(super) fn shard_of(node: NodeId) -> i16 {
    let [.., last] = node.0.into_bytes();
    (last % SHARDS).into()
}

impl Store {
    /// The hourly sums since `from`, of an owner's webhooks or of all webhooks including deleted ones. Oldest first.
    pub async fn totals(&self, owner: Option<UserId>, from: Timestamp) -> Result<Vec<Figure>, StoreError> {
        #[derive(FromQueryResult)]
        struct HourRow {
            hour: i64,
            succeeded: i64,
            failed: i64,
        }
        let (table, condition) = match owner {
            Some(_) => ("webhook_stats", format!("webhook_id IN {OWNED} AND hour >= ?")),
            // The shards are named, so that the primary key begins at the hour in each.
            None => ("stats_total", format!("{} AND hour >= ?", all_shards())),
        };
        let sql = format!(
            "SELECT hour, CAST(SUM(succeeded) AS BIGINT) AS succeeded, CAST(SUM(failed) AS BIGINT) AS failed FROM {table} \
             WHERE {condition} GROUP BY hour ORDER BY hour"
        );
        let values = owner.map(|owner| owner.0.into()).into_iter().chain([hour(from).into()]);
        let rows = HourRow::find_by_statement(statement(self.backend(), &sql, values))
            .all(&self.read)
            .await?;
        let counts = |row: HourRow| Figure {
            at: hour_begins(row.hour),
            succeeded: row.succeeded,
            failed: row.failed,
        };
        Ok(rows.into_iter().map(counts).collect())
    }

    /// The hourly statistics of all webhooks together, including deleted ones, oldest first.
    pub async fn total_stats(&self, from: Timestamp, to: Timestamp) -> Result<Vec<HourlyCount>, StoreError> {
        let sql = format!(
            "SELECT hour, latency, CAST(SUM(succeeded) AS BIGINT) AS succeeded, CAST(SUM(failed) AS BIGINT) AS failed FROM stats_total \
             WHERE {} AND hour >= ? AND hour <= ? GROUP BY hour, latency ORDER BY hour, latency",
            all_shards()
        );
        let values = [hour(from).into(), hour(to).into()];
        Ok(HourlyCount::find_by_statement(statement(self.backend(), &sql, values))
            .all(&self.read)
            .await?)
    }

    /// The hourly numbers of callbacks since `from` by event type, of all webhooks including deleted ones.
    pub async fn totals_by_type(&self, from: Timestamp) -> Result<Vec<TypeFigure>, StoreError> {
        #[derive(FromQueryResult)]
        struct TypeRow {
            hour: i64,
            event_type: String,
            callbacks: i64,
        }
        let sql = format!(
            "SELECT hour, event_type, CAST(SUM(callbacks) AS BIGINT) AS callbacks FROM event_type_stats \
             WHERE {} AND hour >= ? GROUP BY hour, event_type ORDER BY hour, event_type",
            all_shards()
        );
        let rows = TypeRow::find_by_statement(statement(self.backend(), &sql, [hour(from).into()]))
            .all(&self.read)
            .await?;
        let figure = |row: TypeRow| TypeFigure {
            at: hour_begins(row.hour),
            event_type: EventType::of_stored(&row.event_type),
            count: row.callbacks,
        };
        Ok(rows.into_iter().map(figure).collect())
    }
}

/// The condition that all shards meet.
fn all_shards() -> String {
    let shards: Vec<String> = (0..SHARDS).map(|shard| shard.to_string()).collect();
    format!("shard IN ({})", shards.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::new_id;

    #[test]
    fn a_node_always_adds_to_the_same_shard() {
        for _ in 0..100 {
            let node = new_id();
            assert!((0..i16::from(SHARDS)).contains(&shard_of(node)));
            assert_eq!(shard_of(node), shard_of(node));
        }
    }
}
