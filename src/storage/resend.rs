//! Manual deliveries: redelivery of one callback, recovery of all failed deliveries, and test events.

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
        batch_insert::for_ids,
        change_notifications,
        entity::webhook,
        events::{EventKey, NewEvent},
        journal::{NewDelivery, add_deliveries, add_events, add_keys},
        new_id,
        ordering::{self, LockedBatch},
        priority::Priority,
        raw_sql::statement,
    },
};

/// Rows per transaction of a recovery. Between the transactions other writers can get the lock.
const BATCH: i64 = 1_000;

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
    pub async fn redeliver(
        &self,
        by: &Actor,
        callback: CallbackId,
        delivery: DeliveryId,
        now: Timestamp,
    ) -> Result<Redelivery, StoreError> {
        #[derive(FromQueryResult)]
        struct ChangedRow {
            state: String,
            webhook_id: Uuid,
        }
        // Priority 0 is `Priority::Manual`.
        let sql = "UPDATE deliveries SET manual_requests = manual_requests + 1, next_trigger = 'manual', priority = 0, updated_at = ?, \
                   reason = NULL, max_attempts = CASE WHEN state IN ('pending', 'parked', 'sending') THEN max_attempts ELSE attempts + 1 END, \
                   due_at = CASE WHEN state = 'sending' THEN due_at ELSE ? END, \
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
            now,
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

    /// Queues all deliveries of a webhook again that failed for good or are held and were created in this time range. Returns their number.
    /// Each starts again with a full retry schedule, in the order of creation. The first one gets priority and ignores pauses of the
    /// webhook (such as an open circuit breaker): if the receiver accepts it, the others follow. The request is written to the audit log in
    /// the first transaction.
    pub async fn recover(&self, by: &Actor, webhook: WebhookId, since: Timestamp, until: Timestamp) -> Result<u64, StoreError> {
        // The oldest of both states first, because deliveries of a subject must be sent in order.
        let some = |state| {
            format!(
                "SELECT * FROM (SELECT id, order_key, created_at FROM deliveries WHERE state = '{state}' AND webhook_id = ? \
                 AND created_at >= ? AND created_at < ? ORDER BY created_at, id LIMIT ?) AS {state}"
            )
        };
        let which = format!(
            "SELECT id, order_key FROM ({} UNION ALL {}) AS ended ORDER BY created_at, id LIMIT ?",
            some(DeliveryState::Failed),
            some(DeliveryState::Held)
        );
        // Deliveries without an ordering key are due at once. Of the others, the first one of each subject is, and the rest is parked.
        let set = "UPDATE deliveries SET state = CASE WHEN order_key IS NULL THEN 'pending' ELSE 'parked' END, next_trigger = 'manual', \
                   retries = 0, max_attempts = NULL, manual_requests = 0, panics = 0, priority = 1, reason = NULL, updated_at = ?, \
                   due_at = CASE WHEN order_key IS NULL THEN ? ELSE NULL END WHERE state IN ('failed', 'held') AND id IN";
        let (mut all, mut is_audited) = (0, false);
        loop {
            let now = Timestamp::now();
            let range: [sea_orm::Value; 4] = [webhook.0.into(), since.0.into(), until.0.into(), BATCH.into()];
            let values = range.clone().into_iter().chain(range).chain([BATCH.into()]);
            let transaction = self.begin().await?;
            let batch = LockedBatch::find_and_lock(&transaction, webhook, statement(self.backend(), &which, values)).await?;
            all += for_ids(&transaction, set, &[now.0.into(), now.0.into()], batch.ids.iter().copied()).await?;
            ordering::promote_next(&transaction, &batch.subjects, now).await?;
            if !is_audited {
                let first = "UPDATE deliveries SET manual_requests = 1, priority = 0, due_at = ? WHERE state = 'pending' AND id IN";
                for_ids(&transaction, first, &[now.0.into()], batch.ids.iter().copied().take(1)).await?;
                let request = json!({ "since": since, "until": until });
                audit_request(&transaction, by, AuditAction::WebhookRecovered, webhook, request, now).await?;
                is_audited = true;
            }
            change_notifications::tell(&transaction, "pending").await?;
            transaction.commit().await?;
            if (batch.ids.len() as u64) < BATCH.unsigned_abs() {
                break;
            }
        }
        Ok(all)
    }

    /// Stores an event for one webhook only, to be sent once without retries: a test.
    pub async fn add_test(&self, by: &Actor, node: NodeId, webhook: WebhookId, event: &NewEvent) -> Result<DeliveryId, StoreError> {
        let now = Timestamp::now();
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
        add_keys(&transaction, &[(&key, event, 1)], now).await?;
        add_events(&transaction, &[event], now).await?;
        add_deliveries(&transaction, node, &[delivery], now).await?;
        let sent = json!({ "event": event.event_type, "delivery": id });
        audit_request(&transaction, by, AuditAction::WebhookTested, webhook, sent, now).await?;
        change_notifications::tell(&transaction, "pending").await?;
        transaction.commit().await?;
        Ok(id)
    }
}

/// Writes an audit entry about a manual delivery.
async fn audit_request(
    on: &impl ConnectionTrait,
    by: &Actor,
    action: AuditAction,
    webhook: WebhookId,
    request: Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = webhook::Entity::find_by_id(webhook.0).one(on).await?;
    let name = row.map_or_else(String::new, |row| row.name);
    audit::add(on, by, Entry::of_webhook(action, webhook, &name).after(request), now).await
}
