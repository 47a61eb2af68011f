//! What a change of a schema would break: the result of comparing two versions, and of validating stored events.

use event_schema::compatibility::{Breaks, Change};
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::id::EventId;

/// A change of a schema that breaks somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SchemaChange {
    /// Who breaks: `publishers`, because data that was valid is rejected, or `receivers`, because data may be sent that was not possible
    /// before.
    #[schemars(extend("enum" = ["publishers", "receivers"]))]
    pub breaks: &'static str,
    /// The JSON pointer of the changed place in the schema.
    pub pointer: String,
    /// What changed, as a sentence.
    pub detail: String,
}

impl From<Change> for SchemaChange {
    fn from(change: Change) -> Self {
        Self {
            breaks: match change.breaks {
                Breaks::Publishers => "publishers",
                Breaks::Receivers => "receivers",
            },
            pointer: change.pointer,
            detail: change.detail,
        }
    }
}

/// How many stored events a schema would have rejected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StoredCheck {
    /// The number of events that were validated, newest first.
    pub checked: u64,
    /// How many of them the schema rejects.
    pub rejected: u64,
    /// Whether all events that should be validated were. False if that would have taken too long.
    pub complete: bool,
    /// Why they are rejected, most frequent first.
    pub reasons: Vec<StoredReason>,
}

/// Why stored events are rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StoredReason {
    /// The JSON pointer of the value within `data`.
    pub pointer: String,
    /// What is wrong. It contains no value of the event.
    pub detail: String,
    /// The number of events that are rejected for this reason.
    pub events: u64,
    /// The newest of them.
    pub event_id: EventId,
}

/// A schema that is incompatible with the current one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Incompatible {
    /// What it breaks.
    pub changes: Vec<SchemaChange>,
    /// The stored events that it would have rejected. `None` for an import, which may change many types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored_events: Option<StoredCheck>,
}
