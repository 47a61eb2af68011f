//! Stores the publish requests of one group: inserts new event keys, the events, and one delivery per subscription.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use bytes::Bytes;
use sea_orm::sea_query::OnConflict;
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
        batch_insert::{BatchInsert, insert_all, sizes},
        deliveries::Job,
        entity::{delivery, event, event_key},
        events::{DUPLICATES_FOR, EventKey, NewEvent},
        executor::Executor,
        journal::{
            committed::{Slot, Slots},
            entry::{Accepted, Publish},
            subscriptions::{Subscription, Subscriptions},
        },
        new_id,
        ordering::{self, OrderKey},
        priority::Priority,
        raw_sql::{marks, statement},
    },
};

impl BatchInsert for event::Entity {}

impl BatchInsert for event_key::Entity {
    fn on_conflict() -> Option<OnConflict> {
        Some(OnConflict::column(event_key::Column::Key).do_nothing().to_owned())
    }
}

/// A delivery to insert.
pub(in crate::storage) struct NewDelivery {
    pub(in crate::storage) id: DeliveryId,
    pub(in crate::storage) event: EventId,
    pub(in crate::storage) webhook: WebhookId,
    pub(in crate::storage) state: DeliveryState,
    pub(in crate::storage) trigger: Trigger,
    pub(in crate::storage) max_attempts: Option<i32>,
    pub(in crate::storage) priority: Priority,
    pub(in crate::storage) order: Option<OrderKey>,
    /// When the first attempt is due. `None` if the delivery is parked or held.
    pub(in crate::storage) due: Option<Timestamp>,
}

/// Inserts events and their deliveries. `received` is a time of this machine, as in their ids; `now` is by the clock by which deliveries are due.
pub(in crate::storage) async fn add_events(
    on: &impl Executor,
    node: NodeId,
    events: &[&NewEvent],
    deliveries: &[NewDelivery],
    received: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = events.iter().map(|new| event::Model {
        id: new.id.0,
        event_type: new.event_type.to_string(),
        source: new.source.clone(),
        ce_id: new.ce_id.clone(),
        subject: new.subject.clone(),
        extensions: new.extensions.clone(),
        trace_context: new.trace.as_ref().map(TraceContext::stored),
        occurred_at: new.occurred_at.0,
        received_at: received.0,
        body: String::from_utf8_lossy(&new.body).into_owned(),
    });
    insert_all::<event::Entity>(on, rows).await?;
    let rows = deliveries.iter().map(|new| delivery::Model {
        id: new.id.0,
        event_id: new.event.0,
        webhook_id: new.webhook.0,
        state: new.state.to_string(),
        next_trigger: new.trigger.to_string(),
        attempts: 0,
        retries: 0,
        max_attempts: new.max_attempts,
        manual_requests: 0,
        panics: 0,
        priority: new.priority.number(),
        order_key: new.order.map(|key| key.0),
        due_at: new.due.map(|due| due.0),
        lease_owner: Some(node.0).filter(|_| new.state == DeliveryState::Sending),
        reason: None,
        created_at: received.0,
        updated_at: now.0,
    });
    insert_all::<delivery::Entity>(on, rows).await?;
    Ok(())
}

/// Inserts the keys that do not exist yet, each with the number of deliveries of its event. Returns the number of inserted keys.
pub(in crate::storage) async fn add_keys(
    on: &impl Executor,
    keys: &[(&EventKey, &NewEvent, usize)],
    received: Timestamp,
) -> Result<u64, StoreError> {
    let rows = keys.iter().map(|(key, event, deliveries)| event_key::Model {
        key: key.as_bytes().to_vec(),
        event_id: event.id.0,
        deliveries: i32::try_from(*deliveries).unwrap_or(i32::MAX),
        received_at: received.0,
    });
    insert_all::<event_key::Entity>(on, rows).await
}

/// The context of storing the publish requests of one group.
pub(super) struct Publishing<'a, E> {
    pub(super) transaction: &'a E,
    pub(super) node: NodeId,
    /// When the requests were received, by the clock of this machine.
    pub(super) received: Timestamp,
    /// The time by the clock by which deliveries are due.
    pub(super) now: Timestamp,
    pub(super) slots: &'a dyn Slots,
    pub(super) reserved: &'a mut Vec<Slot>,
    /// Deliveries that this node sends at once.
    pub(super) jobs: Vec<Job>,
    /// Whether a delivery was left to be claimed later, because this node had no free slot.
    pub(super) overflow: bool,
}

