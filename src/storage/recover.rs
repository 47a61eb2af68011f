//! Sends failed and held deliveries again, discards held and waiting ones, and cancels single ones. Large amounts are changed in batches:
//! between their transactions other writers get the lock.

use sea_orm::{ConnectionTrait, EntityTrait, Value};
use serde_json::json;

use crate::{
    domain::{
        audit::AuditAction,
        delivery::DeliveryState,
        id::{DeliveryId, WebhookId},
        page::Cursor,
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        audit::Actor,
        batch_insert::for_ids,
        change_notifications,
        entity::delivery,
        ordering::{self, LockedBatch, OrderKey},
        raw_sql::statement,
        resend::audit_request,
    },
};

/// Rows per transaction.
const BATCH: i64 = 1_000;

/// Why a delivery is cancelled that somebody cancelled or discarded.
pub const CANCELLED: &str = "It was cancelled on request.";

/// Gives a delivery that is due priority over all others and over pauses of its webhook. Priority 0 is `Priority::Manual`. Its values are two times
/// the present moment.
const PUT_FIRST: &str = "UPDATE deliveries SET manual_requests = 1, priority = 0, due_at = ?, updated_at = ? WHERE state = 'pending'";

/// The statement, without the choice of rows, that queues deliveries in these states again. Its values are two times the present moment.
/// A test event is sent once, also again: it is what has one attempt. Deliveries without an ordering key are due at once. The others are parked until it is their subject's turn.
fn queue_again(states: &[DeliveryState]) -> String {
    let states: Vec<String> = states.iter().map(|state| format!("'{state}'")).collect();
    format!(
        "UPDATE deliveries SET state = CASE WHEN order_key IS NULL THEN 'pending' ELSE 'parked' END, next_trigger = 'manual', \
         retries = 0, max_attempts = CASE WHEN max_attempts = 1 THEN attempts + 1 END, manual_requests = 0, panics = 0, priority = 1, reason = NULL, updated_at = ?, \
         due_at = CASE WHEN order_key IS NULL THEN ? ELSE NULL END WHERE state IN ({})",
        states.join(", ")
    )
}

/// Which deliveries of a webhook are sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The webhook.
    pub webhook: WebhookId,
    /// The earliest creation time, inclusive.
    pub since: Timestamp,
    /// The latest creation time, exclusive.
    pub until: Timestamp,
    /// Whether deliveries that failed for good are sent.
    pub failed: bool,
    /// Whether deliveries that are held are sent.
    pub held: bool,
}

/// The result of one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The number of deliveries that were changed.
    pub deliveries: u64,
    /// The last delivery of the batch, if there may be more.
    pub rest: Option<Cursor>,
}

/// Which deliveries are discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discard {
    /// Those that are held.
    Held,
    /// Those that wait in the database: pending and parked ones.
    Waiting,
}

impl Discard {
    /// The states, in the order in which they must be discarded: a pending delivery that ends makes the next parked one of its subject pending.
    const fn states(self) -> &'static [DeliveryState] {
        match self {
            Self::Held => &[DeliveryState::Held],
            Self::Waiting => &[DeliveryState::Parked, DeliveryState::Pending],
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Waiting => "waiting",
        }
    }
}

/// The result of sending one delivery again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requeued {
    /// It is queued.
    Done,
    /// It is in another state than failed and held.
    Refused(DeliveryState),
    /// It does not exist.
    Unknown,
}

/// The result of cancelling one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It is cancelled.
    Done,
    /// A node has taken it to send it.
    Sending,
    /// It had ended before.
    Over,
    /// It does not exist.
    Unknown,
}

