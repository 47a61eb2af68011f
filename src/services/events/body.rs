//! The body of a callback. It is rendered once per event, so that every attempt sends the same bytes.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    domain::{event_type::EventType, timestamp::Timestamp},
    services::events::extension::Extensions,
};

/// The callback body, as described by the schema of the event type.
#[derive(Serialize)]
pub struct CallbackBody<'a> {
    /// The id that the publisher gave the event.
    pub id: &'a str,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: &'a EventType,
    /// When the event happened.
    pub timestamp: Timestamp,
    /// Where the event happened.
    pub source: &'a str,
    /// What the event is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<&'a str>,
    /// URI of the publisher's schema of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataschema: Option<&'a str>,
    /// Extension attributes, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extensions: Option<&'a Extensions<'a>>,
    /// The data, as published. Events of types without a schema may have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'a RawValue>,
}

impl CallbackBody<'_> {
    /// Serializes the body.
    pub fn render(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}
