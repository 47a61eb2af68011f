//! CloudEvents 1.0.2 over HTTP: structured, batched and binary mode (HTTP protocol binding, section 3).

use std::borrow::Cow;

use http::HeaderMap;
use serde_json::value::RawValue;

use crate::{
    domain::trace_context::TraceContext,
    services::error::FieldError,
    services::events::{
        IngestError,
        extension::{ExtensionValue, Extensions, NAME, is_attribute_name},
        header_value, json_format,
        media_type::MediaType,
        text,
    },
};

/// Maximum number of events in a batch.
pub const BATCH_MAX: usize = 1_000;

/// Prefix of the headers that contain attributes.
const PREFIX: &str = "ce-";

/// A CloudEvent as published. `events::check` validates the values.
#[derive(Clone, Debug, Default)]
pub struct CloudEvent<'a> {
    /// `1.0`.
    pub specversion: Option<Cow<'a, str>>,
    /// The id that the publisher gave the event.
    pub id: Option<Cow<'a, str>>,
    /// Where the event happened.
    pub source: Option<Cow<'a, str>>,
    /// The event type.
    pub event_type: Option<Cow<'a, str>>,
    /// When the event happened (RFC 3339).
    pub time: Option<Cow<'a, str>>,
    /// What the event is about.
    pub subject: Option<Cow<'a, str>>,
    /// The media type of `data`.
    pub datacontenttype: Option<Cow<'a, str>>,
    /// URI of the schema of `data`.
    pub dataschema: Option<Cow<'a, str>>,
    /// All other attributes.
    pub extensions: Extensions<'a>,
    /// The data. JSON null is also data.
    pub data: Option<Cow<'a, RawValue>>,
    /// Position in a batch, from 0.
    pub place: Option<usize>,
    /// Errors that were found while parsing.
    pub errors: Vec<FieldError>,
}

impl CloudEvent<'_> {
    /// The event's own trace context, if its extension attributes have a valid one.
    pub fn trace(&self) -> Option<TraceContext> {
        let text = |name: &str| {
            self.extensions.0.iter().find_map(|(known, value)| match value {
                ExtensionValue::String(text) if known == name => Some(&**text),
                _ => None,
            })
        };
        TraceContext::of_headers(text("traceparent")?, text("tracestate"))
    }

    /// Adds an error. Only the first error of each pointer is kept.
    pub(super) fn note(&mut self, pointer: String, detail: String) {
        if !self.has_error(&pointer) {
            self.errors.push(FieldError::new(pointer, detail));
        }
    }

    pub(super) fn has_error(&self, pointer: &str) -> bool {
        self.errors.iter().any(|error| error.pointer == pointer)
    }
}

/// How events are encoded in a request (content mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One event; the body contains the whole event.
    Structured,
    /// The body is an array of events.
    Batch,
    /// One event; the headers contain its attributes, the body its data.
    Binary,
    /// Not a CloudEvent: the body is the data of an event; the query string contains its attributes.
    Plain,
}

impl Mode {
    /// Determines the mode from the headers. The error says which media type to send instead.
    pub fn of(headers: &HeaderMap) -> Result<Self, String> {
        let media = media_type(headers)?;
        let has_attributes = headers.keys().any(|name| name.as_str().starts_with(PREFIX));
        let mode = Self::of_media(media.as_ref(), has_attributes)?;
        mode.ok_or_else(|| how_to_send(media.as_ref().map_or("", |media| media.essence.as_str())))
    }

    /// Determines the mode from the media type and whether attributes are outside of the body. `None` if they do not tell the mode.
    pub(super) fn of_media(media: Option<&MediaType>, has_attributes: bool) -> Result<Option<Self>, String> {
        let essence = media.map_or("", |media| media.essence.as_str());
        let is_event = essence.starts_with("application/cloudevents");
        let mode = match essence {
            "application/cloudevents+json" => Self::Structured,
            "application/cloudevents-batch+json" => Self::Batch,
            _ if is_event => {
                return Err(format!(
                    "Of the formats of CloudEvents only JSON is supported, not {essence}. Send application/cloudevents+json or application/cloudevents-batch+json."
                ));
            }
            _ if has_attributes => Self::Binary,
            _ if media.is_some_and(MediaType::is_json) => Self::Plain,
            _ => return Ok(None),
        };
        match media.and_then(MediaType::other_charset) {
            Some(charset) => Err(format!(
                "The charset {charset} is not supported. Send UTF-8: leave out `charset`, or use charset=utf-8."
            )),
            None => Ok(Some(mode)),
        }
    }
}

