//! Parser for the JSON format of CloudEvents 1.0.2, for single events and batches.

use std::{borrow::Cow, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{
    Deserialize,
    de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    services::error::FieldError,
    services::events::{
        IngestError,
        cloud_event::{BATCH_MAX, CloudEvent},
        extension::{ExtensionValue, NAME, is_attribute_name},
        media_type::MediaType,
        text,
    },
};

/// Reads one event.
pub(super) fn event(body: &[u8]) -> Result<CloudEvent<'_>, IngestError> {
    let text = text::utf8(body)?;
    let Envelope(event) = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    Ok(event)
}

/// Reads a batch.
pub(super) fn batch(body: &[u8]) -> Result<Vec<CloudEvent<'_>>, IngestError> {
    let text = text::utf8(body)?;
    if !text.trim_ascii_start().starts_with('[') {
        return Err(IngestError::malformed(
            "",
            "A batch is an array of events. Send a single event as application/cloudevents+json.",
        ));
    }
    let Batch { events, count } = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    if count > BATCH_MAX {
        return Err(IngestError::malformed(
            "",
            format!("A batch has at most {BATCH_MAX} events; this one has {count}. Send several batches."),
        ));
    }
    Ok(events)
}

fn unreadable(error: &serde_json::Error) -> IngestError {
    IngestError::malformed("", format!("The body is not JSON: {error}."))
}

/// A batch. `events` has at most [`BATCH_MAX`] entries; `count` is the number of events in the request.
struct Batch<'a> {
    events: Vec<CloudEvent<'a>>,
    count: usize,
}

impl<'de: 'a, 'a> Deserialize<'de> for Batch<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BatchVisitor;
        impl<'de> Visitor<'de> for BatchVisitor {
            type Value = Batch<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of events")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut events = Vec::new();
                while events.len() < BATCH_MAX {
                    let Some(Envelope(event)) = access.next_element()? else {
                        break;
                    };
                    events.push(CloudEvent {
                        place: Some(events.len()),
                        ..event
                    });
                }
                let mut count = events.len();
                while events.len() == BATCH_MAX && access.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Batch { events, count })
            }
        }
        deserializer.deserialize_seq(BatchVisitor)
    }
}

/// An event as a JSON object. Errors in members are collected in the event, so that the response reports all errors at once.
struct Envelope<'a>(CloudEvent<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl EnvelopeVisitor {
    fn no_object<'a>(is_array: bool) -> Envelope<'a> {
        let detail = if is_array {
            "An event is a JSON object, and this is an array. Send several events as application/cloudevents-batch+json."
        } else {
            "An event is a JSON object."
        };
        Envelope(CloudEvent {
            errors: vec![FieldError::new("", detail)],
            ..CloudEvent::default()
        })
    }
}

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event as a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::default();
        while let Some(Name(name)) = access.next_key()? {
            members.add(name, access.next_value()?);
        }
        Ok(Envelope(members.into_event()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        while access.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::no_object(true))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Self::no_object(false))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Self::no_object(false))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Self::no_object(false))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Self::no_object(false))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Self::no_object(false))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Self::no_object(false))
    }
}

/// The name of a member. Borrowed, unless it contains escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

/// The members of an event during parsing.
#[derive(Default)]
struct Members<'a> {
    event: CloudEvent<'a>,
    names: Vec<Cow<'a, str>>,
    data_base64: Option<&'a RawValue>,
}

impl<'a> Members<'a> {
    fn add(&mut self, name: Cow<'a, str>, value: &'a RawValue) {
        if self.names.contains(&name) {
            self.wrong(&name, "This member is there twice. Keep one.");
            return;
        }
        match &*name {
            "data" => self.event.data = Some(Cow::Borrowed(value)),
            "data_base64" => self.data_base64 = Some(value).filter(|value| value.get() != "null"),
            // Null means that the attribute is not set (section 2.2).
            _ if value.get() == "null" => {
                if !is_attribute_name(&name) {
                    self.wrong(&name, NAME);
                }
            }
            "specversion" | "id" | "source" | "type" | "time" | "subject" | "datacontenttype" | "dataschema" => {
                self.set_attribute(&name, value);
            }
            _ => self.add_extension(name.clone(), value),
        }
        self.names.push(name);
    }

