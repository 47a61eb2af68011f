//! Withdraws the deliveries of a webhook that is disabled or deleted, so that they are not claimed any more.

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use crate::{
    domain::{delivery::DeliveryState, id::WebhookId, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        batch_insert::for_ids,
        entity::{delivery, webhook},
        ordering::{self, LockedBatch},
        raw_sql::statement,
    },
};

/// Rows per transaction. Between the transactions other writers can get the lock.
const BATCH: i64 = 1_000;

impl Store {
    /// Moves all deliveries of a webhook that wait to be sent to `state`, in several small transactions: `held` if the webhook was
    /// disabled, `failed` if it was deleted. In the second case deliveries that were already held are failed too. Returns the number of
    /// deliveries.
    pub async fn withdraw(&self, webhook: WebhookId, state: DeliveryState, reason: &str, now: Timestamp) -> Result<u64, StoreError> {
        // Parked deliveries come first: a pending one that ends makes the next parked one of its subject pending.
        let mut all = self.withdraw_from(DeliveryState::Parked, webhook, state, reason, now).await?;
        all += self.withdraw_from(DeliveryState::Pending, webhook, state, reason, now).await?;
        if state != DeliveryState::Held {
            all += self.withdraw_from(DeliveryState::Held, webhook, state, reason, now).await?;
        }
        Ok(all)
    }

    /// Deleted webhooks that still have held deliveries.
    pub async fn deleted_with_held(&self) -> Result<Vec<WebhookId>, StoreError> {
        let held = Query::select()
            .column(delivery::Column::WebhookId)
            .from(delivery::Entity)
            // A literal, as in the partial index.
            .and_where(Expr::cust("state = 'held'"))
            .to_owned();
        let deleted = webhook::Entity::find()
            .select_only()
            .column(webhook::Column::Id)
            .filter(webhook::Column::DeletedAt.is_not_null())
            .filter(webhook::Column::Id.in_subquery(held));
        let ids = deleted.into_tuple::<Uuid>().all(&self.read).await?;
        Ok(ids.into_iter().map(WebhookId).collect())
    }

    async fn withdraw_from(
        &self,
        from: DeliveryState,
        webhook: WebhookId,
        state: DeliveryState,
        reason: &str,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let which = format!("SELECT id, order_key, created_at FROM deliveries WHERE state = '{from}' AND webhook_id = ? LIMIT ?");
        let set = format!("UPDATE deliveries SET state = ?, reason = ?, due_at = NULL, updated_at = ? WHERE state = '{from}' AND id IN");
        let mut all = 0;
        // Most webhooks have none. A transaction would wait for other writers, and 10,000 webhooks may be disabled at once.
        if self
            .read
            .query_one_raw(statement(self.backend(), &which, [webhook.0.into(), 1_i64.into()]))
            .await?
            .is_none()
        {
            return Ok(0);
        }
        loop {
            let transaction = self.begin().await?;
            let which = statement(self.backend(), &which, [webhook.0.into(), BATCH.into()]);
            let batch = LockedBatch::find_and_lock(&transaction, webhook, which).await?;
            let values = [state.as_str().into(), reason.into(), now.0.into()];
            all += for_ids(&transaction, &set, &values, batch.ids.iter().copied()).await?;
            ordering::promote_next(&transaction, &batch.subjects, now).await?;
            transaction.commit().await?;
            if (batch.ids.len() as u64) < BATCH.unsigned_abs() {
                return Ok(all);
            }
        }
    }
}
