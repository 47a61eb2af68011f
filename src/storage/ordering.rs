//! Ordered delivery: among deliveries of one webhook and subject, each waits until the previous one is finished, that is succeeded, failed
//! for good, or held. Until then its state is `parked`.

use std::collections::BTreeSet;

use sea_orm::{DbBackend, Statement};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    domain::{id::WebhookId, page::Cursor, timestamp::Timestamp},
    storage::{error::StoreError, executor::Executor, raw_sql::statement},
};

/// A hash of a subject. If two subjects collide, their deliveries are sent one after the other, which is harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderKey(pub i64);

impl OrderKey {
    /// The key of a subject.
    pub fn of(subject: &str) -> Self {
        let mut first = [0; 8];
        for (to, from) in first.iter_mut().zip(Sha256::digest(subject)) {
            *to = from;
        }
        Self(i64::from_be_bytes(first))
    }
}

/// Locks subjects until the end of the transaction, so that no other transaction adds deliveries to them or finishes any. The order is
/// fixed, so that two transactions cannot deadlock.
pub(super) async fn lock_all(transaction: &impl Executor, subjects: &BTreeSet<(WebhookId, OrderKey)>) -> Result<(), StoreError> {
    for (webhook, key) in subjects {
        lock(transaction, *webhook, *key).await?;
    }
    Ok(())
}

/// Whether a subject, which must be locked, has unfinished deliveries.
pub(super) async fn is_busy(transaction: &impl Executor, webhook: WebhookId, key: OrderKey) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM deliveries WHERE webhook_id = ? AND order_key = ? AND order_key IS NOT NULL \
               AND state IN ('pending', 'parked', 'sending') LIMIT 1";
    let backend = transaction.backend();
    let found = transaction.rows(statement(backend, sql, [webhook.0.into(), key.0.into()])).await?;
    Ok(!found.is_empty())
}

/// Makes the next delivery of each of these subjects due, after the previous one is finished. Returns whether there was any.
pub(super) async fn promote_next(
    transaction: &impl Executor,
    subjects: &BTreeSet<(WebhookId, OrderKey)>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    lock_all(transaction, subjects).await?;
    let mut promoted = false;
    for (webhook, key) in subjects {
        promoted |= promote(transaction, *webhook, *key, now).await?;
    }
    Ok(promoted)
}

/// Makes the next delivery of a locked subject due. Returns whether there was one.
async fn promote(transaction: &impl Executor, webhook: WebhookId, key: OrderKey, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE deliveries SET state = 'pending', due_at = ? WHERE state = 'parked' AND id = (\
               SELECT id FROM deliveries WHERE webhook_id = ? AND order_key = ? AND order_key IS NOT NULL \
               AND state IN ('pending', 'parked', 'sending') ORDER BY id LIMIT 1)";
    let values = [now.0.into(), webhook.0.into(), key.0.into()];
    let backend = transaction.backend();
    Ok(transaction.run(statement(backend, sql, values)).await? > 0)
}

/// One batch of a long change: deliveries and their subjects. The subjects must be locked before the deliveries are changed, because a
/// transaction that finishes a delivery locks in that order too.
pub(super) struct Batch {
    pub(super) ids: Vec<Uuid>,
    /// The position of the last delivery, in the order of the query.
    pub(super) last: Option<Cursor>,
    pub(super) subjects: BTreeSet<(WebhookId, OrderKey)>,
}

impl Batch {
    /// Loads a batch with a query that returns `id`, `order_key` and `created_at`, and locks its subjects.
    pub(super) async fn find(transaction: &impl Executor, webhook: WebhookId, query: Statement) -> Result<Self, StoreError> {
        let mut batch = Self {
            ids: Vec::new(),
            last: None,
            subjects: BTreeSet::new(),
        };
        for row in transaction.rows(query).await? {
            let id = row.get("id")?;
            batch.ids.push(id);
            batch.last = Some(Cursor {
                at: Timestamp(row.get("created_at")?),
                id,
            });
            if let Some(key) = row.get::<Option<i64>>("order_key")? {
                batch.subjects.insert((webhook, OrderKey(key)));
            }
        }
        lock_all(transaction, &batch.subjects).await?;
        Ok(batch)
    }
}

async fn lock(transaction: &impl Executor, webhook: WebhookId, key: OrderKey) -> Result<(), StoreError> {
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
