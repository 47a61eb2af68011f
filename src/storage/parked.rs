//! Parks the deliveries of a webhook that is disabled or deleted, so that they are not claimed any more.

use crate::{
    domain::{delivery::DeliveryState, id::WebhookId, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        batch_insert::{for_ids, statement},
        executor::Sql,
        ordering::{self, Step},
    },
};

/// Rows per transaction. Between the transactions other writers can get the lock.
const STEP: i64 = 1_000;

impl Store {
    /// Moves all pending deliveries of a webhook to `state`, in several small transactions: `held` if the webhook was disabled, `failed` if
    /// it was deleted. In the second case deliveries that were already held are failed too. Returns the number of deliveries.
    pub async fn set_aside(&self, webhook: WebhookId, state: DeliveryState, reason: &str, now: Timestamp) -> Result<u64, StoreError> {
        let mut all = self.set_aside_from(DeliveryState::Pending, webhook, state, reason, now).await?;
        if state != DeliveryState::Held {
            all += self.set_aside_from(DeliveryState::Held, webhook, state, reason, now).await?;
        }
        Ok(all)
    }

    /// Deleted webhooks that still have held deliveries.
    pub async fn deleted_with_held(&self) -> Result<Vec<WebhookId>, StoreError> {
        let sql = "SELECT id FROM webhooks WHERE deleted_at IS NOT NULL \
                   AND EXISTS (SELECT 1 FROM deliveries WHERE state = 'held' AND webhook_id = webhooks.id)";
        let rows = self.read.rows(statement(self.backend(), sql, [])).await?;
        rows.iter().map(|row| Ok(WebhookId(row.get("id")?))).collect()
    }

    async fn set_aside_from(
        &self,
        from: DeliveryState,
        webhook: WebhookId,
        state: DeliveryState,
        reason: &str,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let which = format!("SELECT id, order_key FROM deliveries WHERE state = '{from}' AND webhook_id = ? LIMIT ?");
        let set = format!("UPDATE deliveries SET state = ?, reason = ?, due_at = NULL, updated_at = ? WHERE state = '{from}' AND id IN");
        let mut all = 0;
        loop {
            let transaction = self.begin().await?;
            let which = statement(self.backend(), &which, [webhook.0.into(), STEP.into()]);
            let step = Step::find(&transaction, webhook, which).await?;
            let values = [state.as_str().into(), reason.into(), now.0.into()];
            all += for_ids(&transaction, &set, &values, step.ids.iter().copied()).await?;
            ordering::go_on(&transaction, &step.subjects, now).await?;
            transaction.commit().await?;
            if (step.ids.len() as u64) < STEP.unsigned_abs() {
                return Ok(all);
            }
        }
    }
}
