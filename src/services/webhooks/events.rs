//! Search of published events, including those to which no webhook was subscribed.

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        id::EventId,
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    services::error::UseCaseError,
    services::webhooks::bounded,
    storage::{
        callbacks::CallbackRecord,
        event_search::{EventDelivery, EventFilter, EventRecord},
    },
};

/// An event with its deliveries and callbacks.
#[derive(Clone, Debug)]
pub struct EventDetails {
    /// The event.
    pub event: EventRecord,
    /// The body of its callbacks.
    pub body: String,
    /// Its deliveries, up to a limit.
    pub deliveries: Vec<EventDelivery>,
    /// The number of all its deliveries.
    pub deliveries_count: u64,
    /// The callbacks of these deliveries, sorted by delivery and attempt.
    pub callbacks: Vec<CallbackRecord>,
}

/// A page of events, newest first.
pub async fn find_events(
    app: &AppState,
    by: &Principal,
    filter: &EventFilter,
    after: Option<Cursor>,
    limit: u64,
) -> Result<Page<EventRecord>, UseCaseError> {
    // Events belong to no webhook, so API owners see none.
    by.may(Action::ReadCallbacks, false)?;
    let mut filter = filter.clone();
    (filter.from, filter.to) = bounded(filter.from, filter.to, Timestamp::now())?;
    Ok(app.store.find_events(&filter, after, limit).await?)
}

/// An event.
pub async fn event(app: &AppState, by: &Principal, id: EventId) -> Result<EventDetails, UseCaseError> {
    by.may(Action::ReadCallbacks, false)?;
    let (event, body) = app.store.event(id).await?.ok_or(UseCaseError::NotFound)?;
    let (deliveries, deliveries_count) = app.store.deliveries_of(&event).await?;
    let callbacks = app.store.callbacks_of(&deliveries).await?;
    Ok(EventDetails {
        event,
        body,
        deliveries,
        deliveries_count,
        callbacks,
    })
}
