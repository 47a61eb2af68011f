//! Publishing: check, recognise what came before, store events and deliveries in one transaction, hand over.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::{
    auth::{principal::Principal, rules::Action},
    catalogue::EventType,
    dispatch::LEASE,
    domain::{callback::Trigger, id::EventId, timestamp::Timestamp},
    ingest::{IngestError, check::check, cloud_event::CloudEvent, fan_out::fan_out},
    state::AppState,
    storage::{
        StoreError,
        events::{EventKey, NewDelivery, NewEvent},
        queue::Job,
    },
    webhooks::FieldError,
};

/// Most errors of one answer.
const ERRORS: usize = 50;

/// What became of a published event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// Its id; that of the first one when it was published before.
    pub id: EventId,
    /// Whether an event of this source with this id was published before.
    pub duplicate: bool,
    /// How many webhooks hear of it.
    pub deliveries: u64,
}

/// Publishes events, all or none. Once it answers, they and their deliveries are stored durably.
pub async fn accept(app: &AppState, by: &Principal, events: &[CloudEvent]) -> Result<Vec<Accepted>, IngestError> {
    by.may(Action::PublishEvents, false)?;
    let _place = app.publishing.try_acquire().map_err(|_| IngestError::Busy)?;
    let now = Timestamp::now();
    let checked = check_all(events, now)?;
    let keyed: Vec<(EventKey, NewEvent)> = checked
        .into_iter()
        .map(|event| (EventKey::of(&event.source, &event.source_id), event))
        .collect();
    let (accepted, jobs) = store(app, &keyed, now).await?;
    hand_over(app, jobs).await;
    Ok(accepted)
}

fn check_all(events: &[CloudEvent], now: Timestamp) -> Result<Vec<NewEvent>, IngestError> {
    let (mut checked, mut errors) = (Vec::with_capacity(events.len()), Vec::<FieldError>::new());
    for (at, event) in events.iter().enumerate() {
        let place = if events.len() == 1 { String::new() } else { format!("/{at}") };
        match check(event, &place, now) {
            Ok(event) => checked.push(event),
            Err(wrong) => errors.extend(wrong),
        }
    }
    errors.truncate(ERRORS);
    if errors.is_empty() {
        Ok(checked)
    } else {
        Err(IngestError::Invalid(errors))
    }
}

async fn store(app: &AppState, events: &[(EventKey, NewEvent)], now: Timestamp) -> Result<(Vec<Accepted>, Vec<Job>), StoreError> {
    // Of an event that is twice in one batch, the first one counts.
    let mut first: HashMap<&EventKey, EventId> = HashMap::new();
    for (key, event) in events {
        first.entry(key).or_insert(event.id);
    }
    let mut keys: Vec<_> = first.iter().map(|(key, id)| ((*key).clone(), *id)).collect();

    let publication = app.store.publication().await?;
    let taken: HashSet<EventKey> = publication.take_keys(&mut keys, now).await?.into_iter().collect();
    let is_fresh = |key: &EventKey, event: &NewEvent| taken.contains(key) && first.get(key) == Some(&event.id);
    let fresh: Vec<&NewEvent> = events
        .iter()
        .filter(|(key, event)| is_fresh(key, event))
        .map(|(_, event)| event)
        .collect();
    let before: Vec<EventKey> = first.keys().filter(|key| !taken.contains(key)).map(|key| (*key).clone()).collect();
    let known = publication.known(&before).await?;
    let mut deliveries = Vec::new();
    if !fresh.is_empty() {
        let types: HashSet<EventType> = fresh.iter().map(|event| event.event_type).collect();
        let subscriptions = publication.subscriptions(&types.into_iter().collect::<Vec<_>>()).await?;
        deliveries = fan_out(&fresh, &subscriptions);
        publication.add_events(&fresh, now).await?;
        publication.add_deliveries(&deliveries, app.node, now, now.plus(LEASE)).await?;
    }
    publication.commit().await?;

    let mut counts: HashMap<EventId, u64> = HashMap::new();
    for delivery in &deliveries {
        *counts.entry(delivery.event).or_default() += 1;
    }
    let count = |id: &EventId| counts.get(id).copied().unwrap_or(0);
    let accepted = events.iter().map(|(key, event)| {
        if let Some((id, deliveries)) = known.get(key) {
            return Accepted {
                id: *id,
                duplicate: true,
                deliveries: *deliveries,
            };
        }
        let id = first.get(key).copied().unwrap_or(event.id);
        Accepted {
            id,
            duplicate: id != event.id,
            deliveries: count(&id),
        }
    });
    Ok((accepted.collect(), jobs(&fresh, &deliveries)))
}

fn jobs(events: &[&NewEvent], deliveries: &[NewDelivery]) -> Vec<Job> {
    let events: HashMap<EventId, &NewEvent> = events.iter().map(|event| (event.id, *event)).collect();
    let job = |delivery: &NewDelivery| {
        let event = events.get(&delivery.event)?;
        Some(Job {
            delivery: delivery.id,
            event: event.id,
            event_type: event.event_type,
            webhook: delivery.webhook,
            body: event.body.clone(),
            attempts: 0,
            trigger: Trigger::Event,
        })
    };
    deliveries.iter().filter(|delivery| !delivery.held).filter_map(job).collect()
}

/// What the dispatcher has no room for goes back to the database, to be claimed when there is.
async fn hand_over(app: &AppState, jobs: Vec<Job>) {
    if jobs.is_empty() {
        return;
    }
    if let Err(refused) = app.dispatcher.hand_over(jobs) {
        let ids: Vec<_> = refused.iter().map(|job| job.delivery).collect();
        if let Err(error) = app.store.release(app.node, &ids).await {
            tracing::warn!(%error, count = ids.len(), "cannot give deliveries back; they are free once their leases end");
        }
    }
}
