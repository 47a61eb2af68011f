//! The list of webhooks.

use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

use crate::{
    domain::{
        event_type::EventType,
        id::{UserId, WebhookId},
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        entity::{webhook, webhook_event, webhook_owner},
        keyset::newest_first,
        search::found_in,
        webhooks::WebhookRecord,
    },
};

/// The filter of the webhook list.
#[derive(Clone, Debug, Default)]
pub struct WebhookFilter {
    /// A part of the name, URL or description; case-insensitive.
    pub q: Option<String>,
    /// Only webhooks that are subscribed to this event type, by its name or by a pattern.
    pub event: Option<EventType>,
    /// Only enabled, or only disabled webhooks.
    pub enabled: Option<bool>,
    /// Only webhooks of this owner.
    pub owner: Option<UserId>,
}

impl Store {
    /// A page of webhooks, newest first.
    pub async fn webhooks(&self, filter: &WebhookFilter, after: Option<Cursor>, limit: u64) -> Result<Page<WebhookRecord>, StoreError> {
        let found = filtered(filter, self.backend());
        let columns = (webhook::Column::CreatedAt, webhook::Column::Id);
        let page = newest_first(&self.read, found, columns, after, limit, |row| Cursor {
            at: Timestamp(row.created_at),
            id: row.id,
        });
        let page = page.await?;
        Ok(Page {
            items: self.complete(&self.read, page.items).await?,
            next: page.next,
        })
    }

    /// The webhook of an owner who owns exactly one.
    pub async fn only_webhook_of(&self, owner: UserId) -> Result<Option<WebhookId>, StoreError> {
        let filter = WebhookFilter {
            owner: Some(owner),
            ..WebhookFilter::default()
        };
        let ids = filtered(&filter, self.backend()).select_only().column(webhook::Column::Id).limit(2);
        let ids: Vec<Uuid> = ids.into_tuple().all(&self.read).await?;
        Ok(match ids.as_slice() {
            [only] => Some(WebhookId(*only)),
            _ => None,
        })
    }
}

/// The webhooks that match a filter, unsorted.
pub(super) fn filtered(filter: &WebhookFilter, backend: DbBackend) -> Select<webhook::Entity> {
    let mut found = webhook::Entity::find().filter(webhook::Column::DeletedAt.is_null());
    if let Some(q) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        found = found.filter(found_in("search", q, backend));
    }
    if let Some(event) = &filter.event {
        let subscribed = webhook_event::Entity::find().select_only().column(webhook_event::Column::WebhookId);
        let subscribed = subscribed
            .filter(webhook_event::Column::EventType.is_in(event.patterns()))
            .into_query();
        found = found.filter(webhook::Column::Id.in_subquery(subscribed));
    }
    if let Some(owner) = filter.owner {
        let owned = webhook_owner::Entity::find().select_only().column(webhook_owner::Column::WebhookId);
        let owned = owned.filter(webhook_owner::Column::UserId.eq(owner.0)).into_query();
        found = found.filter(webhook::Column::Id.in_subquery(owned));
    }
    if let Some(enabled) = filter.enabled {
        found = found.filter(webhook::Column::Enabled.eq(enabled));
    }
    found
}
