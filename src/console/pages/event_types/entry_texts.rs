//! Texts of event types that several pages show.

use serde_json::Value;

use crate::{
    messages::{Lang, number},
    storage::event_types::COUNTED_MAX,
};

/// The number of events of a type. Counting stops at a maximum: "1,000+".
pub(super) fn events_text(events: u64, lang: Lang) -> String {
    if events > COUNTED_MAX {
        format!("{}+", number(lang, COUNTED_MAX))
    } else {
        number(lang, events)
    }
}

/// JSON as indented text. The order of fields is kept.
pub(super) fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

/// A JSON text, indented. What is not JSON stays as it is.
pub(super) fn pretty_text(json: &str) -> String {
    serde_json::from_str::<Value>(json).map_or_else(|_| json.to_owned(), |value| pretty(&value))
}
