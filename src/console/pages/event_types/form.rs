//! The form of an event type, and the server functions that are its actions.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

pub use crate::console::intents::EventTypeIntent as Intent;
use crate::console::{ConsoleError, pages::event_types::report::ReportView};

/// The fields of the form of an event type, as they are typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventTypeForm {
    /// The type: a field of the form of a new one, and part of the path otherwise.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The button that was pressed.
    pub intent: Intent,
    /// The time of the last change that the page showed, in milliseconds since 1970. `None` for a new type.
    pub seen: Option<i64>,
    /// The name for people.
    pub name: String,
    /// The section of the event picker.
    pub group: String,
    /// The description.
    pub description: String,
    /// The JSON Schema of `data`, as text. Empty: any JSON.
    pub schema: String,
    /// The examples, as texts.
    pub example: Vec<String>,
    /// For how many days payloads are kept. Empty: as long as the installation keeps them.
    pub retention: String,
    /// JSON pointers of values that the console hides, one a line.
    pub masked: String,
    /// Whether a change that breaks publishers or receivers is wanted.
    pub breaking: bool,
}

/// What a button of the form did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Saved {
    /// A new type was stored.
    Created,
    /// The type was changed.
    Changed,
    /// Nothing was stored, because the new schema is not compatible with the current one and `breaking` was not chosen.
    Incompatible {
        /// What is not compatible.
        report: ReportView,
    },
    /// Nothing was stored, but the form was changed.
    Edited {
        /// The changed form.
        form: Box<EventTypeForm>,
        /// The id of the field that gets the focus.
        field: String,
    },
    /// Nothing was stored; the page shows what a check found.
    Checked,
}

/// Defines an event type, or does what another button of the form of a new one stands for.
#[server(prefix = "/fn", endpoint = "create_event_type")]
pub async fn create_event_type(form: EventTypeForm) -> Result<Saved, ConsoleError> {
    super::save_action::create(form).await
}

/// Changes an event type, or does what another button of its form stands for.
#[server(prefix = "/fn", endpoint = "change_event_type")]
pub async fn change_event_type(form: EventTypeForm) -> Result<Saved, ConsoleError> {
    super::save_action::change(form).await
}
