//! Validates a CloudEvent and converts it to an event that can be stored.

use bytes::Bytes;
use fluent_uri::{Uri, UriRef};
use serde_json::value::RawValue;

use crate::{
    domain::{
        event_type::{EventType, EventTypeState, TYPE_MAX},
        timestamp::Timestamp,
    },
    messages::validation::ValidationError,
    registry::{Entry, EntrySchema, Snapshot, UnknownTypes},
    services::error::FieldError,
    services::events::{
        body::CallbackBody,
        cloud_event::CloudEvent,
        extension::{ExtensionValue, disallowed_character, without_character},
        json_data,
        media_type::MediaType,
    },
    storage::{events::NewEvent, new_id},
};

/// Maximum length of `id`, `source` and `subject`, in bytes. The limit is needed because database indexes contain them.
const NAME_MAX: usize = 1_000;
/// Maximum length of `dataschema`, in bytes.
const SCHEMA_MAX: usize = 2_000;
/// Maximum size of all extension attributes together, as JSON, in bytes.
const EXTENSIONS_MAX: usize = 64 * 1024;

/// The event types against which events are checked.
#[derive(Clone, Copy)]
pub(super) struct Catalogue<'a> {
    /// All of them.
    pub(super) types: &'a Snapshot,
    /// What happens to events whose type is unknown.
    pub(super) unknown: UnknownTypes,
}

/// The type of an event.
enum Found<'a> {
    /// A type of the catalogue.
    Known(&'a Entry),
    /// A type that has to be registered.
    New(EventType),
}

/// Validates an event and returns all errors. `at`, the position of the event in a batch, is prepended to each pointer. The type of the event
/// may be a new one that has to be registered before the event is stored, if the settings permit that.
pub(super) fn check(event: &CloudEvent<'_>, at: &str, now: Timestamp, catalogue: Catalogue<'_>) -> Result<NewEvent, Vec<FieldError>> {
    let mut errors = Errors {
        at,
        event,
        found: event
            .errors
            .iter()
            .map(|error| FieldError::new(format!("{at}{}", error.pointer), error.detail.as_str()))
            .collect(),
    };
    // The value is not an event, so there is nothing else to check.
    if event.has_error("") {
        return Err(errors.found);
    }
    let specversion = errors.required("specversion", event.specversion.as_deref());
    if specversion.is_some_and(|version| version != "1.0") {
        errors.add("specversion", "Give the version of CloudEvents, which is \"1.0\".");
    }
    let ce_id = errors.required("id", event.id.as_deref());
    errors.limit("id", ce_id, NAME_MAX);
    let source = errors.required("source", event.source.as_deref());
    errors.limit("source", source, NAME_MAX);
    if let Some(source) = source.filter(|source| UriRef::parse(*source).is_err()) {
        errors.add("source", no_uri_reference(source));
    }
    let subject = errors.optional("subject", event.subject.as_deref());
    errors.limit("subject", subject, NAME_MAX);
    let dataschema = errors.optional("dataschema", event.dataschema.as_deref());
    errors.limit("dataschema", dataschema, SCHEMA_MAX);
    if let Some(detail) = dataschema.and_then(no_absolute_uri) {
        errors.add("dataschema", detail);
    }
    let datacontenttype = errors.optional("datacontenttype", event.datacontenttype.as_deref());
    if datacontenttype.is_some_and(|media| !MediaType::parse(media).is_some_and(|media| media.is_json())) {
        let detail = "The media type of the data has to be JSON: application/json, or one that ends with +json. Leave it out for JSON.";
        errors.add("datacontenttype", detail);
    }
    let occurred_at = match errors.optional("time", event.time.as_deref()).map(Timestamp::parse) {
        None => now,
        Some(Ok(time)) => time,
        Some(Err(error)) => {
            errors.add("time", error.to_string());
            now
        }
    };
    let extensions = errors.extensions();
    let name = errors.required("type", event.event_type.as_deref());
    let found = name.and_then(|name| match find(name, catalogue) {
        Ok(found) => Some(found),
        Err(detail) => {
            errors.add("type", detail);
            None
        }
    });
    let data = errors.data(found.as_ref());
    let (Some(ce_id), Some(source), Some(found), true) = (ce_id, source, found, errors.found.is_empty()) else {
        return Err(errors.found);
    };
    let event_type = match found {
        Found::Known(entry) => entry.event_type().clone(),
        Found::New(event_type) => event_type,
    };
    let body = CallbackBody {
        id: ce_id,
        event_type: &event_type,
        timestamp: occurred_at,
        source,
        subject,
        dataschema,
        extensions: Some(&event.extensions).filter(|extensions| !extensions.0.is_empty()),
        data,
    };
    let body = body
        .render()
        .map_err(|error| vec![FieldError::new(format!("{at}/data"), error.to_string())])?;
    Ok(NewEvent {
        id: new_id(),
        event_type,
        source: source.to_owned(),
        ce_id: ce_id.to_owned(),
        subject: subject.map(str::to_owned),
        trace: event.trace(),
        extensions,
        occurred_at,
        body: Bytes::from(body),
    })
}

/// Collects the errors of an event.
struct Errors<'a> {
    at: &'a str,
    event: &'a CloudEvent<'a>,
    found: Vec<FieldError>,
}

impl<'a> Errors<'a> {
    fn add(&mut self, name: &str, detail: impl Into<String>) {
        self.found.push(FieldError::new(format!("{}/{name}", self.at), detail.into()));
    }

