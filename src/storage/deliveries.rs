//! The queue of deliveries: claims, releases and counts.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Statement, Value, sea_query::Expr};
use uuid::Uuid;

use crate::{
    domain::{
        callback::Trigger,
        delivery::DeliveryState,
        event_type::EventType,
        id::{DeliveryId, EventId, NodeId, WebhookId},
        timestamp::Timestamp,
        trace_context::TraceContext,
    },
    storage::{
        Store, StoreError,
        batch_insert::{BatchInsert, for_ids, sizes},
        entity::{delivery, event},
        erase::ERASED,
        ordering::{self, OrderKey},
        priority::Priority,
        raw_sql::{not_by_index, statement},
    },
};

/// Why a delivery fails whose event was deleted.
const DELETED_EVENT: &str = "The event was deleted before it could be sent.";

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
    /// The delivery is not retried after this number of attempts. `None`: the schedule decides.
    pub max_attempts: Option<u32>,
    /// How many attempts panicked.
    pub panics: u32,
    /// The ordering key, if the webhook is ordered and the event has a subject.
    pub order: Option<OrderKey>,
    /// The trigger of the next attempt.
    pub trigger: Trigger,
    /// Whether the attempt was requested manually, so that it has priority.
    pub manual: bool,
}

impl Job {
    /// Whether the delivery is retried by the schedule. Tests, and finished deliveries that are redelivered, are not.
    pub fn has_schedule(&self) -> bool {
        self.max_attempts.is_none()
    }

    /// Whether the next attempt may be followed by a retry.
    pub fn may_be_retried(&self) -> bool {
        self.max_attempts.is_none_or(|most| self.attempts.saturating_add(1) < most)
    }
}

impl BatchInsert for delivery::Entity {}

/// A webhook with pending deliveries in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Its id.
    pub webhook: WebhookId,
    /// When the first of them is due, in the order in which they are claimed.
    pub due: Timestamp,
    /// Whether one of them was requested manually. It is due now, whatever `due` is.
    pub manual: bool,
}

impl Backlog {
    /// Whether a delivery can be claimed now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.manual || self.due <= now
    }
}

/// Which due deliveries of a webhook are claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimFilter {
    /// All of them, manual ones first.
    AllDue,
    /// Only manual ones.
    ManualOnly,
}

/// A claimed delivery.
#[derive(FromQueryResult)]
struct ClaimedRow {
    id: Uuid,
    event_id: Uuid,
    webhook_id: Uuid,
    next_trigger: String,
    attempts: i32,
    retries: i32,
    max_attempts: Option<i32>,
    manual_requests: i32,
    panics: i32,
    priority: i16,
    order_key: Option<i64>,
    due_at: Option<i64>,
}

/// What all callbacks of an event have in common.
struct EventContent {
    event_type: EventType,
    body: Bytes,
    trace: Option<Arc<TraceContext>>,
}

impl Store {
    /// The webhooks that have pending deliveries, and when the first of each is due. The cost is a few index steps per such webhook,
    /// however many deliveries are pending.
    pub async fn backlogs(&self) -> Result<Vec<Backlog>, StoreError> {
        #[derive(FromQueryResult)]
        struct BacklogRow {
            webhook_id: Uuid,
            priority: Option<i16>,
            due_at: Option<i64>,
        }
        let rows = BacklogRow::find_by_statement(self.backlogs_statement()).all(&self.read).await?;
        let backlog = |row: BacklogRow| {
            Some(Backlog {
                webhook: WebhookId(row.webhook_id),
                due: Timestamp(row.due_at?),
                manual: row.priority? == Priority::Manual.number(),
            })
        };
        Ok(rows.into_iter().filter_map(backlog).collect())
    }

    /// The webhooks with deliveries that are due or being sent, and since when the first of each is due.
    pub async fn due_since(&self, now: Timestamp) -> Result<HashMap<WebhookId, Timestamp>, StoreError> {
        #[derive(FromQueryResult)]
        struct SendingRow {
            webhook_id: Uuid,
            due_at: Option<i64>,
        }
        // Reads the partial index of deliveries in the memory of nodes, whose number is limited.
        let sql = "SELECT webhook_id, MIN(due_at) AS due_at FROM deliveries WHERE state = 'sending' GROUP BY webhook_id";
        let sending = SendingRow::find_by_statement(statement(self.backend(), sql, []))
            .all(&self.read)
            .await?;
        let sending = sending
            .into_iter()
            .filter_map(|row| Some((WebhookId(row.webhook_id), Timestamp(row.due_at?))));
        let pending = self.backlogs().await?.into_iter().map(|backlog| (backlog.webhook, backlog.due));
        let mut since: HashMap<WebhookId, Timestamp> = HashMap::new();
        for (webhook, due) in sending.chain(pending).filter(|(_, due)| *due <= now) {
            let first = since.entry(webhook).or_insert(due);
            *first = due.min(*first);
        }
        Ok(since)
    }

