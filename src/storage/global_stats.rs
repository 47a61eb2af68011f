//! Hourly statistics of all webhooks together. They are rows of the same table, with ids that no webhook has (those are UUIDv7), and are
//! written by the same statement. That costs one more row per group, and makes scans of all webhooks unnecessary.

use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::{
    domain::{
        id::{NodeId, UserId},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        batch_insert::{marks, statement},
        callback_counts::Figure,
        stats::{hour, hour_begins},
        webhooks::OWNED,
    },
};

/// Number of such ids. Nodes are distributed over them, so that their transactions seldom wait for the same row.
const SHARES: u8 = 16;

/// The id under which a node adds to the totals.
pub(super) fn total_of(node: NodeId) -> Uuid {
    let [.., last] = node.0.into_bytes();
    share(last % SHARES)
}

const fn share(number: u8) -> Uuid {
    Uuid::from_u128(number as u128)
}

impl Store {
    /// The hourly sums since `from`, of an owner's webhooks or of all webhooks including deleted ones. Oldest first.
    pub async fn totals(&self, owner: Option<UserId>, from: Timestamp) -> Result<Vec<Figure>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            hour: i64,
            succeeded: i64,
            failed: i64,
        }
        let (whose, ids): (_, Vec<Uuid>) = match owner {
            Some(owner) => (OWNED.to_owned(), vec![owner.0]),
            None => (marks(SHARES.into()), (0..SHARES).map(share).collect()),
        };
        let sql = format!(
            "SELECT hour, CAST(SUM(succeeded) AS BIGINT) AS succeeded, CAST(SUM(failed) AS BIGINT) AS failed FROM webhook_stats \
             WHERE webhook_id IN {whose} AND hour >= ? GROUP BY hour ORDER BY hour"
        );
        let values = ids.into_iter().map(sea_orm::Value::from).chain([hour(from).into()]);
        let rows = Row::find_by_statement(statement(self.backend(), &sql, values))
            .all(&self.read)
            .await?;
        let figure = |row: Row| Figure {
            at: hour_begins(row.hour),
            succeeded: row.succeeded,
            failed: row.failed,
        };
        Ok(rows.into_iter().map(figure).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::new_id;

    #[test]
    fn sums_stand_under_few_ids_that_no_webhook_has() {
        let all: Vec<Uuid> = (0..SHARES).map(share).collect();
        for _ in 0..100 {
            assert!(all.contains(&total_of(new_id())));
        }
        assert!(all.iter().all(|id| *id < new_id::<NodeId>().0));
    }
}
