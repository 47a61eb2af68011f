//! The console's list of webhooks: a page of it by number, ordered by any column, and the figures of the webhooks on that page alone.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, SimpleExpr},
};
use uuid::Uuid;

use crate::{
    catalogue::EventType,
    domain::{
        callback::Outcome,
        id::WebhookId,
        list::{Direction, Sort},
        timestamp::Timestamp,
        webhook::Status,
    },
    storage::{
        Store, StoreError,
        bulk::{marks, statement},
        entity::{webhook, webhook_event},
        stats::hour,
        webhooks::{STANDING, WebhookFilter, list::filtered},
    },
};

/// Which page of the list.
#[derive(Clone, Debug)]
pub struct ListPage {
    /// Which webhooks.
    pub filter: WebhookFilter,
    /// Only those that stand so.
    pub status: Option<Status>,
    /// By which column.
    pub sort: Sort,
    /// Which way.
    pub direction: Direction,
    /// Which page, from 1; past the last one it is the last one.
    pub page: u64,
    /// Rows on a page.
    pub rows: u64,
}

/// A page of the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its rows.
    pub rows: Vec<ListRow>,
    /// Webhooks on all pages.
    pub total: u64,
    /// The page's number, from 1.
    pub page: u64,
}

/// A row of the list.
#[derive(Clone, Debug)]
pub struct ListRow {
    /// Which.
    pub id: WebhookId,
    /// How people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where callbacks go.
    pub url: String,
    /// How it stands.
    pub status: Status,
    /// Why clearhook disabled it.
    pub disabled_reason: Option<String>,
    /// Since when it only fails.
    pub failing_since: Option<Timestamp>,
    /// The events it hears of, in the catalogue's order.
    pub events: Vec<EventType>,
}

/// The newest callback of a webhook.
#[derive(Clone, Debug)]
pub struct Latest {
    /// How it ended.
    pub outcome: Outcome,
    /// The status code, when there was an answer.
    pub status: Option<u16>,
    /// Its name.
    pub response: String,
    /// When the attempt began.
    pub at: Timestamp,
}

/// What happened in an hour: hours since 1970, successes, failures.
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
    /// A page of the list.
    pub async fn list_page(&self, asked: &ListPage) -> Result<Listed, StoreError> {
        let mut found = filtered(&asked.filter, self.backend());
        found = match asked.status {
            Some(Status::Enabled) => found
                .filter(webhook::Column::Enabled.eq(true))
                .filter(webhook::Column::FailingSince.is_null()),
            Some(Status::Failing) => found
                .filter(webhook::Column::Enabled.eq(true))
                .filter(webhook::Column::FailingSince.is_not_null()),
            Some(Status::Disabled) => found.filter(webhook::Column::Enabled.eq(false)),
            None => found,
        };
        let all = ordered(found.clone(), asked.sort, asked.direction).limit(asked.rows);
        let rows_of = async |page: u64| all.clone().offset((page - 1) * asked.rows).all(&self.read).await;
        // Both look at each webhook when a text is searched for: at the same time, they take half as long.
        let wanted = asked.page.clamp(1, u32::MAX.into());
        let (total, mut rows) = tokio::try_join!(found.count(&self.read), rows_of(wanted))?;
        let page = wanted.min(Ord::max(total.div_ceil(asked.rows), 1));
        // A webhook may have been added between the two looks.
        if page != wanted || (rows.is_empty() && total > 0) {
            rows = rows_of(page).await?;
        }
        let mut events = self.events_of(rows.iter().map(|row| row.id).collect()).await?;
        let rows = rows.into_iter().map(|row| ListRow {
            id: WebhookId(row.id),
            status: Status::of(row.enabled, row.failing_since.is_some()),
            name: row.name,
            description: row.description,
            url: row.url,
            disabled_reason: row.disabled_reason,
            failing_since: row.failing_since.map(Timestamp),
            events: events.remove(&row.id).unwrap_or_default(),
        });
        Ok(Listed {
            rows: rows.collect(),
            total,
            page,
        })
    }

    /// Whether there is any webhook that this filter's owner may see.
    pub async fn any_webhook(&self, filter: &WebhookFilter) -> Result<bool, StoreError> {
        let all = WebhookFilter {
            owner: filter.owner,
            ..WebhookFilter::default()
        };
        Ok(filtered(&all, self.backend()).limit(1).one(&self.read).await?.is_some())
    }

    /// The newest callback of each of these webhooks that made any.
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

    /// The hourly figures of these webhooks since `from`.
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

    async fn events_of(&self, webhooks: Vec<Uuid>) -> Result<HashMap<Uuid, Vec<EventType>>, StoreError> {
        let mut events: HashMap<Uuid, Vec<EventType>> = HashMap::new();
        let of_these = webhook_event::Entity::find().filter(webhook_event::Column::WebhookId.is_in(webhooks));
        for row in of_these.all(&self.read).await? {
            let event = row.event_type.parse().map_err(|_| StoreError::Corrupt(row.event_type.clone()))?;
            events.entry(row.webhook_id).or_default().push(event);
        }
        for events in events.values_mut() {
            events.sort();
        }
        Ok(events)
    }
}

/// The expressions are those of the indexes (`migrations::m20261128_000001_initial::webhooks`); the id makes the order whole.
fn ordered(found: Select<webhook::Entity>, sort: Sort, direction: Direction) -> Select<webhook::Entity> {
    let by: SimpleExpr = match sort {
        Sort::Name => Expr::cust("lower(name)"),
        Sort::Url => Expr::cust("url"),
        Sort::Description => Expr::cust("lower(substr(description, 1, 100))"),
        Sort::Status => Expr::cust(STANDING),
        Sort::Event => Expr::cust("first_event"),
    };
    let order = match direction {
        Direction::Ascending => Order::Asc,
        Direction::Descending => Order::Desc,
    };
    found.order_by(by, order.clone()).order_by(webhook::Column::Id, order)
}
