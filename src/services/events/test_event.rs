//! The event of a webhook test: an example of the catalogue, published by clearhook itself.

use std::borrow::Cow;

use crate::{
    domain::{event_type::EventType, timestamp::Timestamp},
    registry::{Snapshot, UnknownTypes},
    services::error::FieldError,
    services::events::{
        check::{Catalogue, check},
        cloud_event::CloudEvent,
    },
    storage::{events::NewEvent, new_id},
};

/// CloudEvents `source` of test events.
pub const SOURCE: &str = "urn:clearhook:test";

/// Creates a test event of this type, with its first example as data.
///
/// # Errors
/// If the type is archived, or has a schema but no example.
pub fn test_event(types: &Snapshot, event: &EventType) -> Result<NewEvent, Vec<FieldError>> {
    let id: uuid::Uuid = new_id();
    let example = types.get(event.as_str()).and_then(|entry| entry.examples().first());
    let raw = example.map(serde_json::value::to_raw_value).transpose();
    let raw = raw.map_err(|error| vec![FieldError::new("/data", error.to_string())])?;
    let event = CloudEvent {
        specversion: Some("1.0".into()),
        id: Some(id.to_string().into()),
        source: Some(SOURCE.into()),
        event_type: Some(event.as_str().into()),
        data: raw.map(Cow::Owned),
        ..CloudEvent::default()
    };
    let catalogue = Catalogue {
        types,
        unknown: UnknownTypes::Reject,
    };
    check(&event, "", Timestamp::now(), catalogue)
}
