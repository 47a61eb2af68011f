//! Events in messages of brokers: CloudEvents in structured, batch and binary mode, and plain JSON, by the rules of the HTTP API. The
//! adapters of the brokers translate headers, properties and subjects into [`Message`].

use std::{borrow::Cow, fmt::Write};

use bytes::Bytes;
use thiserror::Error;

use crate::{
    app::AppState,
    auth::principal::Principal,
    domain::trace_context::TraceContext,
    services::{
        error::FieldError,
        events::{
            BODY_BYTES_MAX, IngestError, accept,
            cloud_event::{CloudEvent, Mode, of_data, set_attribute, set_data},
            content_coding::{ContentCoding, UnpackError},
            extension::ExtensionValue,
            header_value, json_format,
            media_type::MediaType,
        },
    },
    storage::{StoreError, journal::Accepted},
};

/// What the names of headers with attributes begin with, in lower case: in the HTTP and NATS bindings of CloudEvents, and in the AMQP
/// binding (section 3.1.3.1).
const PREFIXES: [&str; 3] = ["ce-", "cloudevents:", "cloudevents_"];
/// Maximum length of a reason, in bytes. Brokers limit the size of headers.
const REASON_MAX: usize = 2_000;

/// A message of a broker.
#[derive(Clone, Debug)]
pub struct Message {
    /// The media type of the body.
    pub content_type: Option<String>,
    /// The content coding of the body.
    pub content_encoding: Option<String>,
    /// The attributes that are outside of the body (binary mode). An error says why a value cannot be read.
    pub attributes: Vec<(String, Result<ExtensionValue<'static>, &'static str>)>,
    /// The attributes of plain JSON. An error says what the message lacks for it.
    pub plain: Result<PlainAttributes, &'static str>,
    /// The trace context in the headers `traceparent` and `tracestate`.
    pub trace: Option<TraceContext>,
    /// The body.
    pub body: Bytes,
}

/// The attributes of plain JSON in a message.
#[derive(Clone, Debug)]
pub struct PlainAttributes {
    /// The event type.
    pub event_type: String,
    /// An id that is the same if the broker delivers the message again, and that no other message from this source has.
    pub id: String,
    /// Where the event comes from, as a URI reference.
    pub source: String,
    /// When the event happened (RFC 3339).
    pub time: Option<String>,
}

/// Why a message can never be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// For programs, the same as in problems of the HTTP API.
    pub code: &'static str,
    /// What is wrong and what to do, in one line.
    pub reason: String,
}

/// Why the events of a message were not stored.
#[derive(Debug, Error)]
pub enum MessageError {
    /// The message is invalid.
    #[error("{}", .0.reason)]
    Rejected(Rejection),
    /// The database works, but does not store this message, although it is valid. This is a fault of clearhook.
    #[error("the database refuses it: {}", .0.brief())]
    Fault(StoreError),
    /// Storing is not possible at present.
    #[error(transparent)]
    Later(IngestError),
}

impl Rejection {
    /// A rejection. The reason is cut, and control characters are replaced, so that it fits into a header.
    pub fn new(code: &'static str, reason: &str) -> Self {
        let line = reason.replace(char::is_control, " ");
        let mut end = line.len().min(REASON_MAX);
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        Self {
            code,
            reason: line.get(..end).unwrap_or_default().to_owned(),
        }
    }
}

impl From<IngestError> for MessageError {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Malformed(error) => Self::Rejected(Rejection::new("malformed", &listed(&[error]))),
            IngestError::Invalid(errors) => Self::Rejected(Rejection::new("invalid", &listed(&errors))),
            IngestError::Forbidden(forbidden) => Self::Rejected(Rejection::new("forbidden", &forbidden.to_string())),
            IngestError::Store(error) if error.is_unfit_value() => Self::Rejected(Rejection::new("invalid", &error.brief())),
            IngestError::Store(error @ StoreError::Database(_)) if error.is_refusal() => Self::Fault(error),
            error @ (IngestError::Busy | IngestError::NoSpace | IngestError::Store(_)) => Self::Later(error),
        }
    }
}

/// The errors as one line: `/data/name: …; /time: …`.
fn listed(errors: &[FieldError]) -> String {
    let mut line = String::new();
    for FieldError { pointer, detail, .. } in errors {
        let between = if line.is_empty() { "" } else { "; " };
        let colon = if pointer.is_empty() { "" } else { ": " };
        // Writing to a String cannot fail.
        let _ = write!(line, "{between}{pointer}{colon}{detail}");
    }
    line
}

