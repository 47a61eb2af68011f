//! The queue of deliveries: claims, releases and counts.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use sea_orm::{DbBackend, FromQueryResult};
use uuid::Uuid;

use crate::{
    catalogue::EventType,
    domain::{
        callback::Trigger,
        delivery::DeliveryState,
        id::{DeliveryId, EventId, NodeId, WebhookId},
        timestamp::Timestamp,
        trace_context::TraceContext,
    },
    storage::{
        Store, StoreError,
        batch_insert::{for_ids, marks, not_by_index, sizes, statement},
        ordering::{self, OrderKey},
        priority::ALL_AHEAD,
        resend::NO_RETRIES,
    },
};

/// A delivery that this node owns and has to send.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id.
    pub delivery: DeliveryId,
    /// The event.
    pub event: EventId,
    /// The event's type.
    pub event_type: EventType,
    /// The webhook.
    pub webhook: WebhookId,
    /// The request body.
    pub body: Bytes,
    /// The event's trace context, if it has one.
    pub trace: Option<Arc<TraceContext>>,
    /// The number of attempts so far.
    pub attempts: u32,
    /// How many retries of the schedule are used.
    pub retries: u32,
    /// How many attempts panicked.
    pub breaks: u32,
    /// The ordering key, if the webhook is ordered and the event has a subject.
    pub order: Option<OrderKey>,
    /// The trigger of the next attempt.
    pub trigger: Trigger,
    /// Whether the delivery was requested manually, so that it has priority.
    pub asked: bool,
}

impl Job {
    /// Whether the delivery is retried by the schedule. Tests, and finished deliveries that are redelivered, are not.
    pub fn has_schedule(&self) -> bool {
        i32::try_from(self.retries).is_ok_and(|retries| retries < NO_RETRIES)
    }
}

/// A webhook with pending deliveries in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Its id.
    pub webhook: WebhookId,
    /// When the first of them is due.
    pub due: Timestamp,
    /// Whether one of them was requested manually.
    pub asked: bool,
}

/// Which due deliveries of a webhook are claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// All of them, manual ones first.
    Due,
    /// Only manual ones.
    Asked,
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    event_id: Uuid,
    webhook_id: Uuid,
    next_trigger: String,
    attempts: i32,
    retries: i32,
    asked: i32,
    breaks: i32,
    order_key: Option<i64>,
    due_at: Option<i64>,
}

/// What all callbacks of an event have in common.
struct Sent {
    event_type: EventType,
    body: Bytes,
    trace: Option<Arc<TraceContext>>,
}

