//! The subscriptions of all webhooks, cached until a webhook changes.

use std::collections::HashMap;

use crate::{
    catalogue::EventType,
    domain::id::WebhookId,
    storage::{StoreError, change_notifications, executor::Executor, raw_sql::statement},
};

/// A webhook that is subscribed to an event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subscription {
    pub(super) webhook: WebhookId,
    /// Whether the webhook is enabled.
    pub(super) enabled: bool,
    /// Whether events with the same subject are sent one after the other.
    pub(super) ordered: bool,
}

#[derive(Default)]
pub(super) struct Subscriptions {
    revision: Option<i64>,
    by_type: HashMap<EventType, Vec<Subscription>>,
}

impl Subscriptions {
    /// Reloads the subscriptions if a webhook has changed since the last load.
    pub(super) async fn refresh(&mut self, transaction: &impl Executor) -> Result<(), StoreError> {
        let backend = transaction.backend();
        let revision = change_notifications::read(transaction).await?;
        if revision.is_some() && revision == self.revision {
            return Ok(());
        }
        let sql = "SELECT e.event_type, e.webhook_id, w.enabled, w.ordered FROM webhook_events e \
                   JOIN webhooks w ON w.id = e.webhook_id WHERE w.deleted_at IS NULL ORDER BY e.webhook_id";
        let rows = transaction.rows(statement(backend, sql, [])).await?;
        self.by_type.clear();
        for row in rows {
            let name: String = row.get("event_type")?;
            let event = name.parse().map_err(|_| StoreError::Corrupt(name))?;
            self.by_type.entry(event).or_default().push(Subscription {
                webhook: WebhookId(row.get("webhook_id")?),
                enabled: row.get("enabled")?,
                ordered: row.get("ordered")?,
            });
        }
        self.revision = revision;
        Ok(())
    }

    pub(super) fn of(&self, event: EventType) -> &[Subscription] {
        self.by_type.get(&event).map(Vec::as_slice).unwrap_or_default()
    }
}