impl Store {
    /// Queues one batch of the deliveries of a webhook again, oldest first, beginning after the last delivery of the previous batch, so that a
    /// delivery that fails again meanwhile is not sent a second time. Each starts again with a full retry schedule, in the order of creation.
    /// The first one of all gets priority and ignores pauses of the webhook (such as an open circuit breaker): if the receiver accepts it,
    /// the others follow. `by` is who asked: the first batch of each request names them, and writes the request to the audit log.
    pub async fn recover_batch(&self, by: Option<&Actor>, recovery: &Recovery, after: Option<Cursor>) -> Result<Step, StoreError> {
        let Recovery {
            webhook,
            since,
            until,
            failed,
            held,
        } = *recovery;
        let states: Vec<DeliveryState> = [(failed, DeliveryState::Failed), (held, DeliveryState::Held)]
            .into_iter()
            .filter_map(|(is_chosen, state)| is_chosen.then_some(state))
            .collect();
        if states.is_empty() {
            return Ok(Step { deliveries: 0, rest: None });
        }
        // The oldest of both states first, because deliveries of a subject must be sent in order.
        let mut values: Vec<Value> = Vec::new();
        let parts: Vec<String> = states
            .iter()
            .map(|state| {
                let from = after.map_or(since, |after| after.at.max(since));
                let mut sql = format!(
                    "SELECT id, order_key, created_at FROM deliveries WHERE state = '{state}' AND webhook_id = ? AND created_at >= ? \
                     AND created_at < ?"
                );
                values.extend([webhook.0.into(), from.0.into(), until.0.into()]);
                if let Some(Cursor { at, id }) = after {
                    sql.push_str(" AND (created_at > ? OR id > ?)");
                    values.extend([at.0.into(), id.into()]);
                }
                values.push(BATCH.into());
                format!("SELECT * FROM ({sql} ORDER BY created_at, id LIMIT ?) AS {state}")
            })
            .collect();
        values.push(BATCH.into());
        let which = format!(
            "SELECT id, order_key, created_at FROM ({}) AS ended ORDER BY created_at, id LIMIT ?",
            parts.join(" UNION ALL ")
        );
        let set = format!("{} AND id IN", queue_again(&states));
        let now = self.now();
        let transaction = self.begin().await?;
        let batch = LockedBatch::find_and_lock(&transaction, webhook, statement(self.backend(), &which, values)).await?;
        let deliveries = for_ids(&transaction, &set, &[now.0.into(), now.0.into()], batch.ids.iter().copied()).await?;
        ordering::promote_next(&transaction, &batch.subjects, now).await?;
        if after.is_none() {
            for_ids(
                &transaction,
                &format!("{PUT_FIRST} AND id IN"),
                &[now.0.into(), now.0.into()],
                batch.ids.iter().copied().take(1),
            )
            .await?;
        }
        if let Some(by) = by {
            let since = after.map_or(since, |after| after.at);
            let request = json!({ "since": since, "until": until, "failed": failed, "held": held });
            audit_request(&transaction, by, AuditAction::WebhookRecovered, webhook, request).await?;
        }
        change_notifications::tell(&transaction, "pending").await?;
        transaction.commit().await?;
        let is_full = (batch.ids.len() as u64) >= BATCH.unsigned_abs();
        Ok(Step {
            deliveries,
            rest: batch.last.filter(|_| is_full),
        })
    }

    /// Queues one delivery again that has failed or is held, with a full retry schedule. It gets priority and ignores pauses of the webhook
    /// (such as an open circuit breaker), unless it has to wait for an earlier event of its subject.
    pub async fn requeue(&self, by: &Actor, id: DeliveryId) -> Result<Requeued, StoreError> {
        let now = self.now();
        let transaction = self.begin().await?;
        let Some(row) = delivery::Entity::find_by_id(id.0).one(&transaction).await? else {
            return Ok(Requeued::Unknown);
        };
        let webhook = WebhookId(row.webhook_id);
        let subject = row.order_key.map(|key| (webhook, OrderKey(key))).into_iter().collect();
        ordering::lock_all(&transaction, &subject).await?;
        let set = format!("{} AND id = ?", queue_again(&[DeliveryState::Failed, DeliveryState::Held]));
        let values = [now.0.into(), now.0.into(), id.0.into()];
        let changed = transaction.execute_raw(statement(self.backend(), &set, values)).await?;
        if changed.rows_affected() == 0 {
            // Its state may have changed since it was read.
            let row = delivery::Entity::find_by_id(id.0).one(&transaction).await?;
            return row.map_or(Ok(Requeued::Unknown), |row| Ok(Requeued::Refused(row.state.parse()?)));
        }
        ordering::promote_next(&transaction, &subject, now).await?;
        let first = format!("{PUT_FIRST} AND id = ?");
        transaction
            .execute_raw(statement(self.backend(), &first, [now.0.into(), now.0.into(), id.0.into()]))
            .await?;
        let request = json!({ "delivery": id });
        audit_request(&transaction, by, AuditAction::WebhookRedelivered, webhook, request).await?;
        change_notifications::tell(&transaction, "pending").await?;
        transaction.commit().await?;
        Ok(Requeued::Done)
    }

    /// Cancels one batch of the held or waiting deliveries of a webhook that were created before `until`. The first batch writes the request to
    /// the audit log. Returns the number of deliveries, and whether there may be more.
    pub async fn discard_batch(
        &self,
        by: &Actor,
        webhook: WebhookId,
        which: Discard,
        until: Timestamp,
        is_first: bool,
    ) -> Result<(u64, bool), StoreError> {
        let now = self.now();
        let transaction = self.begin().await?;
        if is_first {
            let request = json!({ "which": which.name(), "until": until });
            audit_request(&transaction, by, AuditAction::WebhookDiscarded, webhook, request).await?;
        }
        let mut discarded = 0;
        let mut more = false;
        for state in which.states() {
            let find = format!(
                "SELECT id, order_key, created_at FROM deliveries WHERE state = '{state}' AND webhook_id = ? AND created_at < ? LIMIT ?"
            );
            let values = [webhook.0.into(), until.0.into(), BATCH.into()];
            let batch = LockedBatch::find_and_lock(&transaction, webhook, statement(self.backend(), &find, values)).await?;
            let set = format!(
                "UPDATE deliveries SET state = 'cancelled', reason = ?, due_at = NULL, manual_requests = 0, priority = 1, updated_at = ? \
                 WHERE state = '{state}' AND id IN"
            );
            discarded += for_ids(&transaction, &set, &[CANCELLED.into(), now.0.into()], batch.ids.iter().copied()).await?;
            ordering::promote_next(&transaction, &batch.subjects, now).await?;
            if batch.ids.len() as u64 >= BATCH.unsigned_abs() {
                more = true;
                break;
            }
        }
        change_notifications::tell(&transaction, "pending").await?;
        transaction.commit().await?;
        Ok((discarded, more))
    }

