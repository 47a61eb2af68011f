//! Stores the publish requests of one group: inserts new event keys, the events, and one delivery per subscription.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use bytes::Bytes;
use sea_orm::Value;
use uuid::Uuid;

use crate::{
    domain::{
        callback::Trigger,
        delivery::DeliveryState,
        id::{DeliveryId, EventId, NodeId, WebhookId},
        timestamp::Timestamp,
        trace_context::TraceContext,
    },
    storage::{
        StoreError,
        batch_insert::{Insert, marks, sizes, statement},
        deliveries::Job,
        events::{DUPLICATES_FOR, EventKey, NewEvent},
        executor::Sql,
        journal::{
            Accepted, Intake, Place, Publish,
            subscriptions::{Subscription, Subscriptions},
        },
        new_id,
        ordering::{self, OrderKey},
    },
};

const KEYS: Insert<4> = Insert {
    table: "event_keys",
    columns: ["key", "event_id", "deliveries", "received_at"],
    tail: "ON CONFLICT (key) DO NOTHING",
};

const EVENTS: Insert<9> = Insert {
    table: "events",
    columns: [
        "id",
        "event_type",
        "source",
        "ce_id",
        "subject",
        "extensions",
        "occurred_at",
        "received_at",
        "body",
    ],
    tail: "",
};

const DELIVERIES: Insert<15> = Insert {
    table: "deliveries",
    columns: [
        "id",
        "event_id",
        "webhook_id",
        "state",
        "next_trigger",
        "attempts",
        "retries",
        "asked",
        "breaks",
        "order_key",
        "due_at",
        "lease_owner",
        "reason",
        "created_at",
        "updated_at",
    ],
    tail: "",
};

/// A delivery to insert.
pub(in crate::storage) struct NewDelivery {
    pub(in crate::storage) id: DeliveryId,
    pub(in crate::storage) event: EventId,
    pub(in crate::storage) webhook: WebhookId,
    pub(in crate::storage) state: DeliveryState,
    pub(in crate::storage) trigger: Trigger,
    pub(in crate::storage) retries: i32,
    pub(in crate::storage) order: Option<OrderKey>,
    /// `None` if the delivery waits for an earlier one with the same subject.
    pub(in crate::storage) due: Option<Timestamp>,
}

/// Inserts deliveries.
pub(in crate::storage) async fn add_deliveries(
    on: &impl Sql,
    node: NodeId,
    deliveries: &[NewDelivery],
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = deliveries.iter().map(|new| -> [Value; 15] {
        let owner = Some(node.0).filter(|_| new.state == DeliveryState::Sending);
        [
            new.id.0.into(),
            new.event.0.into(),
            new.webhook.0.into(),
            new.state.as_str().into(),
            new.trigger.as_str().into(),
            0.into(),
            new.retries.into(),
            0.into(),
            0.into(),
            new.order.map(|key| key.0).into(),
            new.due.map(|due| due.0).into(),
            owner.into(),
            None::<String>.into(),
            now.0.into(),
            now.0.into(),
        ]
    });
    DELIVERIES.run(on, rows.collect()).await?;
    Ok(())
}

/// Inserts events.
pub(in crate::storage) async fn add_events(on: &impl Sql, events: &[&NewEvent], now: Timestamp) -> Result<(), StoreError> {
    let rows = events.iter().map(|event| -> [Value; 9] {
        [
            event.id.0.into(),
            event.event_type.as_str().into(),
            event.source.as_str().into(),
            event.ce_id.as_str().into(),
            event.subject.as_deref().into(),
            event.extensions.as_deref().into(),
            event.occurred_at.0.into(),
            now.0.into(),
            String::from_utf8_lossy(&event.body).into_owned().into(),
        ]
    });
    EVENTS.run(on, rows.collect()).await?;
    Ok(())
}

/// Inserts the keys that do not exist yet, each with the number of deliveries of its event. Returns the number of inserted keys.
pub(in crate::storage) async fn add_keys(on: &impl Sql, keys: &[(&EventKey, &NewEvent, usize)], now: Timestamp) -> Result<u64, StoreError> {
    let rows = keys.iter().map(|(key, event, deliveries)| -> [Value; 4] {
        [
            key.as_bytes().to_vec().into(),
            event.id.0.into(),
            i32::try_from(*deliveries).unwrap_or(i32::MAX).into(),
            now.0.into(),
        ]
    });
    KEYS.run(on, rows.collect()).await
}

