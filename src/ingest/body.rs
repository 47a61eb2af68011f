//! The body of a callback, made once for each event and sent byte for byte the same on every attempt.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    catalogue::EventType,
    domain::{id::EventId, timestamp::Timestamp},
};

/// What the event's schema describes.
#[derive(Serialize)]
pub struct CallbackBody<'a> {
    /// The event's id.
    pub id: EventId,
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
    /// What happened, as it was published.
    pub data: &'a RawValue,
}

impl CallbackBody<'_> {
    /// The bytes.
    pub fn render(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}
