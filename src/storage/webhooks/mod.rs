//! Storage of webhooks. The row of a deleted webhook is kept as long as it has callbacks, but no query returns it.

mod audit_snapshot;
mod enabled;
mod endpoint;
mod fields;
mod list;
mod list_place;
mod list_query;
mod relations;
mod subscriptions;
mod switch_all;
mod write;

pub use self::{
    enabled::Switched,
    endpoint::{OpenTarget, Target},
    fields::{WebhookFields, WebhookRecord},
    list::WebhookFilter,
    list_place::ListPlace,
    list_query::{HourCounts, Latest, ListPage, Listed},
    subscriptions::SubscriptionCounts,
    switch_all::AllOf,
    write::{Changed, Deleted},
};

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::Expr};
use uuid::Uuid;

use self::fields::Related;
use crate::{
    domain::{
        event_type::EventPattern,
        headers::Header,
        id::{UserId, WebhookId},
        timestamp::Timestamp,
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
        let mut related: HashMap<Uuid, Related> = HashMap::new();
        let events = webhook_event::Entity::find().filter(webhook_event::Column::WebhookId.is_in(ids.clone()));
        for row in events.order_by_asc(webhook_event::Column::Position).all(on).await? {
            let event = EventPattern::of_stored(&row.event_type);
            related.entry(row.webhook_id).or_default().events.push(event);
        }
        let owners = webhook_owner::Entity::find().filter(webhook_owner::Column::WebhookId.is_in(ids.clone()));
        for row in owners.all(on).await? {
            related.entry(row.webhook_id).or_default().owners.push(UserId(row.user_id));
        }
        let headers = webhook_header::Entity::find().filter(webhook_header::Column::WebhookId.is_in(ids.clone()));
        for row in headers.order_by_asc(webhook_header::Column::Position).all(on).await? {
            let id = row.webhook_id;
            related.entry(id).or_default().headers.push(self.open_header(row)?);
        }
        let secrets = webhook_secret::Entity::find().filter(webhook_secret::Column::WebhookId.is_in(ids));
        for row in secrets.order_by_asc(webhook_secret::Column::CreatedAt).all(on).await? {
            related.entry(row.webhook_id).or_default().secret_created_at = Some(Timestamp(row.created_at));
        }
        let complete = rows.into_iter().map(|row| {
            let related = related.remove(&row.id).unwrap_or_default();
            WebhookRecord::of(row, related)
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