fn media_type(headers: &HeaderMap) -> Result<Option<MediaType>, String> {
    let Some(value) = headers.get(http::header::CONTENT_TYPE) else {
        return Ok(None);
    };
    let media = value.to_str().ok().and_then(MediaType::parse);
    media
        .map(Some)
        .ok_or_else(|| "The header Content-Type is not a media type such as application/cloudevents+json.".to_owned())
}

fn how_to_send(essence: &str) -> String {
    let given = match essence {
        "" => "The header Content-Type is missing.".to_owned(),
        // The default of `curl -d`.
        "application/x-www-form-urlencoded" => {
            "The body was sent as application/x-www-form-urlencoded, which is curl's default: add -H 'Content-Type: application/json'."
                .to_owned()
        }
        other => format!("{other} is not supported without ce- headers."),
    };
    format!(
        "{given} Send application/cloudevents+json, application/cloudevents-batch+json, any JSON type with ce-specversion and the other ce- headers, or application/json with the event's type in the query (POST /events?type=…)."
    )
}

/// Reads the events of a request.
pub fn read<'a>(mode: Mode, headers: &'a HeaderMap, body: &'a [u8]) -> Result<Vec<CloudEvent<'a>>, IngestError> {
    match mode {
        Mode::Structured => Ok(vec![json_format::event(body)?]),
        Mode::Batch => json_format::batch(body),
        Mode::Binary => Ok(vec![binary(headers, body)?]),
        Mode::Plain => Ok(vec![of_data(body)?]),
    }
}

/// Binary mode (section 3.1).
fn binary<'a>(headers: &'a HeaderMap, body: &'a [u8]) -> Result<CloudEvent<'a>, IngestError> {
    let mut event = CloudEvent::default();
    for name in headers.keys() {
        let Some(attribute) = name.as_str().strip_prefix(PREFIX) else {
            continue;
        };
        if let Err(detail) = add_header(&mut event, headers, name, attribute) {
            event.note(format!("/{attribute}"), detail.to_owned());
        }
    }
    let media = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    set_data(&mut event, media, body)?;
    Ok(event)
}

fn add_header<'a>(
    event: &mut CloudEvent<'a>,
    headers: &'a HeaderMap,
    header: &http::HeaderName,
    name: &'a str,
) -> Result<(), &'static str> {
    if !is_attribute_name(name) {
        return Err(NAME);
    }
    let mut values = headers.get_all(header).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err("This header is there twice. Send it once.");
    };
    let value = header_value::decode(value.to_str().map_err(|_| header_value::NOT_ASCII)?)?;
    set_attribute(event, name, ExtensionValue::String(Cow::Owned(value)))
}

/// Sets an attribute that is outside of the body (binary mode).
pub(super) fn set_attribute<'a>(event: &mut CloudEvent<'a>, name: &'a str, value: ExtensionValue<'a>) -> Result<(), &'static str> {
    if !is_attribute_name(name) {
        return Err(NAME);
    }
    let attribute = match name {
        "specversion" => &mut event.specversion,
        "id" => &mut event.id,
        "source" => &mut event.source,
        "type" => &mut event.event_type,
        "time" => &mut event.time,
        "subject" => &mut event.subject,
        "dataschema" => &mut event.dataschema,
        "datacontenttype" => return Err("In binary mode the media type of the data is in Content-Type. Leave out ce-datacontenttype."),
        "data" => return Err("In binary mode the data are the body. Leave out ce-data."),
        _ => {
            event.extensions.0.push((Cow::Borrowed(name), value));
            return Ok(());
        }
    };
    match value {
        ExtensionValue::String(text) => *attribute = Some(text),
        ExtensionValue::Integer(_) | ExtensionValue::Boolean(_) => return Err("This must be a string."),
    }
    Ok(())
}

/// Sets the data of an event in binary mode. `media` is the media type of the body.
pub(super) fn set_data<'a>(event: &mut CloudEvent<'a>, media: Option<&'a str>, body: &'a [u8]) -> Result<(), IngestError> {
    event.datacontenttype = media.map(Cow::Borrowed);
    // For another media type, the body is not parsed: `check` refuses the event because of the type.
    if media.is_none_or(|media| MediaType::parse(media).is_some_and(|media| media.is_json())) {
        event.data = data(body)?;
    } else if !body.is_empty() {
        event.data = Some(Cow::Borrowed(RawValue::NULL));
    }
    Ok(())
}

/// An event without attributes. Its data is the body.
pub(super) fn of_data(body: &[u8]) -> Result<CloudEvent<'_>, IngestError> {
    Ok(CloudEvent {
        data: data(body)?,
        ..CloudEvent::default()
    })
}

