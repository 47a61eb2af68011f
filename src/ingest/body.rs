//! The body of a callback, made once for each event and sent byte for byte the same on every attempt.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{catalogue::EventType, domain::timestamp::Timestamp, ingest::extension::Extensions};

/// What the event's schema describes.
#[derive(Serialize)]
pub struct CallbackBody<'a> {
    /// The id that the publisher gave the event.
    pub id: &'a str,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Where it happened.
    pub source: &'a str,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<&'a str>,
    /// The publisher's schema of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataschema: Option<&'a str>,
    /// Extension attributes, when there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extensions: Option<&'a Extensions<'a>>,
    /// What happened, as it was published.
    pub data: &'a RawValue,
}

impl CallbackBody<'_> {
    /// The bytes.
    pub fn render(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}