pub(super) struct Publishing<'a, S> {
    pub(super) transaction: &'a S,
    pub(super) node: NodeId,
    pub(super) now: Timestamp,
    pub(super) intake: &'a dyn Intake,
    pub(super) reserved: &'a mut Vec<Place>,
    /// Deliveries that this node sends at once.
    pub(super) jobs: Vec<Job>,
    /// Whether a delivery was left to be claimed later, because this node had no free slot.
    pub(super) overflow: bool,
}

impl<S: Sql> Publishing<'_, S> {
    /// Stores the events of all requests. Returns one answer per event.
    pub(super) async fn store(&mut self, publishes: &[Publish], subscriptions: &Subscriptions) -> Result<Vec<Vec<Accepted>>, StoreError> {
        // If a group contains the same event several times, the first one is stored and the others are duplicates.
        let mut first: HashMap<&EventKey, &NewEvent> = HashMap::new();
        for (key, event) in publishes.iter().flat_map(|publish| &publish.events) {
            first.entry(key).or_insert(event);
        }
        let hearers = |event: &NewEvent| subscriptions.of(event.event_type).len();
        let known = self.take_keys(&first, hearers).await?;
        let all = publishes.iter().flat_map(|publish| &publish.events);
        let fresh: Vec<&NewEvent> = all
            .filter(|(key, event)| !known.contains_key(key) && first.get(key).is_some_and(|first| first.id == event.id))
            .map(|(_, event)| event)
            .collect();
        add_events(self.transaction, &fresh, self.now).await?;
        self.fan_out(&fresh, subscriptions).await?;
        let answer = |(key, event): &(EventKey, NewEvent)| match (known.get(key), first.get(key)) {
            (Some((id, deliveries)), _) => Accepted {
                id: *id,
                duplicate: true,
                deliveries: *deliveries,
            },
            (None, first) => {
                let id = first.map_or(event.id, |first| first.id);
                Accepted {
                    id,
                    duplicate: id != event.id,
                    deliveries: hearers(event) as u64,
                }
            }
        };
        Ok(publishes
            .iter()
            .map(|publish| publish.events.iter().map(answer).collect())
            .collect())
    }

    /// Inserts the keys that do not exist yet, and returns the events that hold the other keys. The keys are sorted, so that two nodes lock
    /// them in the same order and cannot deadlock.
    async fn take_keys(
        &self,
        first: &HashMap<&EventKey, &NewEvent>,
        hearers: impl Fn(&NewEvent) -> usize,
    ) -> Result<HashMap<EventKey, (EventId, u64)>, StoreError> {
        let mut keys: Vec<_> = first.iter().map(|(key, event)| (*key, *event, hearers(event))).collect();
        keys.sort_unstable_by_key(|(key, ..)| *key);
        if add_keys(self.transaction, &keys, self.now).await? == keys.len() as u64 {
            return Ok(HashMap::new());
        }
        let (mut known, expired) = self.known_keys(&keys).await?;
        if expired.is_empty() {
            return Ok(known);
        }
        // The key of an event that is older than the deduplication window is given to the new event. The old event gets another key, so
        // that it can still be found.
        for (key, former) in &expired {
            let Some(event) = first.get(key) else { continue };
            let sql = "UPDATE event_keys SET key = ? WHERE key = ? AND event_id = ?";
            let former_key = EventKey::of_former(&event.ce_id, *former);
            let values = [
                former_key.as_bytes().to_vec().into(),
                key.as_bytes().to_vec().into(),
                former.0.into(),
            ];
            self.transaction.run(statement(self.transaction.backend(), sql, values)).await?;
        }
        keys.retain(|(key, ..)| expired.contains_key(key));
        // Another node may have inserted the key in the meantime.
        if add_keys(self.transaction, &keys, self.now).await? < keys.len() as u64 {
            known.extend(self.known_keys(&keys).await?.0);
        }
        Ok(known)
    }

    /// The existing events that hold these keys: those within the deduplication window, and those that are older.
    async fn known_keys(
        &self,
        keys: &[(&EventKey, &NewEvent, usize)],
    ) -> Result<(HashMap<EventKey, (EventId, u64)>, BTreeMap<EventKey, EventId>), StoreError> {
        let expiry = self.now.minus(DUPLICATES_FOR);
        let ours: HashSet<Uuid> = keys.iter().map(|(_, event, _)| event.id.0).collect();
        let (mut known, mut expired, mut keys) = (HashMap::new(), BTreeMap::new(), keys.iter());
        for size in sizes(keys.len()) {
            let sql = format!(
                "SELECT key, event_id, deliveries, received_at FROM event_keys WHERE key IN {}",
                marks(size)
            );
            let values = keys.by_ref().take(size).map(|(key, ..)| key.as_bytes().to_vec().into());
            for row in self.transaction.rows(statement(self.transaction.backend(), &sql, values)).await? {
                let event: Uuid = row.get("event_id")?;
                let key = EventKey::from_bytes(row.get::<Vec<u8>>("key")?);
                if ours.contains(&event) {
                } else if row.get::<i64>("received_at")? < expiry.0 {
                    expired.insert(key, EventId(event));
                } else {
                    let deliveries = u64::try_from(row.get::<i32>("deliveries")?).unwrap_or(0);
                    known.insert(key, (EventId(event), deliveries));
                }
            }
        }
        Ok((known, expired))
    }

    /// Creates one delivery per event and subscribed webhook. This node sends it at once if a slot is free. It is held if the webhook is
    /// disabled.
    async fn fan_out(&mut self, events: &[&NewEvent], subscriptions: &Subscriptions) -> Result<(), StoreError> {
        let (mut deliveries, mut busy) = (Vec::new(), HashSet::new());
        let subjects = events.iter().flat_map(|event| {
            let hearers = subscriptions.of(event.event_type).iter();
            hearers
                .filter(|to| to.enabled)
                .filter_map(|to| Some((to.webhook, order_of(event, *to)?)))
        });
        ordering::lock_all(self.transaction, &subjects.collect()).await?;
        for event in events {
            let body = Bytes::clone(&event.body);
            let trace = event.extensions.as_deref().and_then(TraceContext::of_extensions).map(Arc::new);
            for to in subscriptions.of(event.event_type) {
                let (id, webhook) = (new_id(), to.webhook);
                let order = order_of(event, *to);
                // A held delivery neither waits for other deliveries nor blocks them.
                let waits = match order.filter(|_| to.enabled) {
                    Some(key) => !busy.insert((webhook, key)) || ordering::is_busy(self.transaction, webhook, key).await?,
                    None => false,
                };
                let place = Place {
                    webhook,
                    delivery: id,
                    bytes: body.len(),
                };
                let (state, due) = if !to.enabled {
                    (DeliveryState::Held, None)
                } else if waits {
                    (DeliveryState::Pending, None)
                } else if self.intake.reserve(place) {
                    self.reserved.push(place);
                    (DeliveryState::Sending, Some(self.now))
                } else {
                    self.overflow = true;
                    (DeliveryState::Pending, Some(self.now))
                };
                deliveries.push(NewDelivery {
                    id,
                    event: event.id,
                    webhook,
                    state,
                    trigger: Trigger::Event,
                    retries: 0,
                    order,
                    due,
                });
                if state == DeliveryState::Sending {
                    self.jobs.push(Job {
                        delivery: id,
                        event: event.id,
                        event_type: event.event_type,
                        webhook,
                        body: body.clone(),
                        trace: trace.clone(),
                        attempts: 0,
                        retries: 0,
                        breaks: 0,
                        order,
                        trigger: Trigger::Event,
                        asked: false,
                    });
                }
            }
        }
        add_deliveries(self.transaction, self.node, &deliveries, self.now).await
    }
}

/// The ordering key of a delivery, if the webhook is ordered and the event has a subject.
fn order_of(event: &NewEvent, to: Subscription) -> Option<OrderKey> {
    event.subject.as_deref().filter(|_| to.ordered).map(OrderKey::of)
}