/// The name of the attribute in a header, if the header has one. Names of headers are compared without regard to case, as in HTTP.
pub fn attribute_name(header: &str) -> Option<String> {
    PREFIXES.iter().find_map(|prefix| {
        let (start, name) = header.split_at_checked(prefix.len())?;
        start.eq_ignore_ascii_case(prefix).then(|| name.to_ascii_lowercase())
    })
}

/// Decodes the value of an attribute that is percent-encoded, as in the HTTP and NATS bindings of CloudEvents.
pub fn decoded(value: &str) -> Result<ExtensionValue<'static>, &'static str> {
    header_value::decode(value).map(|text| ExtensionValue::String(Cow::Owned(text)))
}

/// Stores the events of a message: all or none. When this returns successfully, they are durable.
pub async fn publish(app: &AppState, by: &Principal, message: &Message) -> Result<Vec<Accepted>, MessageError> {
    let body = unpacked(message)?;
    let events = read(message, &body)?;
    Ok(accept(app, by, &events, message.trace.as_ref()).await?)
}

fn unpacked(message: &Message) -> Result<Bytes, MessageError> {
    let too_large = || {
        MessageError::Rejected(Rejection::new(
            "too-large",
            &format!("The message has more than {BODY_BYTES_MAX} bytes, also counted without compression. Publish smaller ones."),
        ))
    };
    if message.body.len() > BODY_BYTES_MAX {
        return Err(too_large());
    }
    let coding = ContentCoding::named(message.content_encoding.iter().map(String::as_str))
        .map_err(|detail| MessageError::Rejected(Rejection::new("unsupported-media-type", &detail)))?;
    coding.unpack(message.body.clone(), BODY_BYTES_MAX).map_err(|error| match error {
        UnpackError::TooLarge => too_large(),
        UnpackError::Damaged(detail) => {
            IngestError::malformed("", format!("The message is not compressed as its content encoding says: {detail}.")).into()
        }
    })
}

fn read<'a>(message: &'a Message, body: &'a [u8]) -> Result<Vec<CloudEvent<'a>>, MessageError> {
    let unsupported = |detail: &str| MessageError::Rejected(Rejection::new("unsupported-media-type", detail));
    let text = message.content_type.as_deref().filter(|text| !text.trim().is_empty());
    let media = match text.map(MediaType::parse) {
        Some(None) => {
            return Err(unsupported(
                "The content type is not a media type such as application/cloudevents+json.",
            ));
        }
        Some(media) => media,
        None => None,
    };
    let mode = Mode::of_media(media.as_ref(), !message.attributes.is_empty()).map_err(|detail| unsupported(&detail))?;
    let event = match (mode, &media) {
        (Some(Mode::Batch), _) => return Ok(json_format::batch(body)?),
        (Some(Mode::Structured), _) => json_format::event(body)?,
        (Some(Mode::Binary), _) => binary(message, text, body)?,
        (Some(Mode::Plain), _) => plain(message, body)?,
        // Many publishers name no content type: what has the attribute that every CloudEvent has is a CloudEvent.
        (None, None) => {
            let event = json_format::event(body)?;
            if event.specversion.is_some() || event.has_error("/specversion") {
                event
            } else {
                plain(message, body)?
            }
        }
        (None, Some(media)) => {
            return Err(unsupported(&format!(
                "{} is not supported. Send application/cloudevents+json, application/cloudevents-batch+json, or application/json.",
                media.essence
            )));
        }
    };
    Ok(vec![event])
}

fn binary<'a>(message: &'a Message, media: Option<&'a str>, body: &'a [u8]) -> Result<CloudEvent<'a>, IngestError> {
    let mut event = CloudEvent::default();
    for (at, (name, value)) in message.attributes.iter().enumerate() {
        let is_repeated = message.attributes.iter().take(at).any(|(earlier, _)| earlier == name);
        let set = match value {
            _ if is_repeated => Err("This attribute is there twice. Send it once."),
            Ok(value) => set_attribute(&mut event, name, value.clone()),
            Err(detail) => Err(*detail),
        };
        if let Err(detail) = set {
            event.note(format!("/{name}"), detail.to_owned());
        }
    }
    set_data(&mut event, media, body)?;
    Ok(event)
}

