//! Who hears of which event, remembered until a webhook changes.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult};
use uuid::Uuid;

use crate::{
    catalogue::EventType,
    domain::id::WebhookId,
    storage::{StoreError, bulk::statement},
};

/// Who hears of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subscription {
    pub(super) webhook: WebhookId,
    /// Whether it may be called.
    pub(super) enabled: bool,
    /// Whether events of one subject go out one after the other.
    pub(super) ordered: bool,
}

#[derive(Default)]
pub(super) struct Subscriptions {
    revision: Option<i64>,
    by_type: HashMap<EventType, Vec<Subscription>>,
}

impl Subscriptions {
    /// Reads them anew when a webhook changed since.
    pub(super) async fn refresh(&mut self, transaction: &DatabaseTransaction) -> Result<(), StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            event_type: String,
            webhook_id: Uuid,
            enabled: bool,
            ordered: bool,
        }
        let backend = transaction.get_database_backend();
        let revision = transaction
            .query_one_raw(statement(backend, "SELECT webhooks FROM revisions WHERE id = 1", []))
            .await?;
        let revision = revision.map(|row| row.try_get("", "webhooks")).transpose()?;
        if revision.is_some() && revision == self.revision {
            return Ok(());
        }
        let sql = "SELECT e.event_type, e.webhook_id, w.enabled, w.ordered FROM webhook_events e \
                   JOIN webhooks w ON w.id = e.webhook_id WHERE w.deleted_at IS NULL ORDER BY e.webhook_id";
        let rows = Row::find_by_statement(statement(backend, sql, [])).all(transaction).await?;
        self.by_type.clear();
        for row in rows {
            let event = row.event_type.parse().map_err(|_| StoreError::Corrupt(row.event_type.clone()))?;
            self.by_type.entry(event).or_default().push(Subscription {
                webhook: WebhookId(row.webhook_id),
                enabled: row.enabled,
                ordered: row.ordered,
            });
        }
        self.revision = revision;
        Ok(())
    }

    pub(super) fn of(&self, event: EventType) -> &[Subscription] {
        self.by_type.get(&event).map(Vec::as_slice).unwrap_or_default()
    }
}
