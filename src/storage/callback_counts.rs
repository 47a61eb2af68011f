//! Numbers of succeeded and failed callbacks in a time range. Whole hours come from sums that are updated as callbacks are logged,
//! everything else is counted from an index.

use sea_orm::{FromQueryResult, Value};

use crate::{
    domain::{id::WebhookId, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        callbacks::LogFilter,
        log::Condition,
        raw_sql::statement,
        stats::{hour, hour_begins},
    },
};

/// The maximum number of rows to count, which takes some tens of milliseconds.
const COUNTED_MAX: i64 = 100_000;

/// The callbacks in one unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The start of the unit.
    pub at: Timestamp,
    /// The number of callbacks that succeeded.
    pub succeeded: i64,
    /// The number of callbacks that failed.
    pub failed: i64,
}

/// The result of counting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Oldest first. Units without callbacks are omitted.
    pub figures: Vec<Figure>,
    /// Where the counted part begins, if the range has more rows than are counted.
    pub begins: Option<Timestamp>,
}

impl Store {
    /// Counts the callbacks that match a filter, in units of `unit_ms` milliseconds since 1970. Counts at most the newest 100,000 rows of
    /// the range.
    pub async fn count(&self, webhook: WebhookId, filter: &LogFilter, unit_ms: i64) -> Result<Counted, StoreError> {
        self.count_newest(webhook, filter, unit_ms, COUNTED_MAX).await
    }

    /// Like [`Self::count`], with the maximum number of rows as a parameter.
    pub(super) async fn count_newest(
        &self,
        webhook: WebhookId,
        filter: &LogFilter,
        unit_ms: i64,
        most: i64,
    ) -> Result<Counted, StoreError> {
        #[derive(FromQueryResult)]
        struct UnitRow {
            unit: i64,
            succeeded: i64,
            failed: i64,
            seen: i64,
        }
        let range = Condition::range(webhook, filter);
        let mut matching = Condition::default();
        matching.and("1 = 1", []);
        matching.add_filter(filter);
        // Only selects columns that are in the index, unless the filter needs the response's name.
        let response = if filter.needs_response_name() { ", response" } else { "" };
        let sql = format!(
            "SELECT callback_date / ? AS unit, \
             CAST(SUM(CASE WHEN {matching} AND status BETWEEN 200 AND 299 THEN 1 ELSE 0 END) AS BIGINT) AS succeeded, \
             CAST(SUM(CASE WHEN {matching} AND (status IS NULL OR status NOT BETWEEN 200 AND 299) THEN 1 ELSE 0 END) AS BIGINT) AS failed, \
             COUNT(*) AS seen \
             FROM (SELECT callback_date, status, event_type{response} FROM callbacks WHERE {range} ORDER BY callback_date DESC, id DESC LIMIT ?) AS newest \
             GROUP BY 1 ORDER BY 1",
            matching = matching.sql,
            range = range.sql,
        );
        let mut values: Vec<Value> = vec![unit_ms.into()];
        values.extend(matching.values.iter().cloned().chain(matching.values.iter().cloned()));
        values.extend(range.values);
        values.push(most.into());
        let mut rows = UnitRow::find_by_statement(statement(self.backend(), &sql, values))
            .all(&self.read)
            .await?;
        let is_cut = rows.iter().map(|row| row.seen).sum::<i64>() >= most;
        // The oldest unit may be counted only in part.
        if is_cut && rows.len() > 1 {
            rows.remove(0);
        }
        let begins = rows.first().filter(|_| is_cut).map(|row| Timestamp(row.unit * unit_ms));
        let figures = rows.into_iter().filter(|row| row.succeeded + row.failed > 0).map(|row| Figure {
            at: Timestamp(row.unit * unit_ms),
            succeeded: row.succeeded,
            failed: row.failed,
        });
        Ok(Counted {
            figures: figures.collect(),
            begins,
        })
    }

    /// The sums of whole hours, from `from` (inclusive) to `before` (exclusive).
    pub async fn hours(&self, webhook: WebhookId, from: Timestamp, before: Timestamp) -> Result<Vec<Figure>, StoreError> {
        #[derive(FromQueryResult)]
        struct HourRow {
            hour: i64,
            succeeded: i64,
            failed: i64,
        }
        let sql = "SELECT hour, CAST(SUM(succeeded) AS BIGINT) AS succeeded, CAST(SUM(failed) AS BIGINT) AS failed FROM webhook_stats \
                   WHERE webhook_id = ? AND hour >= ? AND hour < ? GROUP BY hour ORDER BY hour";
        let values = [webhook.0.into(), hour(from).into(), hour(before).into()];
        let rows = HourRow::find_by_statement(statement(self.backend(), sql, values))
            .all(&self.read)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| Figure {
                at: hour_begins(row.hour),
                succeeded: row.succeeded,
                failed: row.failed,
            })
            .collect())
    }
}
