//! Erases what events and responses say about a person. The rows stay: without a body, an event counts as erased.
//!
//! SQLite keeps what was overwritten in free space. While rows are erased, `secure_delete` makes SQLite overwrite it with zeros, and the
//! write-ahead log is emptied afterwards. Copies that earlier transactions left in pages, when they moved rows, are not found by this. So a file
//! that is not too large is compacted at the end, which blocks writers meanwhile; a larger one is left to its operator.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Value};
use serde_json::json;
use uuid::Uuid;

use crate::{
    domain::{
        audit::AuditAction,
        id::{DeliveryId, EventId, WebhookId},
        page::Cursor,
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        batch_insert::{for_ids, sizes},
        change_notifications,
        event_search::{EventFilter, EventRecord, delivery_ids_of},
        executor::Executor,
        ordering::{self, OrderKey},
        raw_sql::{marks, statement},
    },
};

/// Events per transaction.
const BATCH: u64 = 100;
/// The largest file that is compacted, in bytes. That takes a second or two.
const COMPACTED_MAX: u64 = 256 << 20;

/// Why a delivery of an erased event is cancelled.
pub const ERASED: &str = "The event was erased.";

/// Which events are erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// All with this subject.
    Subject(String),
    /// Those with this source and this id of the publisher.
    Event {
        /// The `source` attribute.
        source: String,
        /// The publisher's id.
        id: String,
    },
}

impl Erasure {
    fn filter(&self) -> EventFilter {
        match self {
            Self::Subject(subject) => EventFilter {
                subject: Some(subject.clone()),
                ..EventFilter::default()
            },
            Self::Event { source, id } => EventFilter {
                source: Some(source.clone()),
                ce_id: Some(id.clone()),
                ..EventFilter::default()
            },
        }
    }

    fn describe(&self) -> serde_json::Value {
        match self {
            Self::Subject(subject) => json!({ "subject": subject }),
            Self::Event { source, id } => json!({ "source": source, "id": id }),
        }
    }
}

/// What one batch erased.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErasedBatch {
    /// Events whose payload was erased.
    pub events: u64,
    /// Callbacks whose response body was erased.
    pub callbacks: u64,
    /// Deliveries that were cancelled.
    pub deliveries: u64,
    /// Deliveries of these events that have not ended. Nodes have taken them to send them, and may have the payload in their memory.
    pub unfinished: Vec<(WebhookId, DeliveryId)>,
    /// The last event of the batch, if there may be more.
    pub rest: Option<Cursor>,
}

#[derive(FromQueryResult)]
struct DeliveryRow {
    id: Uuid,
    webhook_id: Uuid,
    state: String,
    order_key: Option<i64>,
}

impl Store {
    /// Erases one batch of the chosen events, newest first, beginning after the last one of the previous batch. Events that are erased already
    /// are treated again, because an attempt that was in flight has logged a response since. A batch that changes something writes an entry to
    /// the audit log.
    pub async fn erase_batch(&self, by: &Actor, what: &Erasure, after: Option<Cursor>) -> Result<ErasedBatch, StoreError> {
        let page = self.find_events(&what.filter(), after, BATCH).await?;
        let mut batch = ErasedBatch {
            rest: page.next,
            ..ErasedBatch::default()
        };
        if page.items.is_empty() {
            return Ok(batch);
        }
        self.overwrite_deleted(true).await?;
        let now = self.now();
        let transaction = self.begin().await?;
        let mut deliveries = Vec::new();
        for event in &page.items {
            deliveries.extend(self.all_deliveries(&transaction, event).await?);
        }
        let waits = |row: &&DeliveryRow| matches!(row.state.as_str(), "pending" | "parked" | "held");
        let subject = |row: &DeliveryRow| Some((WebhookId(row.webhook_id), OrderKey(row.order_key?)));
        let subjects: BTreeSet<_> = deliveries.iter().filter(waits).filter_map(subject).collect();
        ordering::lock_all(&transaction, &subjects).await?;
        let waiting: Vec<Uuid> = deliveries.iter().filter(waits).map(|row| row.id).collect();
        let cancel = "UPDATE deliveries SET state = 'cancelled', reason = ?, due_at = NULL, manual_requests = 0, priority = 1, updated_at = ? \
                      WHERE state IN ('pending', 'parked', 'held') AND id IN";
        batch.deliveries = for_ids(&transaction, cancel, &[ERASED.into(), now.0.into()], waiting.into_iter()).await?;
        ordering::promote_next(&transaction, &subjects, now).await?;
        let empty = "UPDATE events SET body = '', extensions = NULL, trace_context = NULL WHERE body <> '' AND id IN";
        batch.events = for_ids(&transaction, empty, &[], page.items.iter().map(|event| event.id.0)).await?;
        let ids: Vec<Uuid> = deliveries.iter().map(|row| row.id).collect();
        batch.callbacks = empty_responses(&transaction, &ids).await?;
        if batch.events + batch.callbacks + batch.deliveries > 0 {
            let mut after = what.describe();
            after["events"] = batch.events.into();
            after["callbacks"] = batch.callbacks.into();
            after["deliveries"] = batch.deliveries.into();
            audit::add(
                &transaction,
                by,
                Entry::of_server(AuditAction::DataErased).after(after),
                Timestamp::now(),
            )
            .await?;
        }
        change_notifications::tell(&transaction, "pending").await?;
        // Also if the request ends after this commit, nodes do not send what they have in their memory.
        if deliveries.iter().any(|row| row.state == "sending") {
            change_notifications::raise_erased(&transaction).await?;
        }
        transaction.commit().await?;
        self.find_unfinished(&mut batch, &ids).await?;
        Ok(batch)
    }

