//! The webhooks that are subscribed to an event type.

use std::collections::HashMap;

use sea_orm::{FromQueryResult, Order, QueryOrder, QuerySelect, sea_query::Expr};

use crate::{
    catalogue::EventType,
    domain::id::UserId,
    storage::{
        Store, StoreError,
        entity::webhook,
        raw_sql::statement,
        webhooks::{OWNED, WebhookFilter, WebhookRecord, list::filtered},
    },
};

impl Store {
    /// The number of subscribed webhooks per event type, either of one owner or of all. Deleted webhooks have no subscriptions.
    pub async fn subscription_counts(&self, owner: Option<UserId>) -> Result<HashMap<EventType, u64>, StoreError> {
        #[derive(FromQueryResult)]
        struct CountRow {
            event_type: String,
            count: i64,
        }
        let of_owner = owner.map_or_else(String::new, |_| format!("WHERE webhook_id IN {OWNED}"));
        let sql = format!("SELECT event_type, COUNT(*) AS count FROM webhook_events {of_owner} GROUP BY event_type");
        let values = owner.map(|owner| owner.0.into());
        let rows = CountRow::find_by_statement(statement(self.backend(), &sql, values))
            .all(&self.read)
            .await?;
        let count = |row: CountRow| {
            let event = row.event_type.parse().map_err(|_| StoreError::Corrupt(row.event_type.clone()))?;
            Ok((event, row.count.unsigned_abs()))
        };
        rows.into_iter().map(count).collect()
    }

    /// The first `rows` webhooks that match a filter, sorted by name.
    pub async fn first_by_name(&self, filter: &WebhookFilter, rows: u64) -> Result<Vec<WebhookRecord>, StoreError> {
        let by_name = filtered(filter, self.backend()).order_by(Expr::cust("lower(name)"), Order::Asc);
        let rows = by_name.order_by_asc(webhook::Column::Id).limit(rows).all(&self.read).await?;
        self.complete(&self.read, rows).await
    }
}
