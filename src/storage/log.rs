//! Reads the log of a webhook or of all: pages in both directions, and new callbacks. The conditions are written so that indexes alone can answer
//! them.

mod all;
mod by_kind;
mod condition;
pub mod feed;

use sea_orm::{FromQueryResult, Value};
use uuid::Uuid;

pub(super) use self::condition::Condition;
use crate::{
    domain::{
        id::{CallbackId, DeliveryId, WebhookId},
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        callbacks::{CALLBACK_COLUMNS, CallbackRecord, CallbackRow, LogFilter},
        raw_sql::statement,
    },
};

/// The maximum number of new callbacks that are counted.
pub const NEWS_MAX: usize = 1_000;

/// The position of a log page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogCursor {
    /// The newest page.
    #[default]
    Newest,
    /// The rows older than this one.
    After(Cursor),
    /// The rows newer than this one.
    Before(Cursor),
}

/// Where the rows of a page begin within a time range, and their order.
struct Place {
    /// Excludes the row of the cursor, and those beyond it that began in the same millisecond.
    condition: Condition,
    order: Order,
}

/// The order of the rows of a page, by date and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    NewestFirst,
    OldestFirst,
}

impl Place {
    fn of(position: LogCursor) -> Self {
        let mut condition = Condition::default();
        let order = match position {
            LogCursor::Newest => Order::NewestFirst,
            LogCursor::After(Cursor { at, id }) => {
                condition.and("(callback_date < ? OR id < ?)", [at.0.into(), id.into()]);
                Order::NewestFirst
            }
            LogCursor::Before(Cursor { at, id }) => {
                condition.and("(callback_date > ? OR id > ?)", [at.0.into(), id.into()]);
                Order::OldestFirst
            }
        };
        Self { condition, order }
    }

    fn is_newest_first(&self) -> bool {
        self.order == Order::NewestFirst
    }

    const fn direction(&self) -> &'static str {
        match self.order {
            Order::NewestFirst => "DESC",
            Order::OldestFirst => "ASC",
        }
    }
}

/// A page of the log, newest first.
#[derive(Clone, Debug, Default)]
pub struct LogPage {
    /// The rows.
    pub rows: Vec<CallbackRecord>,
    /// The cursor of the page of newer rows, or `None` on the newest page.
    pub newer: Option<Cursor>,
    /// The cursor of the page of older rows, or `None` on the last page.
    pub older: Option<Cursor>,
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
        let position = after.map_or(LogCursor::Newest, LogCursor::After);
        let found = self.rows_at(webhook, filter, position, limit.saturating_add(1)).await?;
        Ok(Page::of(found, limit, cursor))
    }

    /// A page of a webhook's log, with cursors in both directions. If fewer rows than a page are newer than the cursor, the result is the
    /// newest page.
    pub async fn log_page(&self, webhook: WebhookId, filter: &LogFilter, position: LogCursor, limit: u64) -> Result<LogPage, StoreError> {
        let limit_rows = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut rows = self.rows_at(webhook, filter, position, limit.saturating_add(1)).await?;
        let more = rows.len() > limit_rows;
        match position {
            LogCursor::Before(_) if rows.len() < limit_rows => {
                let top = self.callbacks(webhook, filter, None, limit).await?;
                Ok(LogPage {
                    rows: top.items,
                    newer: None,
                    older: top.next,
                })
            }
            LogCursor::Before(_) => {
                rows.truncate(limit_rows);
                rows.reverse();
                Ok(LogPage {
                    newer: rows.first().filter(|_| more).map(cursor),
                    older: rows.last().map(cursor),
                    rows,
                })
            }
            LogCursor::Newest | LogCursor::After(_) => {
                rows.truncate(limit_rows);
                Ok(LogPage {
                    newer: rows.first().filter(|_| position != LogCursor::Newest).map(cursor),
                    older: rows.last().filter(|_| more).map(cursor),
                    rows,
                })
            }
        }
    }

    /// The rows next to a position, nearest first.
    async fn rows_at(
        &self,
        webhook: WebhookId,
        filter: &LogFilter,
        position: LogCursor,
        limit: u64,
    ) -> Result<Vec<CallbackRecord>, StoreError> {
        // At most one bound per side: with two, SQLite may start the index scan at the wrong one.
        let (from, to) = match position {
            LogCursor::Newest => (filter.from, filter.to),
            LogCursor::After(Cursor { at, .. }) => {
                let below = Timestamp(at.0.saturating_add(1));
                (filter.from, Some(filter.to.map_or(below, |to| to.min(below))))
            }
            LogCursor::Before(Cursor { at, .. }) => (Some(filter.from.map_or(at, |from| from.max(at))), filter.to),
        };
        let (filter, place) = (
            &LogFilter {
                from,
                to,
                ..filter.clone()
            },
            Place::of(position),
        );
        if filter.is_by_kind() {
            return self.rows_by_kind(webhook, filter, &place, limit).await;
        }
        let mut all = Condition::range(webhook, filter);
        all.add_filter(filter);
        all.and(&place.condition.sql, place.condition.values.iter().cloned());
        let direction = place.direction();
        let sql = format!(
            "SELECT {CALLBACK_COLUMNS} FROM callbacks WHERE {} ORDER BY callback_date {direction}, id {direction} LIMIT ?",
            all.sql
        );
        all.values.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
        self.records(&sql, all.values).await
    }

    /// The attempts of a delivery, oldest first. If there are more than `limit`, the newest ones.
    pub async fn attempts(&self, delivery: DeliveryId, limit: u64) -> Result<Vec<CallbackRecord>, StoreError> {
        let sql = format!("SELECT {CALLBACK_COLUMNS} FROM callbacks WHERE delivery_id = ? ORDER BY attempt DESC LIMIT ?");
        let values = vec![delivery.0.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
        let mut attempts = self.records(&sql, values).await?;
        attempts.reverse();
        Ok(attempts)
    }

    /// Callbacks that match a condition, which may end with `ORDER BY` and `LIMIT`.
    pub(super) async fn callbacks_where(&self, condition: &str, values: Vec<Value>) -> Result<Vec<CallbackRecord>, StoreError> {
        self.records(&format!("SELECT {CALLBACK_COLUMNS} FROM callbacks WHERE {condition}"), values)
            .await
    }

    pub(super) async fn records(&self, sql: &str, values: Vec<Value>) -> Result<Vec<CallbackRecord>, StoreError> {
        let rows = CallbackRow::find_by_statement(statement(self.backend(), sql, values))
            .all(&self.read)
            .await?;
        rows.into_iter().map(CallbackRow::record).collect()
    }

    /// The callbacks that were logged after this one, newest attempt first, at most [`NEWS_MAX`]. Only attempts that started at `begun` or
    /// later are considered: a row is inserted when its attempt ends, so `begun` must be earlier than the start of any attempt that was
    /// still running.
    pub async fn logged_after(
        &self,
        webhook: WebhookId,
        filter: &LogFilter,
        after: CallbackId,
        begun: Timestamp,
    ) -> Result<Vec<CallbackId>, StoreError> {
        #[derive(FromQueryResult)]
        struct IdRow {
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
        all.add_filter(filter);
        all.and("id > ?", [after.0.into()]);
        let sql = format!(
            "SELECT id FROM callbacks WHERE {} ORDER BY callback_date DESC, id DESC LIMIT {NEWS_MAX}",
            all.sql
        );
        let found = IdRow::find_by_statement(statement(self.backend(), &sql, all.values))
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
