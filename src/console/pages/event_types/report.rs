//! What a check of a schema found, as pages and islands show it.

use serde::{Deserialize, Serialize};

/// How a new schema differs from the current one for publishers and receivers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportView {
    /// What publishers may send today, and the new schema refuses.
    pub rejected: Vec<FindingView>,
    /// What receivers could not get before, and may get with the new schema.
    pub sent: Vec<FindingView>,
    /// What stored events say. `None` if there are none.
    pub stored: Option<StoredView>,
}

/// A place of a schema, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingView {
    /// A JSON pointer. It is empty for the whole.
    pub pointer: String,
    /// A sentence.
    pub detail: String,
}

/// How many of the newest stored events the new schema refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredView {
    /// "The new schema would have refused 3 of the last 1,000 events."
    pub summary: String,
    /// Why, with the number of events.
    pub reasons: Vec<FindingView>,
}

/// What a check of a form that is being edited found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftView {
    /// What is wrong with the schema.
    pub schema: Vec<FindingView>,
    /// What is wrong with each example.
    pub examples: Vec<Vec<FindingView>>,
    /// What is not compatible with the current schema.
    pub report: ReportView,
    /// The fields of `data`, as HTML without islands.
    pub tree: String,
    /// The result in one sentence.
    pub verdict: String,
    /// Whether schema and examples can be stored.
    pub is_valid: bool,
}
