//! Event types in the API's format.

use schemars::JsonSchema;
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
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EventType")]
pub(super) struct EventTypeView {
    /// The CloudEvents `type`.
    #[serde(rename = "type")]
    event_type: EventType,
    /// Its name for people.
    #[schemars(example = &"Identity created")]
    name: String,
    /// What it means.
    #[schemars(example = &"A new identity was created.")]
    description: String,
    /// Its section in the catalogue.
    #[schemars(example = &"Identities")]
    group: Option<String>,
    /// What may be done with it.
    state: EventTypeState,
    /// The type to use instead.
    replaced_by: Option<EventType>,
    /// Where it comes from.
    origin: Origin,
    /// The number of the current version of its schema, from 1.
    #[schemars(example = 1)]
    version: u32,
    /// For how many days payloads are kept.
    #[schemars(example = 30)]
    retention: Option<u32>,
    /// JSON pointers to values that the console hides.
    #[schemars(example = &["/person/email"])]
    masked: Vec<String>,
    /// The first example of `data`.
    example: Option<Value>,
    /// All examples of `data`.
    examples: Vec<Value>,
    /// The body of a callback with the first example.
    callback_example: Value,
    /// When it was added.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
}

/// An event type with its schema.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FullEventType")]
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
