//! Deliveries as a queue: what is due, claimed for a node, given back, held, ended.

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
        bulk::{for_ids, marks, not_by_index, sizes, statement},
        line::ALL_AHEAD,
        order::{self, OrderKey},
        resend::NO_RETRIES,
    },
};

/// A delivery that this node owns and is to send.
#[derive(Clone, Debug)]
pub struct Job {
    /// Which.
    pub delivery: DeliveryId,
    /// Of which event.
    pub event: EventId,
    /// The event's type.
    pub event_type: EventType,
    /// Owed to which webhook.
    pub webhook: WebhookId,
    /// The callback's body.
    pub body: Bytes,
    /// The event's trace context, when it has one.
    pub trace: Option<Arc<TraceContext>>,
    /// Attempts made before.
    pub attempts: u32,
    /// Retries used of the schedule.
    pub retries: u32,
    /// How often sending it broke the code.
    pub breaks: u32,
    /// Stands for its subject, when the webhook wants its events in order.
    pub order: Option<OrderKey>,
    /// Why the next attempt is made.
    pub trigger: Trigger,
    /// Somebody asked for this very delivery, so it goes first.
    pub asked: bool,
}

impl Job {
    /// Whether it is tried again by the retry schedule. Tests and deliveries that are sent once more after they had ended are not.
    pub fn has_schedule(&self) -> bool {
        i32::try_from(self.retries).is_ok_and(|retries| retries < NO_RETRIES)
    }
}

/// A webhook with deliveries that wait in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Which.
    pub webhook: WebhookId,
    /// When the first of them is due.
    pub due: Timestamp,
    /// Whether somebody asked for one of them.
    pub asked: bool,
}

/// Which of the due deliveries of a webhook are claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// All; those that people asked for first.
    Due,
    /// Only those that people asked for.
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
    /// Which webhooks have deliveries that wait in the database, and since when or until when. It costs a few steps for each such webhook,
    /// however many deliveries wait.
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

    /// Takes up to `limit` due deliveries of a webhook: those that people asked for, then longest due first.
    pub async fn claim(&self, node: NodeId, webhook: WebhookId, which: Claim, now: Timestamp, limit: u64) -> Result<Vec<Job>, StoreError> {
        let until = match which {
            Claim::Due => now,
            Claim::Asked => ALL_AHEAD,
        };
        let which = "SELECT id FROM deliveries WHERE state = 'pending' AND webhook_id = ? AND due_at <= ? ORDER BY due_at LIMIT ?";
        let set = "UPDATE deliveries SET state = 'sending', lease_owner = ?, updated_at = ?";
        let columns = "deliveries.id, event_id, webhook_id, next_trigger, attempts, retries, asked, breaks, order_key, due_at";
        // Rows that another node is claiming at this moment are passed over, not waited for.
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

    /// Adds the events' bodies. A delivery whose event is gone has failed.
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
        order::go_on(&transaction, &lost.iter().filter_map(subject).collect(), now).await?;
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

    /// Gives deliveries back that were not tried, for any node to claim.
    pub async fn release(&self, node: NodeId, deliveries: &[DeliveryId]) -> Result<(), StoreError> {
        let owner = not_by_index(self.backend(), "lease_owner");
        let sql = format!("UPDATE deliveries SET state = 'pending', lease_owner = NULL WHERE {owner} = ? AND state = 'sending' AND id IN");
        for_ids(&self.write, &sql, &[node.0.into()], deliveries.iter().map(|id| id.0)).await?;
        Ok(())
    }

    /// What this node owns by the database's account.
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

    /// How many deliveries wait, are being sent, and are held.
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
