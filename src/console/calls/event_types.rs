//! The catalogue, and who uses it.

use crate::{
    catalogue::EventType,
    console::{ConsoleError, server},
    domain::webhook::Status,
};

/// The catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTypesView {
    /// Each event, and how many webhooks of those that the viewer may see hear of it.
    pub rows: Vec<(EventType, u64)>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTypeView {
    /// Which.
    pub event: EventType,
    /// An example of a callback's body.
    pub example: String,
    /// The first webhooks that hear of it.
    pub webhooks: Vec<HearingView>,
    /// How many there are.
    pub total: u64,
    /// Whether the viewer may add webhooks.
    pub may_write: bool,
}

/// A webhook that hears of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HearingView {
    /// Which.
    pub id: String,
    /// How people call it.
    pub name: String,
    /// Where callbacks go.
    pub url: String,
    /// How it stands.
    pub status: Status,
}

/// The catalogue.
pub async fn event_types() -> Result<EventTypesView, ConsoleError> {
    let (app, by) = server::caller()?;
    server::event_types::all(&app, &by).await.map_err(server::console_error)
}

/// One event.
pub async fn event_type(key: &str) -> Result<EventTypeView, ConsoleError> {
    let (app, by) = server::caller()?;
    server::event_types::one(&app, &by, key).await.map_err(server::console_error)
}
