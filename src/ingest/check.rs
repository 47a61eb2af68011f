//! From a CloudEvent as it came to an event that may be stored.

use bytes::Bytes;

use crate::{
    catalogue::{EventType, schema::check_data},
    domain::timestamp::Timestamp,
    ingest::{body::CallbackBody, cloud_event::CloudEvent},
    storage::{events::NewEvent, new_id},
    webhooks::FieldError,
};

/// Longest `id` and `source`, in bytes.
const NAME_MAX: usize = 1_000;
/// Longest `subject`, in bytes.
const SUBJECT_MAX: usize = 1_000;

/// Checks an event and says everything that is wrong with it. `at` is put before each pointer: the event's place in a batch.
pub(super) fn check(event: &CloudEvent, at: &str, now: Timestamp) -> Result<NewEvent, Vec<FieldError>> {
    let mut errors = Vec::new();
    if event.specversion.as_deref().is_some_and(|version| version != "1.0") || event.specversion.is_none() {
        errors.push(FieldError::new(
            format!("{at}/specversion"),
            "Give the version of CloudEvents, which is \"1.0\".",
        ));
    }
    let ce_id = required(event.id.as_deref(), at, "id", &mut errors);
    let source = required(event.source.as_deref(), at, "source", &mut errors);
    if let Some(subject) = event.subject.as_deref() {
        let pointer = || format!("{at}/subject");
        if subject.len() > SUBJECT_MAX {
            errors.push(FieldError::new(pointer(), format!("Use at most {SUBJECT_MAX} bytes.")));
        }
        if subject.contains('\0') {
            errors.push(FieldError::new(pointer(), "Leave out null characters."));
        }
    }
    if event
        .datacontenttype
        .as_deref()
        .is_some_and(|media| !media.to_ascii_lowercase().starts_with("application/json"))
    {
        errors.push(FieldError::new(format!("{at}/datacontenttype"), "Send data as application/json."));
    }
    let occurred_at = match event.time.as_deref().map(Timestamp::parse) {
        None => now,
        Some(Ok(time)) => time,
        Some(Err(error)) => {
            errors.push(FieldError::new(format!("{at}/time"), error.to_string()));
            now
        }
    };
    let event_type = match event.event_type.as_deref().map(str::parse::<EventType>) {
        Some(Ok(event_type)) => Some(event_type),
        Some(Err(unknown)) => {
            errors.push(FieldError::new(
                format!("{at}/type"),
                format!("{unknown}; GET /api/v1/event-types lists those there are"),
            ));
            None
        }
        None => {
            errors.push(FieldError::new(format!("{at}/type"), "Give the event's type."));
            None
        }
    };
    let Some(data) = event.data.as_deref() else {
        errors.push(FieldError::new(format!("{at}/data"), "Give the event's data."));
        return Err(errors);
    };
    if let Some(event_type) = event_type {
        match serde_json::from_str(data.get()) {
            Ok(value) => {
                let wrong = check_data(event_type, &value).into_iter();
                errors.extend(wrong.map(|wrong| FieldError::new(format!("{at}/data{}", wrong.pointer), wrong.detail)));
            }
            Err(error) => errors.push(FieldError::new(
                format!("{at}/data"),
                format!("This is not JSON that can be read: {error}."),
            )),
        }
    }
    let (Some(event_type), true) = (event_type, errors.is_empty()) else {
        return Err(errors);
    };
    let id = new_id();
    let body = CallbackBody {
        id,
        event_type,
        timestamp: occurred_at,
        source,
        subject: event.subject.as_deref(),
        data,
    };
    let body = body
        .render()
        .map_err(|error| vec![FieldError::new(format!("{at}/data"), error.to_string())])?;
    Ok(NewEvent {
        id,
        event_type,
        source: source.to_owned(),
        ce_id: ce_id.to_owned(),
        subject: event.subject.clone(),
        extensions: None,
        occurred_at,
        body: Bytes::from(body),
    })
}

fn required<'a>(value: Option<&'a str>, at: &str, name: &str, errors: &mut Vec<FieldError>) -> &'a str {
    let value = value.unwrap_or_default();
    let detail = if value.is_empty() {
        format!("Give the event's {name}.")
    } else if value.len() > NAME_MAX {
        format!("Use at most {NAME_MAX} bytes.")
    } else if value.contains('\0') {
        "Leave out null characters.".to_owned()
    } else {
        return value;
    };
    errors.push(FieldError::new(format!("{at}/{name}"), detail));
    value
}
