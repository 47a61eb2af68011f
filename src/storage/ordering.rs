//! Ordered delivery: among deliveries of one webhook and subject, each waits until the previous one has succeeded, has failed for good, or
//! was held because its webhook is disabled. While it waits, its state is `parked`. A manual redelivery is sent at once, out of order.

use std::collections::BTreeSet;

use sea_orm::{DbBackend, Statement};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    domain::{
        id::{DeliveryId, WebhookId},
        page::Cursor,
        timestamp::Timestamp,
    },
    storage::{error::StoreError, executor::Executor, new_id, raw_sql::statement},
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

/// Locks subjects until the end of the transaction, so that no other transaction adds deliveries to them or finishes any. They are locked in
/// the order of the set and before any row of `deliveries` is changed, because transactions that lock in different orders can deadlock.
pub(super) async fn lock_all(transaction: &impl Executor, subjects: &BTreeSet<(WebhookId, OrderKey)>) -> Result<(), StoreError> {
    for (webhook, key) in subjects {
        lock(transaction, *webhook, *key).await?;
    }
    Ok(())
}

/// The newest unfinished delivery of a subject, which must be locked.
pub(super) async fn newest_unfinished(
    transaction: &impl Executor,
    webhook: WebhookId,
    key: OrderKey,
) -> Result<Option<DeliveryId>, StoreError> {
    // Repeats the condition of the partial index `deliveries_order`, because SQLite uses the index only then.
    let sql = "SELECT id FROM deliveries WHERE webhook_id = ? AND order_key = ? AND order_key IS NOT NULL \
               AND state IN ('pending', 'parked', 'sending') ORDER BY id DESC LIMIT 1";
    let backend = transaction.backend();
    let found = transaction.rows(statement(backend, sql, [webhook.0.into(), key.0.into()])).await?;
    Ok(found.first().map(|row| row.get("id").map(DeliveryId)).transpose()?)
}

/// An id for a delivery that follows another one of its subject. Deliveries of a subject are sent in the order of their ids, which contain the
/// time: that of a node whose clock is behind would be too small.
pub(super) fn id_after(earlier: DeliveryId) -> DeliveryId {
    let id = new_id::<DeliveryId>();
    if id > earlier {
        return id;
    }
    DeliveryId(Uuid::from_u128(earlier.0.as_u128().saturating_add(1)))
}

/// For each of these subjects, which must be locked: if its oldest unfinished delivery is parked, makes it pending and due now. Returns whether
/// there was any.
pub(super) async fn promote_next(
    transaction: &impl Executor,
    subjects: &BTreeSet<(WebhookId, OrderKey)>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut promoted = false;
    for (webhook, key) in subjects {
        promoted |= promote(transaction, *webhook, *key, now).await?;
    }
    Ok(promoted)
}

/// [`promote_next`] for one subject.
async fn promote(transaction: &impl Executor, webhook: WebhookId, key: OrderKey, now: Timestamp) -> Result<bool, StoreError> {
    // Both times: if the clock has jumped, `clock_changes` tells by `updated_at` which due times to correct.
    let sql = "UPDATE deliveries SET state = 'pending', due_at = ?, updated_at = ? WHERE state = 'parked' AND id = (\
               SELECT id FROM deliveries WHERE webhook_id = ? AND order_key = ? AND order_key IS NOT NULL \
               AND state IN ('pending', 'parked', 'sending') ORDER BY id LIMIT 1)";
    let values = [now.0.into(), now.0.into(), webhook.0.into(), key.0.into()];
    let backend = transaction.backend();
    Ok(transaction.run(statement(backend, sql, values)).await? > 0)
}

/// Deliveries that one transaction of a long change changes, and their subjects, which are locked.
pub(super) struct LockedBatch {
    pub(super) ids: Vec<Uuid>,
    /// The position of the last delivery, in the order of the query.
    pub(super) last: Option<Cursor>,
    pub(super) subjects: BTreeSet<(WebhookId, OrderKey)>,
}

impl LockedBatch {
    /// Loads a batch with a query that returns `id`, `order_key` and `created_at`, and locks its subjects. A row may change before the lock is taken, so the
    /// statement that changes it must check its state again.
    pub(super) async fn find_and_lock(transaction: &impl Executor, webhook: WebhookId, query: Statement) -> Result<Self, StoreError> {
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
    // On SQLite a write transaction excludes all other writers.
    if backend == DbBackend::Postgres {
        let (high, low) = webhook.0.as_u64_pair();
        let name = (high ^ low).cast_signed() ^ key.0;
        transaction
            .run(statement(backend, "SELECT pg_advisory_xact_lock(?)", [name.into()]))
            .await?;
    }
    Ok(())
}
