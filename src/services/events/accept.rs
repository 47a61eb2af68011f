//! Publishing: checks all events of a request, then stores them in one transaction.

use std::sync::Arc;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{event_type::EventType, timestamp::Timestamp},
    registry::Snapshot,
    services::error::FieldError,
    services::events::{
        IngestError,
        check::{Catalogue, check},
        cloud_event::CloudEvent,
        discover,
    },
    storage::{
        events::{EventKey, NewEvent},
        journal::Accepted,
    },
};

/// Maximum number of errors in one response.
const ERRORS: usize = 50;

/// Publishes all events or none. When this returns, the events and their deliveries are stored durably.
pub async fn accept(app: &AppState, by: &Principal, events: &[CloudEvent<'_>]) -> Result<Vec<Accepted>, IngestError> {
    by.may(Action::PublishEvents, false)?;
    let checked = check_with_newest(app, events).await?;
    if checked.is_empty() {
        return Ok(Vec::new());
    }
    let types = app.event_types.loaded();
    let new: Vec<EventType> = checked
        .iter()
        .filter(|event| types.get(event.event_type.as_str()).is_none())
        .map(|event| event.event_type.clone())
        .collect();
    if !new.is_empty() {
        discover::register(app, by, new).await?;
    }
    let keyed = checked
        .into_iter()
        .map(|event| (EventKey::of(&event.source, &event.ce_id), event))
        .collect();
    Ok(app.dispatcher.journal().publish(keyed).await?)
}

/// Checks the events. If they are invalid, an event type may have been added or changed on another node a moment ago, so they are checked
/// again if it was.
async fn check_with_newest(app: &AppState, events: &[CloudEvent<'_>]) -> Result<Vec<NewEvent>, IngestError> {
    let types = app.event_types.current().await?;
    let now = Timestamp::now();
    let invalid = match check_all(app, &types, events, now) {
        Err(IngestError::Invalid(errors)) => errors,
        result => return result,
    };
    let newest = app.event_types.refreshed().await?;
    if newest.revision == types.revision {
        return Err(IngestError::Invalid(invalid));
    }
    check_all(app, &newest, events, now)
}

fn check_all(app: &AppState, types: &Arc<Snapshot>, events: &[CloudEvent<'_>], now: Timestamp) -> Result<Vec<NewEvent>, IngestError> {
    let catalogue = Catalogue {
        types,
        unknown: app.event_types.settings().unknown,
    };
    let (mut checked, mut errors) = (Vec::with_capacity(events.len()), Vec::<FieldError>::new());
    for event in events {
        let place = event.place.map(|place| format!("/{place}")).unwrap_or_default();
        match check(event, &place, now, catalogue) {
            Ok(event) => checked.push(event),
            Err(wrong) => errors.extend(wrong),
        }
        // A batch of invalid events costs no more than these.
        if errors.len() >= ERRORS {
            break;
        }
    }
    errors.truncate(ERRORS);
    if errors.is_empty() {
        Ok(checked)
    } else {
        Err(IngestError::Invalid(errors))
    }
}
