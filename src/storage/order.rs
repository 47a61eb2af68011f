//! Ordered delivery: of one webhook and one subject, the next delivery waits until the one before has ended: it succeeded, failed
//! for good, or is held. What waits is pending without a due time.

use std::collections::BTreeSet;

use sea_orm::{DbBackend, Statement};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    domain::{id::WebhookId, timestamp::Timestamp},
    storage::{StoreError, bulk::statement, sql::Sql},
};

/// Stands for a subject. Two subjects that share one are sent in turn as well, which harms nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderKey(pub i64);

impl OrderKey {
    /// That of a subject.
    pub fn of(subject: &str) -> Self {
        let mut first = [0; 8];
        for (to, from) in first.iter_mut().zip(Sha256::digest(subject)) {
            *to = from;
        }
        Self(i64::from_be_bytes(first))
    }
}

/// Until the transaction ends, no other may add to these subjects or finish anything of them. In one order, so that two transactions
/// cannot wait for each other.
pub(super) async fn lock_all(transaction: &impl Sql, subjects: &BTreeSet<(WebhookId, OrderKey)>) -> Result<(), StoreError> {
    for (webhook, key) in subjects {
        lock(transaction, *webhook, *key).await?;
    }
    Ok(())
}

/// Whether something of this subject, which is locked, is not done yet.
pub(super) async fn is_busy(transaction: &impl Sql, webhook: WebhookId, key: OrderKey) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM deliveries WHERE webhook_id = ? AND order_key = ? AND order_key IS NOT NULL \
               AND state IN ('pending', 'sending') LIMIT 1";
    let backend = transaction.backend();
    let found = transaction.rows(statement(backend, sql, [webhook.0.into(), key.0.into()])).await?;
    Ok(!found.is_empty())
}

/// Something of these subjects is not waited for any more, however it ended: lets the next one of each go. Answers whether there was one.
pub(super) async fn go_on(transaction: &impl Sql, subjects: &BTreeSet<(WebhookId, OrderKey)>, now: Timestamp) -> Result<bool, StoreError> {
    lock_all(transaction, subjects).await?;
    let mut promoted = false;
    for (webhook, key) in subjects {
        promoted |= promote(transaction, *webhook, *key, now).await?;
    }
    Ok(promoted)
}

/// Lets the next one of a subject go, which is locked; answers whether there was one.
async fn promote(transaction: &impl Sql, webhook: WebhookId, key: OrderKey, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE deliveries SET due_at = ? WHERE state = 'pending' AND due_at IS NULL AND id = (\
               SELECT id FROM deliveries WHERE webhook_id = ? AND order_key = ? AND order_key IS NOT NULL \
               AND state IN ('pending', 'sending') ORDER BY id LIMIT 1)";
    let values = [now.0.into(), webhook.0.into(), key.0.into()];
    let backend = transaction.backend();
    Ok(transaction.run(statement(backend, sql, values)).await? > 0)
}

/// Deliveries that a step of a long change takes, with their subjects: these have to be locked before the deliveries are changed, as
/// whoever finishes one of a subject locks that first and changes the next delivery then.
pub(super) struct Step {
    pub(super) ids: Vec<Uuid>,
    pub(super) subjects: BTreeSet<(WebhookId, OrderKey)>,
}

impl Step {
    /// What a query of a webhook's `id` and `order_key` finds.
    pub(super) async fn find(transaction: &impl Sql, webhook: WebhookId, query: Statement) -> Result<Self, StoreError> {
        let mut step = Self {
            ids: Vec::new(),
            subjects: BTreeSet::new(),
        };
        for row in transaction.rows(query).await? {
            step.ids.push(row.get("id")?);
            if let Some(key) = row.get::<Option<i64>>("order_key")? {
                step.subjects.insert((webhook, OrderKey(key)));
            }
        }
        lock_all(transaction, &step.subjects).await?;
        Ok(step)
    }
}

async fn lock(transaction: &impl Sql, webhook: WebhookId, key: OrderKey) -> Result<(), StoreError> {
    let backend = transaction.backend();
    if backend == DbBackend::Postgres {
        let (high, low) = webhook.0.as_u64_pair();
        let name = (high ^ low).cast_signed() ^ key.0;
        transaction
            .run(statement(backend, "SELECT pg_advisory_xact_lock(?)", [name.into()]))
            .await?;
    }
    Ok(())
}
