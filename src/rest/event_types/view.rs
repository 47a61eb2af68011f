//! Event types in the API's format.

use serde::Serialize;
use serde_json::Value;

use crate::{
    domain::{
        event_type::{EventType, EventTypeState, Origin},
        timestamp::Timestamp,
    },
    registry::Entry,
};

/// An event type in a list.
#[derive(Serialize)]
pub(super) struct EventTypeView {
    #[serde(rename = "type")]
    event_type: EventType,
    name: String,
    description: String,
    group: Option<String>,
    state: EventTypeState,
    replaced_by: Option<EventType>,
    origin: Origin,
    version: u32,
    /// For how many days payloads are kept.
    retention: Option<u32>,
    masked: Vec<String>,
    /// The first example of `data`.
    example: Option<Value>,
    examples: Vec<Value>,
    /// The body of a callback with the first example.
    callback_example: Value,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// An event type with its schema.
#[derive(Serialize)]
pub(super) struct FullView {
    #[serde(flatten)]
    event_type: EventTypeView,
    /// The JSON Schema of `data`, as it was given. Null permits any JSON.
    schema: Option<Value>,
}

impl EventTypeView {
    pub(super) fn of(entry: &Entry) -> Self {
        let (record, fields) = (&entry.record, &entry.record.fields);
        Self {
            event_type: record.event_type.clone(),
            name: fields.name.clone(),
            description: fields.description.clone(),
            group: fields.group.clone(),
            state: fields.state,
            replaced_by: fields.replaced_by.clone(),
            origin: record.origin,
            version: record.version,
            retention: fields.retention_days,
            masked: fields.masked.clone(),
            example: entry.examples().first().cloned(),
            examples: entry.examples().to_vec(),
            callback_example: entry.callback_example(),
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl FullView {
    pub(super) fn of(entry: &Entry) -> Self {
        Self {
            event_type: EventTypeView::of(entry),
            schema: entry.schema_value(),
        }
    }
}
