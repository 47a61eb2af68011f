//! Storage of webhooks. The row of a deleted webhook is kept as long as it has callbacks, but no query returns it.

mod audit_snapshot;
mod enabled;
mod endpoint;
mod list;
mod list_query;
mod relations;
mod subscriptions;
mod write;

pub use self::{
    enabled::Switched,
    endpoint::{OpenTarget, Target},
    list::WebhookFilter,
    list_query::{HourCounts, Latest, ListPage, ListRow, Listed},
    subscriptions::Hearing,
    write::{Changed, WebhookFields},
};

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::Expr};
use uuid::Uuid;

use crate::{
    catalogue::EventType,
    domain::{
        headers::Header,
        id::{UserId, WebhookId},
        timestamp::Timestamp,
        webhook::RateLimit,
    },
    storage::{
        Store, StoreError,
        entity::{webhook, webhook_event, webhook_header, webhook_owner, webhook_secret},
    },
};

/// SQL for the ids of a user's webhooks. The user's id is a parameter.
pub(super) const OWNED: &str = "(SELECT webhook_id FROM webhook_owners WHERE user_id = ?)";

/// SQL for the sort order by status: failing, disabled, enabled. The text must be the same as in the index
/// (`migrations::m20261128_000001_initial::webhooks`).
pub(super) const STANDING: &str = "(CASE WHEN NOT enabled THEN 1 WHEN failing_since IS NULL THEN 2 ELSE 0 END)";

/// A stored webhook, without its secrets.
#[derive(Clone, Debug)]
pub struct WebhookRecord {
    /// Its id.
    pub id: WebhookId,
    /// Its name.
    pub name: String,
    /// What it is used for.
    pub description: String,
    /// The URL of the receiver.
    pub url: String,
    /// Whether callbacks are sent.
    pub enabled: bool,
    /// Why clearhook disabled it, if it did.
    pub disabled_reason: Option<String>,
    /// The time of the first failed attempt since the last success.
    pub failing_since: Option<Timestamp>,
    /// The rate limit, if there is one.
    pub rate: Option<RateLimit>,
    /// Whether events with the same subject are sent one after the other.
    pub ordered: bool,
    /// The subscribed event types, in the order of the catalogue.
    pub events: Vec<EventType>,
    /// The users who may see it, besides administrators.
    pub owners: Vec<UserId>,
    /// Headers that are added to every request.
    pub headers: Vec<Header>,
    /// When its newest secret was created.
    pub secret_created_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Store {
    /// Loads a webhook.
    pub async fn webhook(&self, id: WebhookId) -> Result<Option<WebhookRecord>, StoreError> {
        let row = webhook::Entity::find_by_id(id.0)
            .filter(webhook::Column::DeletedAt.is_null())
            .one(&self.read)
            .await?;
        Ok(self.complete(&self.read, row.into_iter().collect()).await?.pop())
    }

    /// Whether this user owns the webhook. `None` if it does not exist.
    pub async fn owns(&self, id: WebhookId, user: Option<UserId>) -> Result<Option<bool>, StoreError> {
        let owned = webhook_owner::Entity::find_by_id((id.0, user.map_or(Uuid::nil(), |user| user.0)));
        let there = webhook::Entity::find_by_id(id.0)
            .filter(webhook::Column::DeletedAt.is_null())
            .select_only()
            .expr_as(Expr::exists(owned.into_query()), "owns");
        Ok(there.into_tuple::<bool>().one(&self.read).await?)
    }

    /// Loads a webhook within a transaction and locks its row until the transaction ends.
    async fn webhook_within(&self, on: &impl ConnectionTrait, id: WebhookId) -> Result<Option<WebhookRecord>, StoreError> {
        let row = webhook::Entity::find_by_id(id.0)
            .filter(webhook::Column::DeletedAt.is_null())
            .lock_exclusive()
            .one(on)
            .await?;
        Ok(self.complete(on, row.into_iter().collect()).await?.pop())
    }

    /// Adds the related rows (events, owners, headers, secrets) with one query per table, however many webhooks there are.
    async fn complete(&self, on: &impl ConnectionTrait, rows: Vec<webhook::Model>) -> Result<Vec<WebhookRecord>, StoreError> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut events: HashMap<Uuid, Vec<EventType>> = HashMap::new();
        for row in webhook_event::Entity::find()
            .filter(webhook_event::Column::WebhookId.is_in(ids.clone()))
            .all(on)
            .await?
        {
            let event = row.event_type.parse().map_err(|_| StoreError::Corrupt(row.event_type.clone()))?;
            events.entry(row.webhook_id).or_default().push(event);
        }
        let mut owners: HashMap<Uuid, Vec<UserId>> = HashMap::new();
        for row in webhook_owner::Entity::find()
            .filter(webhook_owner::Column::WebhookId.is_in(ids.clone()))
            .all(on)
            .await?
        {
            owners.entry(row.webhook_id).or_default().push(UserId(row.user_id));
        }
        let mut headers: HashMap<Uuid, Vec<Header>> = HashMap::new();
        let of_these = webhook_header::Entity::find().filter(webhook_header::Column::WebhookId.is_in(ids.clone()));
        for row in of_these.order_by_asc(webhook_header::Column::Position).all(on).await? {
            headers.entry(row.webhook_id).or_default().push(self.open_header(row)?);
        }
        let mut secrets: HashMap<Uuid, Timestamp> = HashMap::new();
        let of_these = webhook_secret::Entity::find().filter(webhook_secret::Column::WebhookId.is_in(ids));
        for row in of_these.order_by_asc(webhook_secret::Column::CreatedAt).all(on).await? {
            secrets.insert(row.webhook_id, Timestamp(row.created_at));
        }
        let complete = rows.into_iter().map(|row| {
            let mut events = events.remove(&row.id).unwrap_or_default();
            events.sort();
            WebhookRecord {
                id: WebhookId(row.id),
                failing_since: row.failing_since.map(Timestamp),
                rate: rate_limit(&row),
                ordered: row.ordered,
                name: row.name,
                description: row.description,
                url: row.url,
                enabled: row.enabled,
                disabled_reason: row.disabled_reason,
                events,
                owners: owners.remove(&row.id).unwrap_or_default(),
                headers: headers.remove(&row.id).unwrap_or_default(),
                secret_created_at: secrets.remove(&row.id),
                created_at: Timestamp(row.created_at),
                updated_at: Timestamp(row.updated_at),
            }
        });
        Ok(complete.collect())
    }

    fn open_header(&self, row: webhook_header::Model) -> Result<Header, StoreError> {
        let value = self.vault.open(row.id, &row.value_encrypted)?;
        let value = String::from_utf8(value.to_vec()).map_err(|_| StoreError::Corrupt("a header value that is no text".to_owned()))?;
        Ok(Header {
            name: row.name,
            value,
            secret: row.secret,
        })
    }
}

fn rate_limit(row: &webhook::Model) -> Option<RateLimit> {
    let number = |value: Option<i32>| value.and_then(|value| u32::try_from(value).ok());
    Some(RateLimit {
        per_second: number(row.rate_limit)?,
        burst: number(row.rate_burst)?,
    })
}
