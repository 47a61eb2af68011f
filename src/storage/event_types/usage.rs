//! How often the events of a type happen.

use std::collections::HashMap;

use sea_orm::{FromQueryResult, Value};

use crate::{
    domain::{event_type::EventType, timestamp::Timestamp},
    storage::{Store, StoreError, raw_sql::statement, uuid_time::oldest_id_of},
};

/// The maximum up to which the events of a type are counted. Counting more would take too long for a page with many types.
pub const COUNTED_MAX: u64 = 1_000;

/// Types per query: each has two parameters and a subquery.
const BATCH: usize = 100;

impl Store {
    /// The number of events of each of these types since a moment. [`COUNTED_MAX`] + 1 means "more". Types without events are left out.
    pub async fn events_since(&self, types: &[EventType], since: Timestamp) -> Result<HashMap<EventType, u64>, StoreError> {
        #[derive(FromQueryResult)]
        struct CountRow {
            at: i64,
            count: i64,
        }
        let oldest = oldest_id_of(since);
        let mut counts = HashMap::new();
        for some in types.chunks(BATCH) {
            let one = |at: usize| {
                let most = COUNTED_MAX + 1;
                format!(
                    "SELECT CAST({at} AS BIGINT) AS at, COUNT(*) AS count FROM \
                     (SELECT 1 AS one FROM events WHERE event_type = ? AND id >= ? LIMIT {most}) AS newest_{at}"
                )
            };
            let sql = (0..some.len()).map(one).collect::<Vec<_>>().join(" UNION ALL ");
            let values = some.iter().flat_map(|event_type| [Value::from(event_type.as_str()), oldest.into()]);
            let rows = CountRow::find_by_statement(statement(self.backend(), &sql, values))
                .all(&self.read)
                .await?;
            let found = rows.into_iter().filter(|row| row.count > 0);
            counts.extend(found.filter_map(|row| {
                let event_type = some.get(usize::try_from(row.at).ok()?)?;
                Some((event_type.clone(), row.count.unsigned_abs()))
            }));
        }
        Ok(counts)
    }
}
