//! Use cases of event types.

use crate::{
    app::AppState,
    catalogue::BuiltIn,
    domain::event_type::EventType,
    messages::{Lang, validation::ValidationError},
};

/// The event type with this name. The error says that there is none.
pub fn find(_: &AppState, name: &str) -> Result<EventType, ValidationError> {
    name.parse::<BuiltIn>().map(EventType::from).map_err(|unknown| unknown.wrong())
}

/// The name of an event type for people.
pub fn name_in(event_type: &EventType, lang: Lang) -> String {
    event_type
        .as_str()
        .parse::<BuiltIn>()
        .map_or_else(|_| event_type.to_string(), |built_in| built_in.name_in(lang).to_owned())
}
