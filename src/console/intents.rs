//! The buttons of the long forms, as the field `intent` names them. `replay` needs them for all pages.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A button of the page of a webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum WebhookIntent {
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
    /// Shows the users who match the filter of the owners.
    FilterOwners,
    /// Ticks all event types of this group.
    ChooseGroup(usize),
    /// Somebody pressed Enter in a field: filters the event types or the owners if their filter was changed, otherwise saves.
    Enter,
}

impl WebhookIntent {
    /// Whether the button stores the whole form.
    pub const fn saves(self) -> bool {
        matches!(self, Self::Save | Self::Enter)
    }

    /// Whether the form may be sent again without a click on the button itself: it saves, or it only changes what is typed. The others send or
    /// delete something.
    pub const fn may_be_repeated(self) -> bool {
        match self {
            Self::Save
            | Self::AddHeader
            | Self::RemoveHeader(_)
            | Self::GenerateSecret
            | Self::FilterEvents
            | Self::FilterOwners
            | Self::ChooseGroup(_)
            | Self::Enter => true,
            Self::Test | Self::Rotate | Self::Enable | Self::Delete => false,
        }
    }
}

/// The prefix of the intent that removes a row.
const REMOVE_HEADER: &str = "remove-header-";
/// The prefix of the intent that ticks the event types of a group.
const CHOOSE_GROUP: &str = "choose-group-";

impl fmt::Display for WebhookIntent {
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
            Self::FilterOwners => "filter-owners",
            Self::ChooseGroup(at) => return write!(f, "{CHOOSE_GROUP}{at}"),
            Self::Enter => "enter",
        })
    }
}

impl FromStr for WebhookIntent {
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
            "filter-owners" => Self::FilterOwners,
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

impl TryFrom<String> for WebhookIntent {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<WebhookIntent> for String {
    fn from(intent: WebhookIntent) -> Self {
        intent.to_string()
    }
}

/// A button of the form of an event type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum EventTypeIntent {
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

impl fmt::Display for EventTypeIntent {
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

impl FromStr for EventTypeIntent {
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

impl TryFrom<String> for EventTypeIntent {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<EventTypeIntent> for String {
    fn from(intent: EventTypeIntent) -> Self {
        intent.to_string()
    }
}
