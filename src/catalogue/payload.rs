//! What every payload type has: a JSON Schema, an example and the subject of the example.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::catalogue::{schema_transform::ListedVariants, value::Id};

/// The `data` of an event type.
pub(super) trait Payload: Serialize + DeserializeOwned + JsonSchema {
    /// The kind and the id of the object that the [`example`](Self::example) is about, such as `identity`.
    const SUBJECT: (&'static str, Id);

    /// An example with invented people, and fixed ids and times.
    fn example() -> Self;
}

/// The functions of a payload type, for use with an event type that is known at run time only.
pub(super) struct PayloadType {
    /// Generates the JSON Schema of `data`.
    pub(super) schema: fn() -> Value,
    /// The example as JSON.
    pub(super) example: fn() -> Value,
    /// The kind and id of the example's subject.
    pub(super) subject: (&'static str, Id),
    /// Parses JSON and serializes it again.
    #[cfg(test)]
    pub(super) round_trip: fn(Value) -> Value,
}

/// The body of a callback without its `data`.
#[derive(Serialize)]
pub(super) struct Envelope {
    pub(super) id: &'static str,
    #[serde(rename = "type")]
    pub(super) event_type: &'static str,
    pub(super) timestamp: &'static str,
    pub(super) source: &'static str,
    pub(super) subject: String,
}

impl PayloadType {
    pub(super) const fn of<T: Payload>() -> Self {
        Self {
            schema: schema::<T>,
            example: || to_json(&T::example()),
            subject: T::SUBJECT,
            #[cfg(test)]
            round_trip: |value| to_json(&serde_json::from_value::<T>(value).unwrap()),
        }
    }
}

fn schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(ListedVariants);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Serialization of payload types cannot fail, because all keys of their maps are strings. A test of the examples would detect null.
pub(super) fn to_json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
