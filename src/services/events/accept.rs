//! Publishing: checks all events of a request, then stores them in one transaction.

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::timestamp::Timestamp,
    services::error::FieldError,
    services::events::{IngestError, check::check, cloud_event::CloudEvent},
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
    let checked = check_all(events, Timestamp::now())?;
    if checked.is_empty() {
        return Ok(Vec::new());
    }
    let keyed = checked
        .into_iter()
        .map(|event| (EventKey::of(&event.source, &event.ce_id), event))
        .collect();
    Ok(app.dispatcher.journal().publish(keyed).await?)
}

fn check_all(events: &[CloudEvent<'_>], now: Timestamp) -> Result<Vec<NewEvent>, IngestError> {
    let (mut checked, mut errors) = (Vec::with_capacity(events.len()), Vec::<FieldError>::new());
    for event in events {
        let place = event.place.map(|place| format!("/{place}")).unwrap_or_default();
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