    /// Finds the deliveries that nodes may still send, notifies the nodes, and erases the responses that were logged meanwhile. It follows the
    /// transaction that erased the payloads: a node that has read a payload had claimed its delivery before, so the delivery is either unfinished
    /// now, or its response is logged.
    async fn find_unfinished(&self, batch: &mut ErasedBatch, deliveries: &[Uuid]) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        // Before the responses are erased: what ends later than this is repeated by the caller.
        batch.unfinished = self.unfinished_of(&transaction, deliveries).await?;
        batch.callbacks += empty_responses(&transaction, deliveries).await?;
        if !batch.unfinished.is_empty() {
            change_notifications::raise_erased(&transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Removes what was erased from SQLite's free space. Returns whether nothing of it is left in the database: larger SQLite files need `VACUUM`,
    /// and PostgreSQL overwrites earlier versions of rows when it uses their space again.
    pub async fn end_erasure(&self) -> Result<bool, StoreError> {
        let Some(file) = &self.file else { return Ok(false) };
        self.overwrite_deleted(false).await?;
        if std::fs::metadata(file.path()).is_ok_and(|file| file.len() <= COMPACTED_MAX) {
            self.leave_no_trace().await?;
            return Ok(true);
        }
        self.write.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        Ok(false)
    }

    /// Sets whether SQLite overwrites deleted content with zeros. Off, it saves the writes for free pages.
    async fn overwrite_deleted(&self, on: bool) -> Result<(), StoreError> {
        if self.backend() == DbBackend::Sqlite {
            let set = if on {
                "PRAGMA secure_delete = ON"
            } else {
                "PRAGMA secure_delete = OFF"
            };
            self.write.execute_unprepared(set).await?;
        }
        Ok(())
    }

    /// All deliveries of an event, in a short range of the primary key (see [`Store::deliveries_of`]).
    async fn all_deliveries(&self, on: &impl ConnectionTrait, event: &EventRecord) -> Result<Vec<DeliveryRow>, StoreError> {
        let counts = self.numbers_of_deliveries(std::slice::from_ref(event)).await?;
        self.deliveries_in_range(on, event, counts.get(&event.id).copied()).await
    }

    async fn deliveries_in_range(
        &self,
        on: &impl ConnectionTrait,
        event: &EventRecord,
        all: Option<u64>,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let (from, to) = delivery_ids_of(event);
        let all = all.and_then(|all| i64::try_from(all).ok()).unwrap_or(i64::MAX);
        let sql = "SELECT id, webhook_id, state, order_key FROM deliveries WHERE id > ? AND id < ? AND event_id = ? ORDER BY id LIMIT ?";
        let values = [from.into(), to.into(), event.id.0.into(), all.into()];
        Ok(DeliveryRow::find_by_statement(statement(self.backend(), sql, values))
            .all(on)
            .await?)
    }

    /// Those of the deliveries that have not ended, in any state: a delivery that was being sent may wait for its next attempt by now.
    async fn unfinished_of(&self, on: &impl ConnectionTrait, deliveries: &[Uuid]) -> Result<Vec<(WebhookId, DeliveryId)>, StoreError> {
        let (mut unfinished, mut left) = (Vec::new(), deliveries.iter());
        for size in sizes(deliveries.len()) {
            let sql = format!(
                "SELECT id, webhook_id, state, order_key FROM deliveries WHERE state IN ('sending', 'pending', 'parked', 'held') AND id IN {}",
                marks(size)
            );
            let values: Vec<Value> = left.by_ref().take(size).map(|id| (*id).into()).collect();
            let rows = DeliveryRow::find_by_statement(statement(self.backend(), &sql, values))
                .all(on)
                .await?;
            unfinished.extend(rows.into_iter().map(|row| (WebhookId(row.webhook_id), DeliveryId(row.id))));
        }
        Ok(unfinished)
    }

    /// The position of an event in a list of events.
    pub async fn event_position(&self, id: EventId) -> Result<Option<Cursor>, StoreError> {
        let found = self.event(id).await?;
        Ok(found.map(|(event, _)| Cursor {
            at: event.received_at,
            id: event.id.0,
        }))
    }
}

/// Erases the logged responses of these deliveries. Returns their number.
async fn empty_responses(on: &impl Executor, deliveries: &[Uuid]) -> Result<u64, StoreError> {
    let empty = "UPDATE callbacks SET response_body = ?, response_truncated = FALSE, response_incomplete = NULL \
                 WHERE length(response_body) > 0 AND delivery_id IN";
    for_ids(on, empty, &[Vec::<u8>::new().into()], deliveries.iter().copied()).await
}
