//! Reading the log: pages in both directions, and what arrived since. Conditions are such that the indexes alone answer them.

mod condition;

use sea_orm::{FromQueryResult, Value};
use uuid::Uuid;

pub(super) use self::condition::Condition;
use crate::{
    domain::{
        id::{CallbackId, DeliveryId, EventId, WebhookId},
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        bulk::statement,
        callbacks::{CallbackRecord, LogFilter},
        entity::callback,
    },
};

/// The columns of a [`Row`]. Headers and bodies stay where they are.
const COLUMNS: &str =
    "id, delivery_id, event_id, webhook_id, event_type, url, callback_date, attempt, \"trigger\", outcome, status, response, duration_ms";
/// Most rows that are counted as new.
pub const NEWS_MAX: usize = 1_000;

/// Where a page of the log stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// At its top.
    #[default]
    Newest,
    /// Below this row.
    After(Cursor),
    /// Above this row.
    Before(Cursor),
}

/// A page of the log, newest first.
#[derive(Clone, Debug, Default)]
pub struct LogPage {
    /// Its rows.
    pub rows: Vec<CallbackRecord>,
    /// What the page above is before; `None` at the top.
    pub newer: Option<Cursor>,
    /// What the page below is after; `None` at the bottom.
    pub older: Option<Cursor>,
}

/// A row as the log shows it.
#[derive(FromQueryResult)]
pub(super) struct Row {
    id: Uuid,
    delivery_id: Uuid,
    event_id: Uuid,
    webhook_id: Uuid,
    event_type: String,
    url: String,
    callback_date: i64,
    attempt: i32,
    trigger: String,
    outcome: String,
    status: Option<i32>,
    response: String,
    duration_ms: i64,
}

impl From<&callback::Model> for Row {
    fn from(row: &callback::Model) -> Self {
        Self {
            id: row.id,
            delivery_id: row.delivery_id,
            event_id: row.event_id,
            webhook_id: row.webhook_id,
            event_type: row.event_type.clone(),
            url: row.url.clone(),
            callback_date: row.callback_date,
            attempt: row.attempt,
            trigger: row.trigger.clone(),
            outcome: row.outcome.clone(),
            status: row.status,
            response: row.response.clone(),
            duration_ms: row.duration_ms,
        }
    }
}

impl Row {
    pub(super) fn record(self) -> Result<CallbackRecord, StoreError> {
        Ok(CallbackRecord {
            id: CallbackId(self.id),
            delivery: DeliveryId(self.delivery_id),
            event: EventId(self.event_id),
            webhook: WebhookId(self.webhook_id),
            event_type: self.event_type.parse().map_err(|_| StoreError::Corrupt(self.event_type))?,
            url: self.url,
            at: Timestamp(self.callback_date),
            attempt: u32::try_from(self.attempt).unwrap_or(0),
            trigger: self.trigger.parse()?,
            outcome: self.outcome.parse()?,
            status: self.status.and_then(|status| u16::try_from(status).ok()),
            response: self.response,
            duration_ms: self.duration_ms,
        })
    }
}

impl Store {
    /// A page of a webhook's log, newest first.
    pub async fn callbacks(
        &self,
        webhook: WebhookId,
        filter: &LogFilter,
        after: Option<Cursor>,
        limit: u64,
    ) -> Result<Page<CallbackRecord>, StoreError> {
        let place = after.map_or(Place::Newest, Place::After);
        let found = self.rows(webhook, filter, place, limit.saturating_add(1)).await?;
        Ok(Page::of(found, limit, cursor))
    }

    /// A page of a webhook's log, with the ways up and down. A page above which less than a page is left begins at the top.
    pub async fn log_page(&self, webhook: WebhookId, filter: &LogFilter, place: Place, limit: u64) -> Result<LogPage, StoreError> {
        let limit_rows = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut rows = self.rows(webhook, filter, place, limit.saturating_add(1)).await?;
        let more = rows.len() > limit_rows;
        match place {
            Place::Before(_) if rows.len() < limit_rows => {
                let top = self.callbacks(webhook, filter, None, limit).await?;
                Ok(LogPage {
                    rows: top.items,
                    newer: None,
                    older: top.next,
                })
            }
            Place::Before(_) => {
                rows.truncate(limit_rows);
                rows.reverse();
                Ok(LogPage {
                    newer: rows.first().filter(|_| more).map(cursor),
                    older: rows.last().map(cursor),
                    rows,
                })
            }
            Place::Newest | Place::After(_) => {
                rows.truncate(limit_rows);
                Ok(LogPage {
                    newer: rows.first().filter(|_| place != Place::Newest).map(cursor),
                    older: rows.last().filter(|_| more).map(cursor),
                    rows,
                })
            }
        }
    }

