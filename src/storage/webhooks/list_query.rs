//! The console's list of webhooks: numbered pages, sorted by any column, with the statistics of the webhooks on the page only.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, DbBackend, FromQueryResult, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    domain::{
        callback::Outcome,
        id::WebhookId,
        list::{Direction, Sort},
        timestamp::Timestamp,
        webhook::Status,
    },
    storage::{
        Store, StoreError,
        entity::webhook,
        raw_sql::{marks, statement},
        stats::hour,
        webhooks::{STANDING, WebhookFilter, WebhookRecord, list::filtered},
    },
};

/// The parameters of a list page.
#[derive(Clone, Debug)]
pub struct ListPage {
    /// The filter.
    pub filter: WebhookFilter,
    /// Only webhooks with this status.
    pub status: Option<Status>,
    /// The column to sort by.
    pub sort: Sort,
    /// The sort direction.
    pub direction: Direction,
    /// The page number, from 1. A number after the last page means the last page.
    pub page: u64,
    /// Rows per page.
    pub rows: u64,
}

/// A page of the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its rows.
    pub rows: Vec<WebhookRecord>,
    /// The number of webhooks on all pages.
    pub total: u64,
    /// The page number, from 1.
    pub page: u64,
}

/// The newest callback of a webhook.
#[derive(Clone, Debug)]
pub struct Latest {
    /// Its outcome.
    pub outcome: Outcome,
    /// The status code, if there was a response.
    pub status: Option<u16>,
    /// The name of the response.
    pub response: String,
    /// When the attempt started.
    pub at: Timestamp,
}

/// The statistics of one hour: hours since 1970, succeeded callbacks, failed callbacks.
pub type HourCounts = (i64, u64, u64);

#[derive(FromQueryResult)]
struct LatestRow {
    webhook_id: Uuid,
    outcome: String,
    status: Option<i32>,
    response: String,
    callback_date: i64,
}

#[derive(FromQueryResult)]
struct HourRow {
    webhook_id: Uuid,
    hour: i64,
    succeeded: i64,
    failed: i64,
}

impl Store {
    /// Loads a page of the list.
    pub async fn list_page(&self, list: &ListPage) -> Result<Listed, StoreError> {
        let found = matching(&list.filter, list.status, self.backend());
        let all = ordered(found.clone(), list.sort, list.direction).limit(list.rows);
        let rows_of = async |page: u64| all.clone().offset((page - 1) * list.rows).all(&self.read).await;
        // When a text is searched for, both queries scan all webhooks. Running them concurrently halves the time.
        let wanted = list.page.clamp(1, u32::MAX.into());
        let (total, mut rows) = tokio::try_join!(found.count(&self.read), rows_of(wanted))?;
        let page = wanted.min(Ord::max(total.div_ceil(list.rows), 1));
        // A webhook may have been added between the two queries.
        if page != wanted || (rows.is_empty() && total > 0) {
            rows = rows_of(page).await?;
        }
        Ok(Listed {
            rows: self.complete(&self.read, rows).await?,
            total,
            page,
        })
    }

    /// The newest callback of each of these webhooks, if it has one.
    pub async fn latest_of(&self, webhooks: &[WebhookId]) -> Result<HashMap<WebhookId, Latest>, StoreError> {
        if webhooks.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = format!(
            "SELECT webhook_id, outcome, status, response, callback_date FROM callbacks WHERE id IN (SELECT (SELECT c.id FROM callbacks c \
             WHERE c.webhook_id = w.id ORDER BY c.callback_date DESC, c.id DESC LIMIT 1) FROM webhooks w WHERE w.id IN {})",
            marks(webhooks.len())
        );
        let values = webhooks.iter().map(|id| id.0.into());
        let rows = LatestRow::find_by_statement(statement(self.backend(), &sql, values))
            .all(&self.read)
            .await?;
        let latest = rows.into_iter().map(|row| {
            let latest = Latest {
                outcome: row.outcome.parse()?,
                status: row.status.and_then(|status| u16::try_from(status).ok()),
                response: row.response,
                at: Timestamp(row.callback_date),
            };
            Ok((WebhookId(row.webhook_id), latest))
        });
        latest.collect()
    }

    /// The hourly statistics of these webhooks since `from`.
    pub async fn hours_of(&self, webhooks: &[WebhookId], from: Timestamp) -> Result<HashMap<WebhookId, Vec<HourCounts>>, StoreError> {
        let mut hours: HashMap<WebhookId, Vec<HourCounts>> = HashMap::new();
        if webhooks.is_empty() {
            return Ok(hours);
        }
        let sql = format!(
            "SELECT webhook_id, hour, CAST(SUM(succeeded) AS BIGINT) AS succeeded, CAST(SUM(failed) AS BIGINT) AS failed FROM webhook_stats \
             WHERE webhook_id IN {} AND hour >= ? GROUP BY webhook_id, hour",
            marks(webhooks.len())
        );
        let values = webhooks.iter().map(|id| id.0.into()).chain([hour(from).into()]);
        for row in HourRow::find_by_statement(statement(self.backend(), &sql, values))
            .all(&self.read)
            .await?
        {
            let counts = (row.hour, row.succeeded.unsigned_abs(), row.failed.unsigned_abs());
            hours.entry(WebhookId(row.webhook_id)).or_default().push(counts);
        }
        Ok(hours)
    }
}

/// The webhooks that match a filter and have a status, unsorted.
pub(super) fn matching(filter: &WebhookFilter, status: Option<Status>, backend: DbBackend) -> Select<webhook::Entity> {
    let found = filtered(filter, backend);
    match status {
        Some(Status::Enabled) => found
            .filter(webhook::Column::Enabled.eq(true))
            .filter(webhook::Column::FailingSince.is_null()),
        Some(Status::Failing) => found
            .filter(webhook::Column::Enabled.eq(true))
            .filter(webhook::Column::FailingSince.is_not_null()),
        Some(Status::Disabled) => found.filter(webhook::Column::Enabled.eq(false)),
        None => found,
    }
}

/// SQL for the value by which a column is sorted. The expressions are the same as in the indexes (`migrations::m20261128_000001_initial::webhooks`).
pub(super) const fn sort_key(sort: Sort) -> &'static str {
    match sort {
        Sort::Name => "lower(name)",
        Sort::Url => "url",
        Sort::Description => "lower(substr(description, 1, 100))",
        Sort::Status => STANDING,
        Sort::Event => "first_event",
        // One search of an index per webhook. A column would have to be written with each result of each webhook.
        Sort::Last => "COALESCE((SELECT MAX(callback_date) FROM callbacks WHERE callbacks.webhook_id = webhooks.id), 0)",
    }
}

/// Sorts a query. The id makes the order unique.
pub(super) fn ordered(found: Select<webhook::Entity>, sort: Sort, direction: Direction) -> Select<webhook::Entity> {
    let order = match direction {
        Direction::Ascending => Order::Asc,
        Direction::Descending => Order::Desc,
    };
    found
        .order_by(Expr::cust(sort_key(sort)), order.clone())
        .order_by(webhook::Column::Id, order)
}