/// Parses the body as data. An empty body is no data.
fn data(body: &[u8]) -> Result<Option<Cow<'_, RawValue>>, IngestError> {
    if body.is_empty() {
        return Ok(None);
    }
    let text = text::utf8(body).map_err(|error| error.at("/data"))?;
    let data: &RawValue =
        serde_json::from_str(text).map_err(|error| IngestError::malformed("/data", format!("The body is not JSON: {error}.")))?;
    Ok(Some(Cow::Borrowed(data)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    #[test]
    fn modes_are_told_by_their_content_type() {
        let binary = ("ce-specversion", "1.0");
        for (pairs, mode) in [
            (
                vec![("content-type", "application/cloudevents+json; charset=utf-8")],
                Mode::Structured,
            ),
            (
                vec![("content-type", "Application/CloudEvents+JSON;charset=\"UTF-8\""), binary],
                Mode::Structured,
            ),
            (vec![("content-type", "Application/CloudEvents-Batch+JSON")], Mode::Batch),
            (vec![("content-type", "application/json"), binary], Mode::Binary),
            (vec![("content-type", "application/json"), ("ce-id", "1")], Mode::Binary),
            (vec![("content-type", "application/vnd.acme+json"), binary], Mode::Binary),
            (vec![("content-type", "application/octet-stream"), binary], Mode::Binary),
            (vec![binary], Mode::Binary),
            (vec![("content-type", "application/json")], Mode::Plain),
            (vec![("content-type", "text/json; charset=utf8")], Mode::Plain),
        ] {
            assert_eq!(Mode::of(&headers(&pairs)), Ok(mode), "{pairs:?}");
        }
        for (pairs, word) in [
            (vec![], "missing"),
            (vec![("content-type", "application/cloudevents+avro"), binary], "only JSON"),
            (vec![("content-type", "application/cloudevents"), binary], "only JSON"),
            (vec![("content-type", "application/cloudevents-batch+xml")], "only JSON"),
            (
                vec![("content-type", "application/cloudevents+json; charset=latin1")],
                "charset latin1",
            ),
            (vec![("content-type", "application/json; charset=utf-16"), binary], "charset utf-16"),
            (vec![("content-type", "text/plain")], "text/plain is not supported"),
            (vec![("content-type", "application/x-www-form-urlencoded")], "curl"),
            (vec![("content-type", "json"), binary], "not a media type"),
        ] {
            let error = Mode::of(&headers(&pairs)).unwrap_err();
            assert!(error.contains(word), "{pairs:?}: {error}");
        }
    }

    #[test]
    fn binary_attributes_are_decoded() {
        let headers = headers(&[("ce-specversion", "1.0"), ("ce-subject", "Euro%20%E2%82%AC"), ("ce-tenant", "7")]);
        let event = read(Mode::Binary, &headers, b"{}").unwrap().remove(0);
        assert_eq!(event.subject.as_deref(), Some("Euro €"));
        assert_eq!(event.data.unwrap().get(), "{}");
        assert_eq!(event.extensions.0, [("tenant".into(), ExtensionValue::String("7".into()))]);
        assert_eq!(event.errors, []);
    }

    #[test]
    fn body_that_is_no_cloud_event_is_malformed() {
        let no_headers = HeaderMap::new();
        for (mode, body) in [
            (Mode::Structured, &b"{"[..]),
            (Mode::Structured, b""),
            (Mode::Structured, b"{} {}"),
            (Mode::Batch, b"{}"),
            (Mode::Batch, b"[{}"),
            (Mode::Binary, b"{"),
            (Mode::Plain, b"nothing"),
            (Mode::Structured, b"{\"id\":\"\xff\"}"),
            (Mode::Structured, b"\xfe\xff\0{\0}"),
            (Mode::Structured, b"{\0}\0"),
        ] {
            assert!(
                matches!(read(mode, &no_headers, body), Err(IngestError::Malformed(_))),
                "{mode:?} {body:?}"
            );
        }
        let many = format!("[{}{{}}]", "{},".repeat(200_000));
        let error = read(Mode::Batch, &no_headers, many.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("this one has 200001"), "{error}");
        for mode in [Mode::Structured, Mode::Binary, Mode::Plain] {
            assert_eq!(read(mode, &no_headers, b"\xef\xbb\xbf{}").unwrap().len(), 1, "{mode:?}");
        }
        assert_eq!(read(Mode::Batch, &no_headers, b"[]").unwrap().len(), 0);
        for body in ["[]", "7", "\"{}\"", "null", "[1,{}]"] {
            let event = read(Mode::Structured, &no_headers, body.as_bytes()).unwrap().remove(0);
            assert!(event.errors.len() == 1 && event.errors[0].pointer.is_empty(), "{body}");
        }
    }
}
