//! Names of event types and patterns for people.

use std::sync::Arc;

use leptos::prelude::use_context;

use crate::{
    app::AppState,
    domain::event_type::{EventPattern, EventType},
    messages::{Lang, event_types as say},
    registry::Snapshot,
};

/// The event types as last loaded. Without an application there are none.
pub(in crate::console) fn event_types_loaded() -> Arc<Snapshot> {
    use_context::<AppState>().map(|app| app.event_types.loaded()).unwrap_or_default()
}

/// The name of an event type, such as "Identity created".
pub(in crate::console) fn type_name(event_type: &EventType, lang: Lang) -> String {
    event_types_loaded().name_in(event_type, lang)
}

/// The name of the types that a pattern matches: the name of a type, "All events", or the pattern itself.
pub(in crate::console) fn pattern_name(pattern: &EventPattern, lang: Lang) -> String {
    match (pattern.exact(), pattern.prefix()) {
        (Some(event_type), _) => type_name(&event_type, lang),
        (None, Some("")) => say::every_type(lang).to_owned(),
        (None, _) => pattern.to_string(),
    }
}