impl Store {
    /// The webhooks that have pending deliveries, and when the first of each is due. The cost is a few index steps per such webhook,
    /// however many deliveries are pending.
    pub async fn backlogs(&self) -> Result<Vec<Backlog>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            webhook_id: Uuid,
            due_at: Option<i64>,
        }
        let sql = "WITH RECURSIVE waiting(webhook_id) AS (\
                   SELECT (SELECT webhook_id FROM deliveries WHERE state = 'pending' ORDER BY webhook_id LIMIT 1) \
                   UNION ALL SELECT (SELECT d.webhook_id FROM deliveries d WHERE d.state = 'pending' \
                   AND d.webhook_id > waiting.webhook_id ORDER BY d.webhook_id LIMIT 1) FROM waiting WHERE waiting.webhook_id IS NOT NULL) \
                   SELECT webhook_id, (SELECT due_at FROM deliveries WHERE state = 'pending' AND webhook_id = waiting.webhook_id \
                   AND due_at IS NOT NULL ORDER BY due_at LIMIT 1) AS due_at FROM waiting WHERE webhook_id IS NOT NULL";
        let rows = Row::find_by_statement(statement(self.backend(), sql, [])).all(&self.read).await?;
        let backlog = |row: Row| {
            let due = Timestamp(row.due_at?);
            Some(Backlog {
                webhook: WebhookId(row.webhook_id),
                due,
                asked: due <= ALL_AHEAD,
            })
        };
        Ok(rows.into_iter().filter_map(backlog).collect())
    }

    /// Claims up to `limit` due deliveries of a webhook: manual ones first, then in the order of their due time.
    pub async fn claim(&self, node: NodeId, webhook: WebhookId, which: Claim, now: Timestamp, limit: u64) -> Result<Vec<Job>, StoreError> {
        let until = match which {
            Claim::Due => now,
            Claim::Asked => ALL_AHEAD,
        };
        let which = "SELECT id FROM deliveries WHERE state = 'pending' AND webhook_id = ? AND due_at <= ? ORDER BY due_at LIMIT ?";
        let set = "UPDATE deliveries SET state = 'sending', lease_owner = ?, updated_at = ?";
        let columns = "deliveries.id, event_id, webhook_id, next_trigger, attempts, retries, asked, breaks, order_key, due_at";
        // Rows that another node is claiming at the same time are skipped.
        let (sql, reorder) = match self.backend() {
            DbBackend::Postgres => (
                format!(
                    "WITH due AS MATERIALIZED ({which} FOR UPDATE SKIP LOCKED) {set} FROM due WHERE deliveries.id = due.id RETURNING {columns}"
                ),
                true,
            ),
            _ => (format!("{set} WHERE id IN ({which}) RETURNING {columns}"), false),
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let (which, owner) = ([webhook.0.into(), until.0.into(), limit.into()], [node.0.into(), now.0.into()]);
        let values: Vec<sea_orm::Value> = if reorder {
            which.into_iter().chain(owner).collect()
        } else {
            owner.into_iter().chain(which).collect()
        };
        let mut rows = Row::find_by_statement(statement(self.backend(), &sql, values))
            .all(&self.write)
            .await?;
        rows.sort_by_key(|row| (row.due_at, row.id));
        self.jobs(node, rows, now).await
    }

    /// Loads the events' bodies. A delivery whose event does not exist any more is marked as failed.
    async fn jobs(&self, node: NodeId, rows: Vec<Row>, now: Timestamp) -> Result<Vec<Job>, StoreError> {
        let bodies = self.bodies(rows.iter().map(|row| row.event_id).collect()).await?;
        let (mut jobs, mut lost) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            let Some(sent) = bodies.get(&row.event_id) else {
                lost.push(row);
                continue;
            };
            let trigger = row.next_trigger.parse::<Trigger>()?;
            jobs.push(Job {
                delivery: DeliveryId(row.id),
                event: EventId(row.event_id),
                event_type: sent.event_type,
                webhook: WebhookId(row.webhook_id),
                body: sent.body.clone(),
                trace: sent.trace.clone(),
                attempts: u32::try_from(row.attempts).unwrap_or(0),
                retries: u32::try_from(row.retries).unwrap_or(0),
                breaks: u32::try_from(row.breaks).unwrap_or(0),
                order: row.order_key.map(OrderKey),
                trigger,
                asked: row.asked > 0 || trigger == Trigger::Test,
            });
        }
        if !lost.is_empty() {
            self.give_up_lost(node, &lost, now).await?;
        }
        Ok(jobs)
    }

    async fn give_up_lost(&self, node: NodeId, lost: &[Row], now: Timestamp) -> Result<(), StoreError> {
        let reason = "The event was deleted before it could be sent.";
        let sql = "UPDATE deliveries SET state = 'failed', reason = ?, due_at = NULL, lease_owner = NULL, updated_at = ? \
                   WHERE lease_owner = ? AND id IN";
        let subject = |row: &Row| Some((WebhookId(row.webhook_id), OrderKey(row.order_key?)));
        let transaction = self.begin().await?;
        let values = [reason.into(), now.0.into(), node.0.into()];
        for_ids(&transaction, sql, &values, lost.iter().map(|row| row.id)).await?;
        ordering::go_on(&transaction, &lost.iter().filter_map(subject).collect(), now).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn bodies(&self, mut events: Vec<Uuid>) -> Result<HashMap<Uuid, Sent>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            id: Uuid,
            event_type: String,
            extensions: Option<String>,
            body: String,
        }
        events.sort_unstable();
        events.dedup();
        let (mut bodies, mut events) = (HashMap::with_capacity(events.len()), events.into_iter());
        for size in sizes(events.len()) {
            let sql = format!("SELECT id, event_type, extensions, body FROM events WHERE id IN {}", marks(size));
            let ids = events.by_ref().take(size).map(sea_orm::Value::from);
            for row in Row::find_by_statement(statement(self.backend(), &sql, ids)).all(&self.read).await? {
                let event_type = row.event_type.parse().map_err(|_| StoreError::Corrupt(row.event_type.clone()))?;
                let sent = Sent {
                    event_type,
                    body: Bytes::from(row.body),
                    trace: row.extensions.as_deref().and_then(TraceContext::of_extensions).map(Arc::new),
                };
                bodies.insert(row.id, sent);
            }
        }
        Ok(bodies)
    }

    /// Releases deliveries that were not attempted, so that any node can claim them.
    pub async fn release(&self, node: NodeId, deliveries: &[DeliveryId]) -> Result<(), StoreError> {
        let owner = not_by_index(self.backend(), "lease_owner");
        let sql = format!("UPDATE deliveries SET state = 'pending', lease_owner = NULL WHERE {owner} = ? AND state = 'sending' AND id IN");
        for_ids(&self.write, &sql, &[node.0.into()], deliveries.iter().map(|id| id.0)).await?;
        Ok(())
    }

    /// The deliveries that this node owns according to the database.
    pub async fn owned(&self, node: NodeId) -> Result<Vec<DeliveryId>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            id: Uuid,
        }
        let sql = "SELECT id FROM deliveries WHERE state = 'sending' AND lease_owner = ?";
        let rows = Row::find_by_statement(statement(self.backend(), sql, [node.0.into()]))
            .all(&self.read)
            .await?;
        Ok(rows.into_iter().map(|row| DeliveryId(row.id)).collect())
    }

    /// The number of deliveries per unfinished state: pending, sending, held.
    pub async fn unfinished(&self) -> Result<HashMap<DeliveryState, u64>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            state: String,
            count: i64,
        }
        let each = |state: &str| format!("SELECT '{state}' AS state, COUNT(*) AS count FROM deliveries WHERE state = '{state}'");
        let sql = [each("pending"), each("sending"), each("held")].join(" UNION ALL ");
        let rows = Row::find_by_statement(statement(self.backend(), &sql, [])).all(&self.read).await?;
        rows.into_iter()
            .map(|row| Ok((row.state.parse()?, u64::try_from(row.count).unwrap_or(0))))
            .collect()
    }
}
