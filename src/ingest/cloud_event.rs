//! CloudEvents 1.0 over HTTP: structured, batch and binary mode (CloudEvents HTTP protocol binding, section 3).

use http::HeaderMap;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ingest::IngestError;

/// Most events of a batch.
pub const BATCH_MAX: usize = 1_000;

/// A CloudEvent as it came, unchecked. Extension attributes are passed over.
#[derive(Debug, Default, Deserialize)]
pub struct CloudEvent {
    /// `1.0`.
    #[serde(default)]
    pub specversion: Option<String>,
    /// The id that the source gave it.
    #[serde(default)]
    pub id: Option<String>,
    /// Where it happened.
    #[serde(default)]
    pub source: Option<String>,
    /// Its type.
    #[serde(default, rename = "type")]
    pub event_type: Option<String>,
    /// When it happened (RFC 3339).
    #[serde(default)]
    pub time: Option<String>,
    /// What it is about.
    #[serde(default)]
    pub subject: Option<String>,
    /// The media type of `data`.
    #[serde(default)]
    pub datacontenttype: Option<String>,
    /// What happened.
    #[serde(default)]
    pub data: Option<Box<RawValue>>,
}

/// How a request carries its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One event, the body is all of it.
    Structured,
    /// An array of events.
    Batch,
    /// One event, its attributes in headers, its data in the body.
    Binary,
}

impl Mode {
    /// Tells the mode from the headers; `None` when it is none of them.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let media = headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
        let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media.as_str() {
            "application/cloudevents+json" => Some(Self::Structured),
            "application/cloudevents-batch+json" => Some(Self::Batch),
            "application/json" if headers.contains_key("ce-specversion") => Some(Self::Binary),
            _ => None,
        }
    }
}

/// Reads the events of a request.
pub fn read(mode: Mode, headers: &HeaderMap, body: &[u8]) -> Result<Vec<CloudEvent>, IngestError> {
    match mode {
        Mode::Structured => Ok(vec![object(body)?]),
        Mode::Batch => {
            let events: Vec<CloudEvent> = json(body)?;
            if events.is_empty() || events.len() > BATCH_MAX {
                return Err(IngestError::Malformed(format!(
                    "A batch has 1 to {BATCH_MAX} events; this one has {}.",
                    events.len()
                )));
            }
            Ok(events)
        }
        Mode::Binary => Ok(vec![CloudEvent {
            specversion: attribute(headers, "ce-specversion")?,
            id: attribute(headers, "ce-id")?,
            source: attribute(headers, "ce-source")?,
            event_type: attribute(headers, "ce-type")?,
            time: attribute(headers, "ce-time")?,
            subject: attribute(headers, "ce-subject")?,
            datacontenttype: None,
            data: Some(json(body)?),
        }]),
    }
}

fn json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, IngestError> {
    serde_json::from_slice(body).map_err(|error| IngestError::Malformed(format!("The body is not a CloudEvent in JSON: {error}.")))
}

/// serde would also read an array as the fields of a struct, in their order.
fn object(body: &[u8]) -> Result<CloudEvent, IngestError> {
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(IngestError::Malformed(
            "The body is an array; send one as application/cloudevents-batch+json.".to_owned(),
        ));
    }
    json(body)
}

/// Header values are percent-encoded (section 3.1.3.2).
fn attribute(headers: &HeaderMap, name: &str) -> Result<Option<String>, IngestError> {
    let malformed = || IngestError::Malformed(format!("The header {name} must be given once, as percent-encoded UTF-8."));
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(malformed());
    }
    let text = percent_decode_str(value.to_str().map_err(|_| malformed())?)
        .decode_utf8()
        .map_err(|_| malformed())?;
    Ok(Some(text.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn modes_are_told_by_their_content_type() {
        assert_eq!(
            Mode::of(&headers(&[("content-type", "application/cloudevents+json; charset=utf-8")])),
            Some(Mode::Structured)
        );
        assert_eq!(
            Mode::of(&headers(&[("content-type", "Application/CloudEvents-Batch+JSON")])),
            Some(Mode::Batch)
        );
        assert_eq!(
            Mode::of(&headers(&[("content-type", "application/json"), ("ce-specversion", "1.0")])),
            Some(Mode::Binary)
        );
        assert_eq!(Mode::of(&headers(&[("content-type", "application/json")])), None);
        assert_eq!(Mode::of(&headers(&[])), None);
    }

    #[test]
    fn binary_attributes_are_decoded() {
        let headers = headers(&[("ce-specversion", "1.0"), ("ce-subject", "Euro%20%E2%82%AC")]);
        let event = read(Mode::Binary, &headers, b"{}").unwrap().remove(0);
        assert_eq!(event.subject.as_deref(), Some("Euro €"));
        assert_eq!(event.data.unwrap().get(), "{}");
    }

    #[test]
    fn what_is_no_cloud_event_is_malformed() {
        for (mode, body) in [
            (Mode::Structured, "{"),
            (Mode::Structured, "[]"),
            (Mode::Batch, "{}"),
            (Mode::Batch, "[]"),
            (Mode::Binary, ""),
            (Mode::Structured, "\u{feff}{}"),
        ] {
            assert!(
                matches!(read(mode, &HeaderMap::new(), body.as_bytes()), Err(IngestError::Malformed(_))),
                "{mode:?} {body}"
            );
        }
        assert!(read(Mode::Structured, &HeaderMap::new(), b"{\"id\":\"\xff\"}").is_err());
    }
}
