//! The list of webhooks.

use sea_orm::{ColumnTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};

use crate::{
    catalogue::EventType,
    domain::{
        id::UserId,
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        entity::{webhook, webhook_event, webhook_owner},
        search::found_in,
        webhooks::WebhookRecord,
    },
};

/// The filter of the webhook list.
#[derive(Clone, Debug, Default)]
pub struct WebhookFilter {
    /// A part of the name, URL or description; case-insensitive.
    pub q: Option<String>,
    /// Only webhooks that are subscribed to this event type.
    pub event: Option<EventType>,
    /// Only enabled, or only disabled webhooks.
    pub enabled: Option<bool>,
    /// Only webhooks of this owner.
    pub owner: Option<UserId>,
}

impl Store {
    /// A page of webhooks, newest first.
    pub async fn webhooks(&self, filter: &WebhookFilter, after: Option<Cursor>, limit: u64) -> Result<Page<WebhookRecord>, StoreError> {
        let mut found = filtered(filter, self.backend());
        if let Some(after) = after {
            let older = webhook::Column::CreatedAt.lt(after.at.0);
            let same = webhook::Column::CreatedAt.eq(after.at.0).and(webhook::Column::Id.lt(after.id));
            found = found.filter(older.or(same));
        }
        let newest_first = found.order_by_desc(webhook::Column::CreatedAt).order_by_desc(webhook::Column::Id);
        let rows = newest_first.limit(limit.saturating_add(1)).all(&self.read).await?;
        let page = Page::of(rows, limit, |row| Cursor {
            at: Timestamp(row.created_at),
            id: row.id,
        });
        Ok(Page {
            items: self.complete(&self.read, page.items).await?,
            next: page.next,
        })
    }
}

/// The webhooks that match a filter, unsorted.
pub(super) fn filtered(filter: &WebhookFilter, backend: DbBackend) -> Select<webhook::Entity> {
    let mut found = webhook::Entity::find().filter(webhook::Column::DeletedAt.is_null());
    if let Some(q) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        found = found.filter(found_in("search", q, backend));
    }
    if let Some(event) = filter.event {
        let hears = webhook_event::Entity::find().select_only().column(webhook_event::Column::WebhookId);
        let hears = hears.filter(webhook_event::Column::EventType.eq(event.as_str())).into_query();
        found = found.filter(webhook::Column::Id.in_subquery(hears));
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