    /// Checks a required attribute.
    fn required(&mut self, name: &str, value: Option<&'a str>) -> Option<&'a str> {
        if value.is_none() && !self.event.has_error(&format!("/{name}")) {
            let detail = if name == "specversion" {
                "Give the version of CloudEvents, which is \"1.0\".".to_owned()
            } else {
                format!("Give the event's {name}.")
            };
            self.add(name, detail);
        }
        self.optional(name, value)
    }

    /// Checks an optional attribute: if it is present, it must not be empty.
    fn optional(&mut self, name: &str, value: Option<&'a str>) -> Option<&'a str> {
        let value = value?;
        if value.is_empty() {
            self.add(
                name,
                format!("Give the event's {name}, or leave it out if it is optional: it must not be empty."),
            );
            return None;
        }
        if let Some(character) = disallowed_character(value) {
            self.add(name, without_character(character));
            return None;
        }
        Some(value)
    }

    fn limit(&mut self, name: &str, value: Option<&str>, most: usize) {
        if value.is_some_and(|value| value.len() > most) {
            self.add(name, format!("Use at most {most} bytes."));
        }
    }

    /// Checks the extension attributes and returns the JSON to store.
    fn extensions(&mut self) -> Option<String> {
        let extensions = &self.event.extensions;
        if extensions.0.is_empty() {
            return None;
        }
        for (name, value) in &extensions.0 {
            if let ExtensionValue::String(text) = value
                && let Some(character) = disallowed_character(text)
            {
                self.add(name, without_character(character));
            }
        }
        // Serializing strings, numbers and booleans cannot fail.
        let json = serde_json::to_string(extensions).unwrap_or_default();
        if json.len() > EXTENSIONS_MAX {
            let largest = extensions.0.iter().max_by_key(|(name, value)| match value {
                ExtensionValue::String(text) => name.len() + text.len(),
                _ => name.len(),
            });
            let name = largest.map_or("", |(name, _)| name);
            self.add(
                name,
                format!("The extension attributes together may have {EXTENSIONS_MAX} bytes. Put large values into `data`."),
            );
        }
        Some(json)
    }

    /// Validates the data against the schema of the event type. Only an event of a type without a schema may have no data.
    fn data(&mut self, found: Option<&Found<'_>>) -> Option<&'a RawValue> {
        let schema = match found {
            Some(Found::Known(entry)) => Some(entry.schema()),
            Some(Found::New(_)) | None => None,
        };
        let Some(data) = self.event.data.as_deref() else {
            let is_optional = match found {
                Some(_) => schema.is_none_or(EntrySchema::is_any),
                None => false,
            };
            if !is_optional && !self.event.has_error("/data") && !self.event.has_error("/data_base64") {
                self.add("data", "Give the event's data: events of this type have some.");
            }
            return None;
        };
        // Data of another media type is not JSON, so it is not validated.
        if self.found.iter().any(|error| error.pointer.ends_with("/datacontenttype")) {
            return Some(data);
        }
        let pointer = format!("{}/data", self.at);
        match json_data::parse(data, &pointer) {
            Ok(value) => {
                let wrong = schema.map(|schema| schema.errors(&value)).unwrap_or_default();
                self.found.extend(
                    wrong
                        .into_iter()
                        .map(|wrong| FieldError::new(format!("{}/data{}", self.at, wrong.pointer), wrong.detail)),
                );
            }
            Err(errors) => self.found.extend(errors),
        }
        Some(data)
    }
}

/// Finds the type of an event. The error says why events of it are refused.
fn find<'a>(name: &str, catalogue: Catalogue<'a>) -> Result<Found<'a>, String> {
    let Some(entry) = catalogue.types.get(name) else {
        return match catalogue.unknown {
            UnknownTypes::Accept => name.parse().map(Found::New).map_err(|wrong: ValidationError| wrong.to_string()),
            UnknownTypes::Reject => Err(unknown(name, catalogue.types)),
        };
    };
    if entry.state() != EventTypeState::Archived {
        return Ok(Found::Known(entry));
    }
    let instead = match &entry.record.fields.replaced_by {
        Some(other) => format!("publish {other} instead"),
        None => "publish events of another type".to_owned(),
    };
    Err(format!("The event type {name} is archived and takes no new events; {instead}."))
}

fn unknown(name: &str, types: &Snapshot) -> String {
    let unknown = ValidationError::NoSuchEvent {
        event: name.chars().take(TYPE_MAX).collect(),
    };
    let similar: Vec<String> = types.similar(name).into_iter().map(|similar| format!("`{similar}`")).collect();
    let hint = if similar.is_empty() {
        String::new()
    } else {
        format!("; similar ones are {}", similar.join(", "))
    };
    format!("{unknown}{hint}; GET /api/v1/event-types lists those there are")
}

fn no_uri_reference(source: &str) -> &'static str {
    if source.is_ascii() {
        "This is not a URI reference (RFC 3986). Percent-encode spaces and other characters that URIs do not have, for example a space as %20."
    } else {
        "This is not a URI reference (RFC 3986). Percent-encode characters outside of ASCII as UTF-8, for example é as %C3%A9."
    }
}

/// Returns the error message if the text is not an absolute URI: one with a scheme and without a fragment (RFC 3986, section 4.3).
fn no_absolute_uri(text: &str) -> Option<&'static str> {
    match Uri::parse(text) {
        Err(_) => Some("This is not an absolute URI such as https://example.com/schemas/1 (RFC 3986)."),
        Ok(uri) if uri.has_fragment() => Some("An absolute URI has no fragment (RFC 3986, section 4.3). Leave out # and what follows it."),
        Ok(_) => None,
    }
}
