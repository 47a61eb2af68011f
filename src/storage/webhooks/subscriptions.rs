//! The webhooks that are subscribed to an event type.

use std::collections::HashMap;

use sea_orm::{FromQueryResult, Order, QueryOrder, QuerySelect, sea_query::Expr};

use crate::{
    catalogue::EventType,
    domain::{
        id::{UserId, WebhookId},
        webhook::Status,
    },
    storage::{
        Store, StoreError,
        batch_insert::statement,
        entity::webhook,
        webhooks::{OWNED, WebhookFilter, list::filtered},
    },
};

/// A webhook that is subscribed to an event type.
#[derive(Clone, Debug)]
pub struct Hearing {
    /// Its id.
    pub id: WebhookId,
    /// Its name.
    pub name: String,
    /// The URL of the receiver.
    pub url: String,
    /// Its status.
    pub status: Status,
}

impl Store {
    /// The number of subscribed webhooks per event type, either of one owner or of all. Deleted webhooks have no subscriptions.
    pub async fn hearing(&self, owner: Option<UserId>) -> Result<HashMap<EventType, u64>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            event_type: String,
            count: i64,
        }
        let of_owner = owner.map_or_else(String::new, |_| format!("WHERE webhook_id IN {OWNED}"));
        let sql = format!("SELECT event_type, COUNT(*) AS count FROM webhook_events {of_owner} GROUP BY event_type");
        let values = owner.map(|owner| owner.0.into());
        let rows = Row::find_by_statement(statement(self.backend(), &sql, values))
            .all(&self.read)
            .await?;
        let count = |row: Row| {
            let event = row.event_type.parse().map_err(|_| StoreError::Corrupt(row.event_type.clone()))?;
            Ok((event, row.count.unsigned_abs()))
        };
        rows.into_iter().map(count).collect()
    }

    /// The first `rows` webhooks that match a filter, sorted by name.
    pub async fn first_by_name(&self, filter: &WebhookFilter, rows: u64) -> Result<Vec<Hearing>, StoreError> {
        let by_name = filtered(filter, self.backend()).order_by(Expr::cust("lower(name)"), Order::Asc);
        let rows = by_name.order_by_asc(webhook::Column::Id).limit(rows).all(&self.read).await?;
        let hearing = |row: webhook::Model| Hearing {
            id: WebhookId(row.id),
            name: row.name,
            url: row.url,
            status: Status::of(row.enabled, row.failing_since.is_some()),
        };
        Ok(rows.into_iter().map(hearing).collect())
    }
}