impl<E: Executor> Publishing<'_, E> {
    /// Stores the events of all requests. Returns one answer per event.
    pub(super) async fn store(&mut self, publishes: &[Publish], subscriptions: &Subscriptions) -> Result<Vec<Vec<Accepted>>, StoreError> {
        // If a group contains the same event several times, the first one is stored and the others are duplicates.
        let mut first: HashMap<&EventKey, &NewEvent> = HashMap::new();
        for (key, event) in publishes.iter().flat_map(|publish| &publish.events) {
            first.entry(key).or_insert(event);
        }
        let count_subscribers = |event: &NewEvent| subscriptions.of(&event.event_type).len();
        let known = self.insert_keys(&first, count_subscribers).await?;
        let all = publishes.iter().flat_map(|publish| &publish.events);
        let fresh: Vec<&NewEvent> = all
            .filter(|(key, event)| !known.contains_key(key) && first.get(key).is_some_and(|first| first.id == event.id))
            .map(|(_, event)| event)
            .collect();
        let deliveries = self.fan_out(&fresh, subscriptions).await?;
        add_events(self.transaction, self.node, &fresh, &deliveries, self.received, self.now).await?;
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
                    deliveries: count_subscribers(event) as u64,
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
    async fn insert_keys(
        &self,
        first: &HashMap<&EventKey, &NewEvent>,
        count_subscribers: impl Fn(&NewEvent) -> usize,
    ) -> Result<HashMap<EventKey, (EventId, u64)>, StoreError> {
        let mut keys: Vec<_> = first.iter().map(|(key, event)| (*key, *event, count_subscribers(event))).collect();
        keys.sort_unstable_by_key(|(key, ..)| *key);
        if add_keys(self.transaction, &keys, self.received).await? == keys.len() as u64 {
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
        if add_keys(self.transaction, &keys, self.received).await? < keys.len() as u64 {
            known.extend(self.known_keys(&keys).await?.0);
        }
        Ok(known)
    }

    /// The existing events that hold these keys: those within the deduplication window, and those that are older.
    async fn known_keys(
        &self,
        keys: &[(&EventKey, &NewEvent, usize)],
    ) -> Result<(HashMap<EventKey, (EventId, u64)>, BTreeMap<EventKey, EventId>), StoreError> {
        let expiry = self.received.minus(DUPLICATES_FOR);
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

    /// Makes one delivery per event and subscribed webhook, to be inserted. This node sends it at once if a slot is free. It is held if the webhook is
    /// disabled.
    async fn fan_out(&mut self, events: &[&NewEvent], subscriptions: &Subscriptions) -> Result<Vec<NewDelivery>, StoreError> {
        let mut deliveries = Vec::new();
        // The newest unfinished delivery of each subject.
        let mut newest: HashMap<(WebhookId, OrderKey), DeliveryId> = HashMap::new();
        let subjects = events.iter().flat_map(|event| {
            let subscribers = subscriptions.of(&event.event_type);
            let ordered = subscribers.iter().filter(|to| to.enabled);
            ordered
                .filter_map(|to| Some((to.webhook, order_of(event, *to)?)))
                .collect::<Vec<_>>()
        });
        ordering::lock_all(self.transaction, &subjects.collect()).await?;
        for event in events {
            let body = Bytes::clone(&event.body);
            let trace = event.trace.clone().map(Arc::new);
            for to in subscriptions.of(&event.event_type).iter() {
                let (webhook, order) = (to.webhook, order_of(event, *to));
                // A held delivery neither waits for other deliveries nor blocks them.
                let subject = order.filter(|_| to.enabled).map(|key| (webhook, key));
                let earlier = match subject {
                    Some((_, key)) => match newest.get(&(webhook, key)) {
                        Some(earlier) => Some(*earlier),
                        None => ordering::newest_unfinished(self.transaction, webhook, key).await?,
                    },
                    None => None,
                };
                let (id, waits) = (earlier.map_or_else(new_id, ordering::id_after), earlier.is_some());
                if let Some(subject) = subject {
                    newest.insert(subject, id);
                }
                let slot = Slot {
                    webhook,
                    delivery: id,
                    bytes: body.len(),
                };
                let (state, due) = if !to.enabled {
                    (DeliveryState::Held, None)
                } else if waits {
                    (DeliveryState::Parked, None)
                } else if self.slots.reserve(slot) {
                    self.reserved.push(slot);
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
                    max_attempts: None,
                    priority: Priority::Scheduled,
                    order,
                    due,
                });
                if state == DeliveryState::Sending {
                    self.jobs.push(Job {
                        delivery: id,
                        event: event.id,
                        event_type: event.event_type.clone(),
                        webhook,
                        body: body.clone(),
                        trace: trace.clone(),
                        attempts: 0,
                        retries: 0,
                        max_attempts: None,
                        panics: 0,
                        order,
                        trigger: Trigger::Event,
                        manual: false,
                    });
                }
            }
        }
        Ok(deliveries)
    }
}

/// The ordering key of a delivery, if the webhook is ordered and the event has a subject.
fn order_of(event: &NewEvent, to: Subscription) -> Option<OrderKey> {
    event.subject.as_deref().filter(|_| to.ordered).map(OrderKey::of)
}
