//! Figures over a range: whole hours from what is summed up as callbacks are logged, all else counted from an index.

use sea_orm::{FromQueryResult, Value};

use crate::{
    domain::{id::WebhookId, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        bulk::statement,
        callbacks::LogFilter,
        log::Condition,
        stats::{hour, hour_begins},
    },
};

/// Most rows that are looked at to count: some tens of milliseconds.
const COUNTED_MAX: i64 = 100_000;

/// What happened in one unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// When it began.
    pub at: Timestamp,
    /// How many callbacks succeeded.
    pub succeeded: i64,
    /// How many failed.
    pub failed: i64,
}

/// Counted figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Oldest first; units in which nothing happened are left out.
    pub figures: Vec<Figure>,
    /// Where counting ended before the range did, because there is too much in it.
    pub begins: Option<Timestamp>,
}

impl Store {
    /// Counts the callbacks that a filter shows, by units of so many milliseconds since 1970. Looks at the newest 100,000 of the range.
    pub async fn count(&self, webhook: WebhookId, filter: &LogFilter, unit_ms: i64) -> Result<Counted, StoreError> {
        self.count_newest(webhook, filter, unit_ms, COUNTED_MAX).await
    }

    /// The same, looking at so many.
    pub async fn count_newest(&self, webhook: WebhookId, filter: &LogFilter, unit_ms: i64, most: i64) -> Result<Counted, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            unit: i64,
            succeeded: i64,
            failed: i64,
            seen: i64,
        }
        let range = Condition::range(webhook, filter);
        let mut chosen = Condition::default();
        chosen.and("1 = 1", []);
        chosen.choose(filter);
        // Only columns that the indexes hold, unless the filter asks for a name.
        let response = if filter.asks_for_name() { ", response" } else { "" };
        let sql = format!(
            "SELECT callback_date / ? AS unit, \
             CAST(SUM(CASE WHEN {chosen} AND status BETWEEN 200 AND 299 THEN 1 ELSE 0 END) AS BIGINT) AS succeeded, \
             CAST(SUM(CASE WHEN {chosen} AND (status IS NULL OR status NOT BETWEEN 200 AND 299) THEN 1 ELSE 0 END) AS BIGINT) AS failed, \
             COUNT(*) AS seen \
             FROM (SELECT callback_date, status, event_type{response} FROM callbacks WHERE {range} ORDER BY callback_date DESC, id DESC LIMIT ?) AS newest \
             GROUP BY 1 ORDER BY 1",
            chosen = chosen.sql,
            range = range.sql,
        );
        let mut values: Vec<Value> = vec![unit_ms.into()];
        values.extend(chosen.values.iter().cloned().chain(chosen.values.iter().cloned()));
        values.extend(range.values);
        values.push(most.into());
        let mut rows = Row::find_by_statement(statement(self.backend(), &sql, values))
            .all(&self.read)
            .await?;
        let is_cut = rows.iter().map(|row| row.seen).sum::<i64>() >= most;
        // Of the oldest unit some rows may not have been looked at.
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

    /// The figures of whole hours: from this one, and before that one.
    pub async fn hours(&self, webhook: WebhookId, from: Timestamp, before: Timestamp) -> Result<Vec<Figure>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            hour: i64,
            succeeded: i64,
            failed: i64,
        }
        let sql = "SELECT hour, CAST(SUM(succeeded) AS BIGINT) AS succeeded, CAST(SUM(failed) AS BIGINT) AS failed FROM webhook_stats \
                   WHERE webhook_id = ? AND hour >= ? AND hour < ? GROUP BY hour ORDER BY hour";
        let values = [webhook.0.into(), hour(from).into(), hour(before).into()];
        let rows = Row::find_by_statement(statement(self.backend(), sql, values))
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
