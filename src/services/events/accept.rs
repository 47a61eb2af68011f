//! Publishing: checks all events of a request, then stores them in one transaction.

use std::sync::Arc;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{event_type::EventType, timestamp::Timestamp, trace_context::TraceContext},
    otel::{EventFacts, StoreSpan},
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

/// Publishes all events or none. When this returns, the events and their deliveries are stored durably. `request` is the trace context of the
/// request; an event that has its own stays in its trace.
pub async fn accept(
    app: &AppState,
    by: &Principal,
    events: &[CloudEvent<'_>],
    request: Option<&TraceContext>,
) -> Result<Vec<Accepted>, IngestError> {
    by.may(Action::PublishEvents, false)?;
    let mut checked = check_with_newest(app, events).await?;
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
    let spans: Vec<_> = checked.iter_mut().map(|event| store_span(app, request, event)).collect();
    let keyed = checked
        .into_iter()
        .map(|event| (EventKey::of(&event.source, &event.ce_id), event))
        .collect();
    let stored = app.dispatcher.journal().publish(keyed).await;
    for (at, span) in spans.into_iter().enumerate() {
        let Some(span) = span else { continue };
        match &stored {
            Ok(accepted) => {
                let accepted = accepted.get(at);
                span.stored(
                    accepted.is_some_and(|event| event.duplicate),
                    accepted.map_or(0, |event| event.deliveries),
                );
            }
            Err(error) => span.failed(error.to_string()),
        }
    }
    Ok(stored?)
}

/// Begins the span of storing an event, whose callbacks continue it. While traces are off, they continue the event's own context or else
/// that of the request.
pub fn store_span(app: &AppState, request: Option<&TraceContext>, event: &mut NewEvent) -> Option<StoreSpan> {
    let span = app.dispatcher.otel().storing(request, event.trace.as_ref(), || EventFacts {
        id: &event.ce_id,
        source: &event.source,
        event_type: event.event_type.as_str(),
        event: event.id.to_string(),
        database: app.store.system(),
    });
    event.trace = match &span {
        Some(span) => Some(span.context()),
        None => event.trace.take().or_else(|| request.cloned()),
    };
    span
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
