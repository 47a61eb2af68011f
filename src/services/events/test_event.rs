//! The event of a webhook test: an example of the catalogue, published by clearhook itself.

use std::borrow::Cow;

use serde_json::Value;

use crate::{
    catalogue::EventType,
    domain::timestamp::Timestamp,
    services::error::FieldError,
    services::events::{check::check, cloud_event::CloudEvent},
    storage::{events::NewEvent, new_id},
};

/// CloudEvents `source` of test events.
pub const SOURCE: &str = "urn:clearhook:test";

/// Creates a test event of this type with this data.
///
/// # Errors
/// If the data does not match the schema of the catalogue.
pub fn test_event(event: EventType, data: &Value) -> Result<NewEvent, Vec<FieldError>> {
    let id: uuid::Uuid = new_id();
    let raw = serde_json::value::to_raw_value(data).map_err(|error| vec![FieldError::new("/data", error.to_string())])?;
    let event = CloudEvent {
        specversion: Some("1.0".into()),
        id: Some(id.to_string().into()),
        source: Some(SOURCE.into()),
        event_type: Some(event.as_str().into()),
        data: Some(Cow::Owned(raw)),
        ..CloudEvent::default()
    };
    check(&event, "", Timestamp::now())
}
