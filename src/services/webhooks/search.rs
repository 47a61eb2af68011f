//! Search in the log of a webhook by event, message or subject.

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::id::{DeliveryId, EventId, WebhookId},
    services::error::UseCaseError,
    services::webhooks::authorize,
    storage::event_search::{EventFilter, EventRecord},
};

/// The maximum number of events with the same subject or publisher's id whose deliveries are shown, newest first.
const EVENTS: u64 = 100;
/// The maximum number of deliveries to all webhooks that a search finds.
const DELIVERIES_MAX: usize = 500;
/// The number of events whose deliveries to all webhooks are read at once.
const EVENTS_AT_ONCE: usize = 16;

/// The deliveries to a webhook that a search finds: of an event (its id, or the id that its publisher gave it), of a message (`msg_…`, or the id of
/// the delivery), or of the newest events with a subject.
pub async fn find_deliveries(app: &AppState, by: &Principal, webhook: WebhookId, text: &str) -> Result<Vec<DeliveryId>, UseCaseError> {
    authorize(app, by, webhook, Action::ReadCallbacks).await?;
    let text = text.trim();
    if let Ok(id) = text.strip_prefix("msg_").unwrap_or(text).parse::<DeliveryId>()
        && app.store.webhook_of(id).await? == Some(webhook)
    {
        return Ok(vec![id]);
    }
    let events = find_events(app, text).await?;
    Ok(app.store.delivery_ids_of_all(&events, Some(webhook)).await?)
}

/// As [`find_deliveries`], to all webhooks. The newest [`DELIVERIES_MAX`].
pub async fn find_deliveries_of_all(app: &AppState, by: &Principal, text: &str) -> Result<Vec<DeliveryId>, UseCaseError> {
    by.may(Action::ReadCallbacks, false)?;
    let text = text.trim();
    if let Ok(id) = text.strip_prefix("msg_").unwrap_or(text).parse::<DeliveryId>()
        && app.store.webhook_of(id).await?.is_some()
    {
        return Ok(vec![id]);
    }
    let mut found = Vec::new();
    for events in find_events(app, text).await?.chunks(EVENTS_AT_ONCE) {
        found.extend(app.store.delivery_ids_of_all(events, None).await?);
        if found.len() >= DELIVERIES_MAX {
            break;
        }
    }
    found.truncate(DELIVERIES_MAX);
    Ok(found)
}

/// The events that a search finds.
async fn find_events(app: &AppState, text: &str) -> Result<Vec<EventRecord>, UseCaseError> {
    let mut events = Vec::new();
    if let Ok(id) = text.parse::<EventId>() {
        events.extend(app.store.event(id).await?.map(|(event, _)| event));
    }
    if events.is_empty() {
        let by_id = EventFilter {
            ce_id: Some(text.to_owned()),
            ..EventFilter::default()
        };
        let by_subject = EventFilter {
            subject: Some(text.to_owned()),
            ..EventFilter::default()
        };
        let (by_id, by_subject) = tokio::try_join!(
            app.store.find_events(&by_id, None, EVENTS),
            app.store.find_events(&by_subject, None, EVENTS)
        )?;
        events.extend(by_id.items.into_iter().chain(by_subject.items));
    }
    Ok(events)
}
