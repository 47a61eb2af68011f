//! Manual deliveries: redelivery of one callback, and test events.

use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    domain::{
        audit::AuditAction,
        callback::Trigger,
        delivery::DeliveryState,
        id::{CallbackId, DeliveryId, NodeId, WebhookId},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        change_notifications,
        entity::webhook,
        events::{EventKey, NewEvent},
        journal::{NewDelivery, add_events, add_keys},
        new_id,
        partitions::Month,
        priority::Priority,
        raw_sql::statement,
    },
};

/// The result of a request to redeliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redelivery {
    /// The delivery is due now.
    Due,
    /// The delivery is being sent, and will be sent again afterwards.
    AfterCurrentAttempt,
    /// The delivery does not exist.
    Unknown,
}

impl Store {
    /// Requests another attempt of a callback's delivery, with priority over all scheduled deliveries. It replaces a pending retry. Each
    /// request leads to one attempt. If the delivery was already finished, the new attempt is not retried.
    pub async fn redeliver(&self, by: &Actor, callback: CallbackId, delivery: DeliveryId) -> Result<Redelivery, StoreError> {
        #[derive(FromQueryResult)]
        struct ChangedRow {
            state: String,
            webhook_id: Uuid,
        }
        let now = self.now();
        // Priority 0 is `Priority::Manual`. `updated_at` of a delivery that is being sent is the time of its claim.
        let sql = "UPDATE deliveries SET manual_requests = manual_requests + 1, next_trigger = 'manual', priority = 0, reason = NULL, \
                   max_attempts = CASE WHEN state IN ('pending', 'parked', 'sending') THEN max_attempts ELSE attempts + 1 END, \
                   due_at = CASE WHEN state = 'sending' THEN due_at ELSE ? END, \
                   updated_at = CASE WHEN state = 'sending' THEN updated_at ELSE ? END, \
                   state = CASE WHEN state = 'sending' THEN 'sending' ELSE 'pending' END WHERE id = ? RETURNING state, webhook_id";
        let values = [now.0.into(), now.0.into(), delivery.0.into()];
        let transaction = self.begin().await?;
        let row = ChangedRow::find_by_statement(statement(self.backend(), sql, values))
            .one(&transaction)
            .await?;
        let Some(row) = row else {
            return Ok(Redelivery::Unknown);
        };
        let request = json!({ "callback": callback, "delivery": delivery });
        audit_request(
            &transaction,
            by,
            AuditAction::WebhookRedelivered,
            WebhookId(row.webhook_id),
            request,
        )
        .await?;
        change_notifications::tell(&transaction, "pending").await?;
        transaction.commit().await?;
        Ok(if row.state == DeliveryState::Sending.as_str() {
            Redelivery::AfterCurrentAttempt
        } else {
            Redelivery::Due
        })
    }

    /// Stores an event for one webhook only, to be sent once without retries: a test.
    pub async fn add_test(&self, by: &Actor, node: NodeId, webhook: WebhookId, event: &NewEvent) -> Result<DeliveryId, StoreError> {
        match self.try_add_test(by, node, webhook, event).await {
            Err(error) if self.repairs_partitions(&error, [Month::of_id(event.id.0)]).await => {
                self.try_add_test(by, node, webhook, event).await
            }
            added => added,
        }
    }

    async fn try_add_test(&self, by: &Actor, node: NodeId, webhook: WebhookId, event: &NewEvent) -> Result<DeliveryId, StoreError> {
        let (received, now) = (Timestamp::now(), self.now());
        let delivery = NewDelivery {
            id: new_id(),
            event: event.id,
            webhook,
            state: DeliveryState::Pending,
            trigger: Trigger::Test,
            max_attempts: Some(1),
            priority: Priority::Manual,
            order: None,
            due: Some(now),
        };
        let id = delivery.id;
        let transaction = self.begin().await?;
        let key = EventKey::of(&event.source, &event.ce_id);
        add_keys(&transaction, &[(&key, event, 1)], received).await?;
        add_events(&transaction, node, &[event], &[delivery], received, now).await?;
        let sent = json!({ "event": event.event_type, "delivery": id });
        audit_request(&transaction, by, AuditAction::WebhookTested, webhook, sent).await?;
        change_notifications::tell(&transaction, "pending").await?;
        transaction.commit().await?;
        Ok(id)
    }
}

/// Writes an audit entry about a manual delivery.
pub(super) async fn audit_request(
    on: &impl ConnectionTrait,
    by: &Actor,
    action: AuditAction,
    webhook: WebhookId,
    request: Value,
) -> Result<(), StoreError> {
    let row = webhook::Entity::find_by_id(webhook.0).one(on).await?;
    let name = row.map_or_else(String::new, |row| row.name);
    audit::add(on, by, Entry::of_webhook(action, webhook, &name).after(request), Timestamp::now()).await
}