    fn set_attribute(&mut self, name: &str, value: &'a RawValue) {
        let text = match string(value) {
            Ok(text) => Some(text),
            Err(detail) => return self.wrong(name, detail),
        };
        let event = &mut self.event;
        match name {
            "specversion" => event.specversion = text,
            "id" => event.id = text,
            "source" => event.source = text,
            "type" => event.event_type = text,
            "time" => event.time = text,
            "subject" => event.subject = text,
            "datacontenttype" => event.datacontenttype = text,
            _ => event.dataschema = text,
        }
    }

    fn add_extension(&mut self, name: Cow<'a, str>, value: &'a RawValue) {
        if !is_attribute_name(&name) {
            self.wrong(&name, NAME);
            return;
        }
        match extension(value) {
            Ok(value) => self.event.extensions.0.push((name, value)),
            Err(detail) => self.wrong(&name, detail),
        }
    }

    fn wrong(&mut self, name: &str, detail: impl Into<String>) {
        // A response does not grow with the request.
        let name: String = name.chars().take(200).collect();
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        self.event.note(pointer, detail.into());
    }

    fn into_event(mut self) -> CloudEvent<'a> {
        let Some(encoded) = self.data_base64 else {
            return self.event;
        };
        if self.event.data.is_some() {
            self.wrong("data_base64", "Send `data` or `data_base64`, not both.");
            return self.event;
        }
        let charset = self.event.datacontenttype.as_deref().and_then(MediaType::parse);
        if charset.is_some_and(|media| media.other_charset().is_some()) {
            self.wrong("datacontenttype", "Encode the data in UTF-8; other charsets are not supported.");
            return self.event;
        }
        match decoded(encoded) {
            Ok(data) => self.event.data = Some(Cow::Owned(data)),
            Err(detail) => self.wrong("data_base64", detail),
        }
        self.event
    }
}

/// Decodes `data_base64`. The decoded bytes must be JSON (section 3.1.2).
fn decoded(encoded: &RawValue) -> Result<Box<RawValue>, String> {
    let encoded = string(encoded)?;
    let bytes = STANDARD
        .decode(encoded.as_bytes())
        .map_err(|error| format!("This is not Base64 (RFC 4648, section 4, with padding): {error}."))?;
    let json = text::utf8(&bytes).map_err(|error| error.to_string())?;
    serde_json::from_str(json).map_err(|error| format!("The decoded bytes are not JSON, which `data` has to be: {error}."))
}

/// Parses a value that must be a string.
fn string(value: &RawValue) -> Result<Cow<'_, str>, String> {
    let text = value.get();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.contains('\\') => Ok(Cow::Borrowed(inner)),
        Some(_) => serde_json::from_str(text)
            .map(Cow::Owned)
            .map_err(|error| format!("A string holds an escape that is no character: {error}.")),
        None => Err(format!("This must be a string, not {}.", kind(text))),
    }
}

fn extension(value: &RawValue) -> Result<ExtensionValue<'_>, String> {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'"') => string(value).map(ExtensionValue::String),
        Some(b't' | b'f') => Ok(ExtensionValue::Boolean(text == "true")),
        Some(b'-' | b'0'..=b'9') => {
            if text.contains(['.', 'e', 'E']) {
                return Err("Use a whole number without fraction and exponent, or a string.".to_owned());
            }
            let number = text.parse().map(ExtensionValue::Integer);
            number.map_err(|_| "Use a number from -2147483648 to 2147483647, or a string.".to_owned())
        }
        _ => Err(format!(
            "The value of an extension attribute is a string, a whole number or a boolean, not {}. Put it into `data`.",
            kind(text)
        )),
    }
}

fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'"') => "a string",
        Some(b'n') => "null",
        _ => "a number",
    }
}
