//! One event type with its compiled schema.

use std::sync::OnceLock;

use event_schema::{DataError, EventSchema, envelope};
use serde_json::{Value, json};

use crate::{
    catalogue::{BuiltIn, example},
    domain::event_type::{EventType, EventTypeState, Origin},
    messages::Lang,
    storage::event_types::{EventTypeContent, EventTypeRecord},
};

/// An event type. Its schema is compiled when it is first used, and kept until the event type changes.
#[derive(Debug)]
pub struct Entry {
    /// The stored fields.
    pub record: EventTypeRecord,
    /// The type of the pack `clearid`, if it is one: its texts are translated.
    pub built_in: Option<BuiltIn>,
    content: EventTypeContent,
    schema: OnceLock<EntrySchema>,
    examples: OnceLock<Vec<Value>>,
    callback_schema: OnceLock<Value>,
}

/// The schema of an event type's data.
#[derive(Clone, Debug)]
pub enum EntrySchema {
    /// Any JSON is valid, and the data may be absent.
    Any,
    /// The data has to match this schema.
    Schema(EventSchema),
    /// The stored schema is not one that this version of clearhook admits. No data is valid.
    Unusable(String),
}

impl EntrySchema {
    /// Compiles the stored text of a schema.
    pub fn of(text: Option<&str>) -> Self {
        let Some(text) = text else { return Self::Any };
        match EventSchema::parse(text) {
            Ok(schema) => Self::Schema(schema),
            Err(errors) => Self::Unusable(errors.first().map(|error| error.detail.clone()).unwrap_or_default()),
        }
    }

    /// What is wrong with the data, at most 20 errors.
    pub fn errors(&self, data: &Value) -> Vec<DataError> {
        match self {
            Self::Any => Vec::new(),
            Self::Schema(schema) => schema.errors(data),
            Self::Unusable(reason) => vec![DataError {
                pointer: String::new(),
                detail: format!("The data cannot be checked, because the schema of the event type cannot be used: {reason}"),
            }],
        }
    }

    /// The schema, if there is one that can be used.
    pub const fn schema(&self) -> Option<&EventSchema> {
        match self {
            Self::Schema(schema) => Some(schema),
            Self::Any | Self::Unusable(_) => None,
        }
    }

    /// Whether any JSON is valid.
    pub const fn is_any(&self) -> bool {
        matches!(self, Self::Any)
    }
}

impl Entry {
    pub(super) fn new(record: EventTypeRecord, content: EventTypeContent) -> Self {
        let is_built_in = record.origin == Origin::Clearid;
        let built_in = is_built_in.then(|| record.event_type.as_str().parse().ok()).flatten();
        Self {
            record,
            built_in,
            content,
            schema: OnceLock::new(),
            examples: OnceLock::new(),
            callback_schema: OnceLock::new(),
        }
    }

    /// The name in the API.
    pub const fn event_type(&self) -> &EventType {
        &self.record.event_type
    }

    /// JSON pointers into `data` whose values the console hides.
    pub fn masked(&self) -> &[String] {
        &self.record.fields.masked
    }

    /// What may be done with it.
    pub const fn state(&self) -> EventTypeState {
        self.record.fields.state
    }

    /// The name for people.
    pub fn name_in(&self, lang: Lang) -> &str {
        self.built_in.map_or(&self.record.fields.name, |built_in| built_in.name_in(lang))
    }

    /// The group, if it has one.
    pub fn group_in(&self, lang: Lang) -> Option<&str> {
        match self.built_in {
            Some(built_in) => Some(built_in.group_in(lang)),
            None => self.record.fields.group.as_deref(),
        }
    }

    /// The description.
    pub fn description_in(&self, lang: Lang) -> &str {
        self.built_in
            .map_or(&self.record.fields.description, |built_in| built_in.description_in(lang))
    }

    /// One line for lists: the summary, or the first line of the description.
    pub fn summary_in(&self, lang: Lang) -> &str {
        let first = || self.record.fields.description.lines().next().unwrap_or_default();
        self.built_in.map_or_else(first, |built_in| built_in.summary_in(lang))
    }

    /// The stored texts of schema and examples.
    pub const fn content(&self) -> &EventTypeContent {
        &self.content
    }

    /// The schema of `data`, compiled.
    pub fn schema(&self) -> &EntrySchema {
        self.schema.get_or_init(|| EntrySchema::of(self.content.schema.as_deref()))
    }

    /// The schema of `data` as JSON, as it was given.
    pub fn schema_value(&self) -> Option<Value> {
        self.content.schema.as_deref().and_then(|text| serde_json::from_str(text).ok())
    }

    /// Examples of `data`.
    pub fn examples(&self) -> &[Value] {
        self.examples
            .get_or_init(|| serde_json::from_str(&self.content.examples).unwrap_or_default())
    }

    /// The schema of the body of callbacks.
    pub fn callback_schema(&self) -> &Value {
        self.callback_schema
            .get_or_init(|| self.callback_schema_of(self.schema_value().as_ref()))
    }

    /// The schema of the body of callbacks with another schema of `data`, such as that of an earlier version.
    pub fn callback_schema_of(&self, data: Option<&Value>) -> Value {
        let fields = &self.record.fields;
        envelope::callback_schema(self.record.event_type.as_str(), &fields.name, &fields.description, data)
    }

    /// An example of the body of a callback. Without an example of `data`, it has none.
    pub fn callback_example(&self) -> Value {
        if let Some(built_in) = self.built_in {
            return example::example_body(built_in);
        }
        callback_example(&self.record.event_type, self.examples().first())
    }
}

/// An example of the body of a callback with this data.
pub fn callback_example(event_type: &EventType, data: Option<&Value>) -> Value {
    let mut body = json!({
        "id": "01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05",
        "type": event_type,
        "timestamp": "2026-11-23T09:00:00.000Z",
        "source": "https://example.com",
    });
    if let Some(data) = data {
        body["data"] = data.clone();
    }
    body
}