fn plain<'a>(message: &'a Message, body: &'a [u8]) -> Result<CloudEvent<'a>, IngestError> {
    let attributes = message.plain.as_ref().map_err(|missing| IngestError::malformed("", *missing))?;
    Ok(CloudEvent {
        specversion: Some(Cow::Borrowed("1.0")),
        event_type: Some(Cow::Borrowed(&attributes.event_type)),
        id: Some(Cow::Borrowed(&attributes.id)),
        source: Some(Cow::Borrowed(&attributes.source)),
        time: attributes.time.as_deref().map(Cow::Borrowed),
        ..of_data(body)?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(content_type: Option<&str>, attributes: &[(&str, &str)], body: &'static str) -> Message {
        Message {
            trace: None,
            content_type: content_type.map(str::to_owned),
            content_encoding: None,
            attributes: attributes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), decoded(value)))
                .collect(),
            plain: Ok(PlainAttributes {
                event_type: "a.b".to_owned(),
                id: "7".to_owned(),
                source: "urn:x".to_owned(),
                time: None,
            }),
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    /// The ids of the events, or the code of the rejection.
    fn ids(message: &Message) -> Result<Vec<String>, &'static str> {
        let id = |event: CloudEvent<'_>| event.id.map(Cow::into_owned).unwrap_or_default();
        match read(message, &message.body) {
            Ok(events) => Ok(events.into_iter().map(id).collect()),
            Err(MessageError::Rejected(rejection)) => Err(rejection.code),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn mode_follows_from_content_type_headers_and_body() {
        const EVENT: &str = r#"{"specversion":"1.0","id":"1"}"#;
        for (message, expected) in [
            (message(Some("application/cloudevents+json"), &[], EVENT), Ok(vec!["1"])),
            (message(None, &[], EVENT), Ok(vec!["1"])),
            (message(Some(" "), &[], EVENT), Ok(vec!["1"])),
            (message(Some("application/json"), &[], EVENT), Ok(vec!["7"])),
            (message(None, &[], "{}"), Ok(vec!["7"])),
            (message(None, &[], "[1]"), Ok(vec!["7"])),
            (
                message(Some("application/cloudevents-batch+json"), &[], r#"[{"id":"1"},{"id":"2"}]"#),
                Ok(vec!["1", "2"]),
            ),
            (message(Some("application/json"), &[("id", "%C3%A9")], "{}"), Ok(vec!["é"])),
            (message(Some("application/json"), &[("id", "é")], "{}"), Ok(vec!["é"])),
            (message(None, &[("id", "3")], "{}"), Ok(vec!["3"])),
            (message(None, &[], "{"), Err("malformed")),
            (
                message(Some("application/cloudevents+avro"), &[], "{}"),
                Err("unsupported-media-type"),
            ),
            (message(Some("text/plain"), &[], "{}"), Err("unsupported-media-type")),
            (message(Some("json"), &[], "{}"), Err("unsupported-media-type")),
        ] {
            let expected = expected.map(|ids| ids.into_iter().map(str::to_owned).collect());
            assert_eq!(ids(&message), expected, "{message:?}");
        }
        let without = Message {
            plain: Err("name the type"),
            ..message(None, &[], "{}")
        };
        assert_eq!(ids(&without), Err("malformed"));
    }

    #[test]
    fn attribute_that_is_there_twice_or_cannot_be_read_is_an_error() {
        let twice = message(None, &[("id", "1"), ("id", "2"), ("subject", "%"), ("Bad_Name", "x")], "{}");
        let events = read(&twice, &twice.body).unwrap();
        let pointers: Vec<_> = events[0].errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/id", "/subject", "/Bad_Name"]);
    }

    #[test]
    fn attributes_are_known_by_their_prefixes() {
        for (header, name) in [
            ("ce-id", Some("id")),
            ("Ce-Source", Some("source")),
            ("cloudEvents:type", Some("type")),
            ("cloudEvents_type", Some("type")),
            ("ce-", Some("")),
            ("content-type", None),
            ("c", None),
            ("éé-id", None),
        ] {
            assert_eq!(attribute_name(header).as_deref(), name, "{header}");
        }
    }

    #[test]
    fn reason_is_one_short_line() {
        let rejection = Rejection::new("invalid", &format!("a\r\nb\0{}", "é".repeat(REASON_MAX)));
        assert!(
            rejection.reason.starts_with("a  b é") && rejection.reason.len() <= REASON_MAX,
            "{rejection:?}"
        );
    }
}