    pub(super) fn backlogs_statement(&self) -> Statement {
        let first = |column: &str| {
            format!(
                "(SELECT {column} FROM deliveries WHERE state = 'pending' AND webhook_id = waiting.webhook_id \
                 ORDER BY priority, due_at LIMIT 1) AS {column}"
            )
        };
        let sql = format!(
            "WITH RECURSIVE waiting(webhook_id) AS (\
             SELECT (SELECT webhook_id FROM deliveries WHERE state = 'pending' ORDER BY webhook_id LIMIT 1) \
             UNION ALL SELECT (SELECT d.webhook_id FROM deliveries d WHERE d.state = 'pending' \
             AND d.webhook_id > waiting.webhook_id ORDER BY d.webhook_id LIMIT 1) FROM waiting WHERE waiting.webhook_id IS NOT NULL) \
             SELECT webhook_id, {}, {} FROM waiting WHERE webhook_id IS NOT NULL",
            first("priority"),
            first("due_at")
        );
        statement(self.backend(), &sql, [])
    }

    /// Claims up to `limit` due deliveries of a webhook: manual ones first, then in the order of their due time.
    pub async fn claim(
        &self,
        node: NodeId,
        webhook: WebhookId,
        filter: ClaimFilter,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<Job>, StoreError> {
        let statement = self.claim_statement(node, webhook, filter, now, limit);
        let mut rows = ClaimedRow::find_by_statement(statement).all(&self.write).await?;
        rows.sort_by_key(|row| (row.priority, row.due_at, row.id));
        self.jobs(node, rows, now).await
    }

    pub(super) fn claim_statement(&self, node: NodeId, webhook: WebhookId, filter: ClaimFilter, now: Timestamp, limit: u64) -> Statement {
        // One range of the index (webhook, priority, due time): all manual deliveries, then the scheduled ones that are due.
        let (last, until) = match filter {
            ClaimFilter::AllDue => (Priority::Scheduled, now.0),
            ClaimFilter::ManualOnly => (Priority::Manual, i64::MAX),
        };
        let which = format!(
            "SELECT id FROM deliveries WHERE state = 'pending' AND webhook_id = ? AND (priority, due_at) <= ({}, ?) \
             ORDER BY priority, due_at LIMIT ?",
            last.number()
        );
        // On PostgreSQL rows that another node is claiming at the same time are skipped. An array is computed once, and its elements are
        // looked up in the primary key however large the table is.
        let which = match self.backend() {
            DbBackend::Postgres => format!("= ANY(ARRAY({which} FOR UPDATE SKIP LOCKED))"),
            _ => format!("IN ({which})"),
        };
        let sql = format!(
            "UPDATE deliveries SET state = 'sending', lease_owner = ?, updated_at = ? WHERE id {which} \
             RETURNING id, event_id, webhook_id, next_trigger, attempts, retries, max_attempts, manual_requests, panics, priority, \
             order_key, due_at"
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values: [Value; 5] = [node.0.into(), now.0.into(), webhook.0.into(), until.into(), limit.into()];
        statement(self.backend(), &sql, values)
    }

    /// Loads the events' bodies. A delivery whose event does not exist any more is marked as failed, and that of an erased event as cancelled.
    async fn jobs(&self, node: NodeId, rows: Vec<ClaimedRow>, now: Timestamp) -> Result<Vec<Job>, StoreError> {
        let bodies = self.bodies(rows.iter().map(|row| row.event_id).collect()).await?;
        let (mut jobs, mut lost, mut erased) = (Vec::with_capacity(rows.len()), Vec::new(), Vec::new());
        for row in rows {
            let Some(content) = bodies.get(&row.event_id) else {
                lost.push(row);
                continue;
            };
            if content.body.is_empty() {
                erased.push(row);
                continue;
            }
            let trigger = row.next_trigger.parse::<Trigger>()?;
            jobs.push(Job {
                delivery: DeliveryId(row.id),
                event: EventId(row.event_id),
                event_type: content.event_type.clone(),
                webhook: WebhookId(row.webhook_id),
                body: content.body.clone(),
                trace: content.trace.clone(),
                attempts: u32::try_from(row.attempts).unwrap_or(0),
                retries: u32::try_from(row.retries).unwrap_or(0),
                max_attempts: row.max_attempts.and_then(|most| u32::try_from(most).ok()),
                panics: u32::try_from(row.panics).unwrap_or(0),
                order: row.order_key.map(OrderKey),
                trigger,
                manual: row.manual_requests > 0 || trigger == Trigger::Test,
            });
        }
        if !lost.is_empty() {
            self.end_without_event(node, &lost, DeliveryState::Failed, DELETED_EVENT, now)
                .await?;
        }
        if !erased.is_empty() {
            self.end_without_event(node, &erased, DeliveryState::Cancelled, ERASED, now).await?;
        }
        Ok(jobs)
    }

    /// Ends deliveries whose event has no body any more.
    async fn end_without_event(
        &self,
        node: NodeId,
        lost: &[ClaimedRow],
        state: DeliveryState,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE deliveries SET state = ?, reason = ?, due_at = NULL, manual_requests = 0, priority = 1, lease_owner = NULL, \
                   updated_at = ? WHERE lease_owner = ? AND id IN";
        let subject = |row: &ClaimedRow| Some((WebhookId(row.webhook_id), OrderKey(row.order_key?)));
        let subjects = lost.iter().filter_map(subject).collect();
        let transaction = self.begin().await?;
        ordering::lock_all(&transaction, &subjects).await?;
        let values = [state.as_str().into(), reason.into(), now.0.into(), node.0.into()];
        for_ids(&transaction, sql, &values, lost.iter().map(|row| row.id)).await?;
        ordering::promote_next(&transaction, &subjects, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn bodies(&self, mut events: Vec<Uuid>) -> Result<HashMap<Uuid, EventContent>, StoreError> {
        #[derive(FromQueryResult)]
        struct EventRow {
            id: Uuid,
            event_type: String,
            trace_context: Option<String>,
            body: String,
        }
        events.sort_unstable();
        events.dedup();
        let (mut bodies, mut events) = (HashMap::with_capacity(events.len()), events.into_iter());
        for size in sizes(events.len()) {
            let ids = events.by_ref().take(size);
            let rows = event::Entity::find()
                .select_only()
                .columns([
                    event::Column::Id,
                    event::Column::EventType,
                    event::Column::TraceContext,
                    event::Column::Body,
                ])
                .filter(event::Column::Id.is_in(ids));
            for row in rows.into_model::<EventRow>().all(&self.read).await? {
                let content = EventContent {
                    event_type: EventType::of_stored(&row.event_type),
                    body: Bytes::from(row.body),
                    trace: row.trace_context.as_deref().and_then(TraceContext::of_stored).map(Arc::new),
                };
                bodies.insert(row.id, content);
            }
        }
        Ok(bodies)
    }

    /// Releases deliveries that were not attempted, so that any node can claim them. Leaves those that were claimed or stored after
    /// `owned_until`: this node lost them to another one in the meantime, and claimed them again. `None` releases them whatever their time is.
    /// `updated_at` of a delivery that is being sent is the time of its claim, or that at which it was stored.
    pub async fn release(&self, node: NodeId, deliveries: &[DeliveryId], owned_until: Option<Timestamp>) -> Result<(), StoreError> {
        // There is no other node on SQLite, and its clock may be set back.
        let owned_until = owned_until.filter(|_| self.is_shared()).unwrap_or(Timestamp(i64::MAX));
        let owner = not_by_index(self.backend(), "lease_owner");
        let sql = format!(
            "UPDATE deliveries SET state = 'pending', lease_owner = NULL WHERE {owner} = ? AND state = 'sending' AND updated_at <= ? AND id IN"
        );
        for_ids(
            &self.write,
            &sql,
            &[node.0.into(), owned_until.0.into()],
            deliveries.iter().map(|id| id.0),
        )
        .await?;
        Ok(())
    }

    /// The deliveries that this node owns according to the database.
    pub async fn owned(&self, node: NodeId) -> Result<Vec<DeliveryId>, StoreError> {
        let owned = delivery::Entity::find()
            .select_only()
            .column(delivery::Column::Id)
            // A literal, as in the partial index.
            .filter(Expr::cust("state = 'sending'"))
            .filter(delivery::Column::LeaseOwner.eq(node.0));
        let ids = owned.into_tuple::<Uuid>().all(&self.read).await?;
        Ok(ids.into_iter().map(DeliveryId).collect())
    }

    /// The number of deliveries per unfinished state: pending (including parked), sending, held.
    pub async fn unfinished(&self) -> Result<HashMap<DeliveryState, u64>, StoreError> {
        #[derive(FromQueryResult)]
        struct StateCount {
            state: String,
            count: i64,
        }
        let states = [
            DeliveryState::Pending,
            DeliveryState::Parked,
            DeliveryState::Sending,
            DeliveryState::Held,
        ];
        // One subquery per state, each answered by the partial index of that state.
        let sql = states.map(|state| format!("SELECT '{state}' AS state, COUNT(*) AS count FROM deliveries WHERE state = '{state}'"));
        let counts = StateCount::find_by_statement(statement(self.backend(), &sql.join(" UNION ALL "), []));
        let mut unfinished = HashMap::new();
        for row in counts.all(&self.read).await? {
            let state = row.state.parse::<DeliveryState>()?.reported();
            *unfinished.entry(state).or_default() += u64::try_from(row.count).unwrap_or(0);
        }
        Ok(unfinished)
    }
}