    /// The rows next to a place, nearest first.
    async fn rows(&self, webhook: WebhookId, filter: &LogFilter, place: Place, limit: u64) -> Result<Vec<CallbackRecord>, StoreError> {
        // One bound on each side: of two, SQLite may begin at the wrong one.
        let (from, to) = match place {
            Place::Newest => (filter.from, filter.to),
            Place::After(Cursor { at, .. }) => {
                let below = Timestamp(at.0.saturating_add(1));
                (filter.from, Some(filter.to.map_or(below, |to| to.min(below))))
            }
            Place::Before(Cursor { at, .. }) => (Some(filter.from.map_or(at, |from| from.max(at))), filter.to),
        };
        let mut all = Condition::range(
            webhook,
            &LogFilter {
                from,
                to,
                ..filter.clone()
            },
        );
        all.choose(filter);
        let direction = match place {
            Place::Newest => "DESC",
            Place::After(Cursor { at, id }) => {
                all.and("(callback_date < ? OR id < ?)", [at.0.into(), id.into()]);
                "DESC"
            }
            Place::Before(Cursor { at, id }) => {
                all.and("(callback_date > ? OR id > ?)", [at.0.into(), id.into()]);
                "ASC"
            }
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM callbacks WHERE {} ORDER BY callback_date {direction}, id {direction} LIMIT ?",
            all.sql
        );
        all.values.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
        self.records(&sql, all.values).await
    }

    /// The attempts of a delivery, first to last; of very many the last ones.
    pub async fn attempts(&self, delivery: DeliveryId, limit: u64) -> Result<Vec<CallbackRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM callbacks WHERE delivery_id = ? ORDER BY attempt DESC LIMIT ?");
        let values = vec![delivery.0.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
        let mut attempts = self.records(&sql, values).await?;
        attempts.reverse();
        Ok(attempts)
    }

    /// Callbacks that meet a condition, which may end with an order and a limit.
    pub(super) async fn callbacks_where(&self, condition: &str, values: Vec<Value>) -> Result<Vec<CallbackRecord>, StoreError> {
        self.records(&format!("SELECT {COLUMNS} FROM callbacks WHERE {condition}"), values)
            .await
    }

    async fn records(&self, sql: &str, values: Vec<Value>) -> Result<Vec<CallbackRecord>, StoreError> {
        let rows = Row::find_by_statement(statement(self.backend(), sql, values))
            .all(&self.read)
            .await?;
        rows.into_iter().map(Row::record).collect()
    }

    /// Callbacks that were logged after this one, newest attempt first, [`NEWS_MAX`] at most. What is logged now began after `begun`:
    /// a row is logged when its attempt ends.
    pub async fn logged_after(
        &self,
        webhook: WebhookId,
        filter: &LogFilter,
        after: CallbackId,
        begun: Timestamp,
    ) -> Result<Vec<CallbackId>, StoreError> {
        #[derive(FromQueryResult)]
        struct Found {
            id: Uuid,
        }
        let from = filter.from.map_or(begun, |from| from.max(begun));
        let mut all = Condition::range(
            webhook,
            &LogFilter {
                from: Some(from),
                ..filter.clone()
            },
        );
        all.choose(filter);
        all.and("id > ?", [after.0.into()]);
        let sql = format!(
            "SELECT id FROM callbacks WHERE {} ORDER BY callback_date DESC, id DESC LIMIT {NEWS_MAX}",
            all.sql
        );
        let found = Found::find_by_statement(statement(self.backend(), &sql, all.values))
            .all(&self.read)
            .await?;
        Ok(found.into_iter().map(|found| CallbackId(found.id)).collect())
    }
}

fn cursor(record: &CallbackRecord) -> Cursor {
    Cursor {
        at: record.at,
        id: record.id.0,
    }
}
