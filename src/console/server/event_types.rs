//! The views of the catalogue.

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    catalogue::{EventType, example::example_text},
    console::calls::{EventTypeView, EventTypesView, HearingView},
    services::error::UseCaseError,
    services::webhooks,
    storage::webhooks::Hearing,
};

/// Webhooks that are shown with an event; the list of webhooks shows all.
const ROWS: u64 = 20;

/// The catalogue.
pub async fn all(app: &AppState, by: &Principal) -> Result<EventTypesView, UseCaseError> {
    let hearing = webhooks::hearing(app, by).await?;
    let row = |event| (event, hearing.get(&event).copied().unwrap_or(0));
    Ok(EventTypesView {
        rows: EventType::ALL.into_iter().map(row).collect(),
    })
}

/// One event.
pub async fn one(app: &AppState, by: &Principal, key: &str) -> Result<EventTypeView, UseCaseError> {
    let event: EventType = key.parse().map_err(|_| UseCaseError::NotFound)?;
    let (first, total) = webhooks::hearing_of(app, by, event, ROWS).await?;
    let view = |row: Hearing| HearingView {
        id: row.id.to_string(),
        name: row.name,
        url: row.url,
        status: row.status,
    };
    Ok(EventTypeView {
        event,
        example: example_text(event),
        webhooks: first.into_iter().map(view).collect(),
        total,
        may_write: by.may(Action::WriteWebhooks, false).is_ok(),
    })
}