    /// Cancels a delivery that waits in the database or is held.
    pub async fn cancel(&self, by: &Actor, id: DeliveryId) -> Result<Cancelled, StoreError> {
        let now = self.now();
        let transaction = self.begin().await?;
        let Some(row) = delivery::Entity::find_by_id(id.0).one(&transaction).await? else {
            return Ok(Cancelled::Unknown);
        };
        let webhook = WebhookId(row.webhook_id);
        let subject = row.order_key.map(|key| (webhook, OrderKey(key))).into_iter().collect();
        ordering::lock_all(&transaction, &subject).await?;
        let sql = "UPDATE deliveries SET state = 'cancelled', reason = ?, due_at = NULL, manual_requests = 0, priority = 1, updated_at = ? \
                   WHERE id = ? AND state IN ('pending', 'parked', 'held')";
        let values = [CANCELLED.into(), now.0.into(), id.0.into()];
        if transaction
            .execute_raw(statement(self.backend(), sql, values))
            .await?
            .rows_affected()
            == 0
        {
            // Its state may have changed since it was read.
            let row = delivery::Entity::find_by_id(id.0).one(&transaction).await?;
            let is_sending = row.is_some_and(|row| row.state == DeliveryState::Sending.as_str());
            return Ok(if is_sending { Cancelled::Sending } else { Cancelled::Over });
        }
        ordering::promote_next(&transaction, &subject, now).await?;
        let request = json!({ "delivery": id });
        audit_request(&transaction, by, AuditAction::DeliveryCancelled, webhook, request).await?;
        change_notifications::tell(&transaction, "pending").await?;
        transaction.commit().await?;
        Ok(Cancelled::Done)
    }

    /// Writes the cancellation of a delivery that only this node knew as waiting to the audit log.
    pub async fn note_cancelled(&self, by: &Actor, webhook: WebhookId, id: DeliveryId) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let request = json!({ "delivery": id });
        audit_request(&transaction, by, AuditAction::DeliveryCancelled, webhook, request).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Writes to the audit log that a delivery is tried now that waits in the memory of this node.
    pub async fn note_tried(&self, by: &Actor, webhook: WebhookId, id: DeliveryId) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let request = json!({ "delivery": id });
        audit_request(&transaction, by, AuditAction::WebhookRedelivered, webhook, request).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Gives the first pending delivery of a webhook priority over all others and over pauses of the webhook. `None` if none is pending.
    pub async fn prioritise_first(&self, by: &Actor, webhook: WebhookId) -> Result<Option<DeliveryId>, StoreError> {
        let now = self.now();
        let transaction = self.begin().await?;
        // Priority 0 is `Priority::Manual`.
        let sql = "UPDATE deliveries SET manual_requests = manual_requests + 1, next_trigger = 'manual', priority = 0, due_at = ?, updated_at = ? \
                   WHERE state = 'pending' AND id = (SELECT id FROM deliveries WHERE state = 'pending' AND webhook_id = ? \
                   ORDER BY priority, due_at LIMIT 1) RETURNING id";
        let values = [now.0.into(), now.0.into(), webhook.0.into()];
        let rows = transaction.query_all_raw(statement(self.backend(), sql, values)).await?;
        let Some(id) = rows.first().map(|row| row.try_get("", "id")).transpose()? else {
            return Ok(None);
        };
        let delivery = DeliveryId(id);
        let request = json!({ "delivery": delivery });
        audit_request(&transaction, by, AuditAction::WebhookRedelivered, webhook, request).await?;
        change_notifications::tell(&transaction, "pending").await?;
        transaction.commit().await?;
        Ok(Some(delivery))
    }

    /// The webhook of a delivery. `None` if the delivery does not exist.
    pub async fn webhook_of(&self, id: DeliveryId) -> Result<Option<WebhookId>, StoreError> {
        let row = delivery::Entity::find_by_id(id.0).one(&self.read).await?;
        Ok(row.map(|row| WebhookId(row.webhook_id)))
    }
}
