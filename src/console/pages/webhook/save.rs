//! The form of a webhook, and the server function that is its action.

use std::{fmt, str::FromStr};

use leptos::prelude::*;
use serde::{Deserialize, Deserializer, Serialize};

use crate::console::ConsoleError;

/// The fields of the form of a webhook, as they are typed.
///
/// A field of one value that the form sends twice is an error. Fields that a form lacks leave what is stored unchanged; so a checkbox, which
/// sends nothing if it is not ticked, has a hidden field with the same name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WebhookForm {
    /// The id of the webhook, from the path of the page. `None` for a new one.
    pub id: Option<String>,
    /// The button that was pressed.
    pub intent: Intent,
    /// The time of the last change that the page showed, in milliseconds since 1970.
    pub seen: Option<i64>,
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// The URL of the receiver.
    pub url: String,
    /// Whether callbacks are made.
    pub enabled: bool,
    /// The signing secret. Only of a new webhook.
    pub secret: String,
    /// The rate limit in callbacks per second. There is no limit if this and the next field are empty.
    #[serde(rename = "rate_limit-per_second", deserialize_with = "present")]
    pub rate_per_second: Option<String>,
    /// The number of callbacks that may be made at once.
    #[serde(rename = "rate_limit-burst", deserialize_with = "present")]
    pub rate_burst: Option<String>,
    /// Whether the events of a subject are sent in order: contains `true` if the checkbox is ticked.
    pub ordered: Vec<String>,
    /// The keys of the rows of additional headers.
    pub header_row: Vec<String>,
    /// The names of the headers, one for each row.
    pub header_name: Vec<String>,
    /// The values of the headers, one for each row.
    pub header_value: Vec<String>,
    /// The keys of the rows whose value is secret.
    pub header_secret: Vec<String>,
    /// The keys of the rows for which nobody has ticked or unticked that yet, so that it depends on the name.
    pub header_undecided: Vec<String>,
    /// The event types by name, and patterns such as `identity.*`.
    pub events: Vec<String>,
    /// What the list of event types is filtered by. Not stored.
    pub events_filter: String,
    /// What it was filtered by when the page was shown.
    pub events_filtered: String,
    /// The ids of the owners. An empty one says that the form has checkboxes for them.
    pub owners: Vec<String>,
    /// The type of the test event.
    pub event: String,
    /// How long the former secret still signs after a rotation (`24h`).
    pub overlap: String,
    /// The name of the webhook, typed to confirm that it shall be deleted.
    pub confirm: String,
}

/// A field that the form has, even if it is empty.
fn present<'de, D: Deserializer<'de>>(field: D) -> Result<Option<String>, D::Error> {
    String::deserialize(field).map(Some)
}

/// A button of the page of a webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Intent {
    /// Creates or changes the webhook.
    #[default]
    Save,
    /// Sends a test event.
    Test,
    /// Makes a new secret.
    Rotate,
    /// Enables the webhook and changes nothing else.
    Enable,
    /// Deletes the webhook.
    Delete,
    /// Adds a row of headers to the form.
    AddHeader,
    /// Removes this row of headers from the form.
    RemoveHeader(usize),
    /// Puts another generated secret into the form.
    GenerateSecret,
    /// Shows the event types that match the filter.
    FilterEvents,
    /// Ticks all event types of this group.
    ChooseGroup(usize),
    /// Somebody pressed Enter in a field: filters the event types if the filter was changed, otherwise saves.
    Enter,
}

impl Intent {
    /// Whether the button stores the whole form.
    pub const fn saves(self) -> bool {
        matches!(self, Self::Save | Self::Enter)
    }
}

/// The prefix of the intent that removes a row.
const REMOVE_HEADER: &str = "remove-header-";
/// The prefix of the intent that ticks the event types of a group.
const CHOOSE_GROUP: &str = "choose-group-";

impl fmt::Display for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Save => "save",
            Self::Test => "test",
            Self::Rotate => "rotate",
            Self::Enable => "enable",
            Self::Delete => "delete",
            Self::AddHeader => "add-header",
            Self::RemoveHeader(at) => return write!(f, "{REMOVE_HEADER}{at}"),
            Self::GenerateSecret => "generate-secret",
            Self::FilterEvents => "filter-events",
            Self::ChooseGroup(at) => return write!(f, "{CHOOSE_GROUP}{at}"),
            Self::Enter => "enter",
        })
    }
}

impl FromStr for Intent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "" | "save" => Self::Save,
            "test" => Self::Test,
            "rotate" => Self::Rotate,
            "enable" => Self::Enable,
            "delete" => Self::Delete,
            "add-header" => Self::AddHeader,
            "generate-secret" => Self::GenerateSecret,
            "filter-events" => Self::FilterEvents,
            "enter" => Self::Enter,
            other => {
                if let Some(group) = other.strip_prefix(CHOOSE_GROUP).and_then(|at| at.parse().ok()) {
                    return Ok(Self::ChooseGroup(group));
                }
                let at = other.strip_prefix(REMOVE_HEADER).and_then(|at| at.parse().ok());
                Self::RemoveHeader(at.ok_or("there is no such button")?)
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

/// What a button of the page of a webhook did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Saved {
    /// A new webhook was stored.
    Created {
        /// Its id.
        id: String,
    },
    /// The webhook was changed.
    Changed,
    /// A test event was sent.
    Tested,
    /// The webhook has a new secret. It is in no other response.
    Rotated {
        /// The new secret.
        secret: String,
        /// How long the former secret still signs, in milliseconds since 1970.
        old_until: i64,
    },
    /// The webhook was enabled.
    Enabled,
    /// The webhook was deleted.
    Deleted,
    /// Nothing was stored, but the form was changed.
    Edited {
        /// The changed form.
        form: Box<WebhookForm>,
        /// The id of the field that gets the focus.
        field: String,
    },
}

/// Does what the pressed button of the page of a webhook stands for: saves the form, for example.
#[server(prefix = "/fn", endpoint = "save_webhook")]
pub async fn save_webhook(form: WebhookForm) -> Result<Saved, ConsoleError> {
    super::save_action::run(form).await
}
