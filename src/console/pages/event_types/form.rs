//! The form of an event type, and the server functions that are its actions.

use std::{fmt, str::FromStr};

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

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

/// A button of the form of an event type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Intent {
    /// Stores the type.
    #[default]
    Save,
    /// Checks the schema and the examples, and stores nothing. With scripts this happens while somebody types.
    Check,
    /// Replaces the schema by one that is inferred from the examples.
    Infer,
    /// Adds a field for another example.
    AddExample,
    /// Removes this example.
    RemoveExample(usize),
}

/// The prefix of the intent that removes an example.
const REMOVE_EXAMPLE: &str = "remove-example-";

impl fmt::Display for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Save => "save",
            Self::Check => "check",
            Self::Infer => "infer",
            Self::AddExample => "add-example",
            Self::RemoveExample(at) => return write!(f, "{REMOVE_EXAMPLE}{at}"),
        })
    }
}

impl FromStr for Intent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "" | "save" => Self::Save,
            "check" => Self::Check,
            "infer" => Self::Infer,
            "add-example" => Self::AddExample,
            other => {
                let at = other.strip_prefix(REMOVE_EXAMPLE).and_then(|at| at.parse().ok());
                Self::RemoveExample(at.ok_or("there is no such button")?)
            }
        })
    }
}

impl TryFrom<String> for Intent {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Intent> for String {
    fn from(intent: Intent) -> Self {
        intent.to_string()
    }
}

/// What a button of the form did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Saved {
    /// A new type was stored.
    Created,
    /// The type was changed.
    Changed,
    /// Nothing was stored, because the new schema is not compatible with the present one and `breaking` was not chosen.
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
