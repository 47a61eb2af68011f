//! Hourly figures of all webhooks together. They stand among those of the webhooks, under ids that no webhook has (those are UUIDv7), and
//! are written by the same statement: it costs a row a group, and no scan when somebody asks.

use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::{
    domain::{
        id::{NodeId, UserId},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        bulk::{marks, statement},
        figures::Figure,
        stats::{hour, hour_begins},
        webhooks::OWNED,
    },
};

/// Nodes share so many ids: the results of one do not wait for a row of another's.
const SHARES: u8 = 16;

/// The id under which a node adds to the sums.
pub(super) fn total_of(node: NodeId) -> Uuid {
    let [.., last] = node.0.into_bytes();
    share(last % SHARES)
}

const fn share(number: u8) -> Uuid {
    Uuid::from_u128(number as u128)
}

impl Store {
    /// The figures of the hours since this one: of the webhooks of an owner, or of all that there ever were. Oldest first.
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
