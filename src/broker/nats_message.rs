//! Messages of NATS: from headers to attributes, and the copies of rejected messages.

use async_nats::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
    jetstream,
};
use bytes::Bytes;

use crate::{
    broker::adapter::BrokerError,
    domain::trace_context::TraceContext,
    error_chain::innermost,
    services::events::message::{Message, PlainAttributes, Rejection, attribute_name, decoded},
};

/// The stream of events.
pub(super) const EVENTS: &str = "CLEARHOOK";
/// The subject of rejected messages.
pub(super) const REJECTED_SUBJECT: &str = "clearhook.rejected";
/// What the subjects of events begin with.
pub(super) const SUBJECT_PREFIX: &str = "clearhook.events.";
/// `source` of plain JSON.
const SOURCE: &str = "urn:clearhook:nats";
const NO_TYPE: &str = "The message is neither a CloudEvent nor plain JSON with a type. Publish a CloudEvent, or publish plain JSON to the \
     subject clearhook.events.<type>.";
/// Headers with this prefix tell the server what to do with a message.
const SERVER_PREFIX: &str = "nats-";
/// What headers of the server are called in a copy.
const ORIGINAL: &str = "Clearhook-Original-";
/// The first line of headers, and the empty line after them.
const FRAME: usize = "NATS/1.0\r\n\r\n".len();

/// The message in terms that all brokers have.
pub(super) fn message(received: &jetstream::Message) -> Message {
    let (mut attributes, mut content_type, mut content_encoding) = (Vec::new(), None, None);
    let header = |name: &str| Some(received.headers.as_ref()?.get(name)?.as_str());
    for (name, values) in received.headers.iter().flat_map(HeaderMap::iter) {
        let name: &str = name.as_ref();
        for value in values {
            if let Some(attribute) = attribute_name(name) {
                attributes.push((attribute, decoded(value.as_str())));
            } else if name.eq_ignore_ascii_case("content-type") {
                content_type = Some(value.as_str().to_owned());
            } else if name.eq_ignore_ascii_case("content-encoding") {
                content_encoding = Some(value.as_str().to_owned());
            }
        }
    }
    let event_type = received
        .subject
        .strip_prefix(SUBJECT_PREFIX)
        .filter(|event_type| !event_type.is_empty());
    let plain = match (event_type, id_of(received)) {
        (Some(event_type), Some(id)) => Ok(PlainAttributes {
            event_type: event_type.to_owned(),
            id,
            source: SOURCE.to_owned(),
            time: None,
        }),
        _ => Err(NO_TYPE),
    };
    Message {
        content_type,
        content_encoding,
        attributes,
        plain,
        trace: header("traceparent").and_then(|parent| TraceContext::of_headers(parent, header("tracestate"))),
        body: received.payload.clone(),
    }
}

/// An id of the message that no other message has, also if the stream is deleted and created again.
pub(super) fn id_of(received: &jetstream::Message) -> Option<String> {
    let info = received.info().ok()?;
    Some(format!(
        "{}-{}-{}",
        info.stream,
        info.stream_sequence,
        info.published.unix_timestamp_nanos()
    ))
}

/// The copies of a rejected message: one, or several if the message and the reason together are larger than the server permits. The bodies of
/// several, one after the other, are the original headers and the original body.
pub(super) fn rejected_copies(received: &jetstream::Message, rejection: &Rejection, most: usize) -> Vec<(HeaderMap, Bytes)> {
    let mut ours = HeaderMap::new();
    ours.insert("Clearhook-Code", rejection.code);
    ours.insert("Clearhook-Reason", rejection.reason.as_str());
    ours.insert("Clearhook-Subject", received.subject.as_str());
    let empty = HeaderMap::new();
    let original = received.headers.as_ref().unwrap_or(&empty);
    copies(original, &received.payload, &ours, id_of(received).as_deref(), most)
}

fn copies(original: &HeaderMap, body: &Bytes, ours: &HeaderMap, id: Option<&str>, most: usize) -> Vec<(HeaderMap, Bytes)> {
    let mut all = with_id(ours, id, "");
    for (name, value) in pairs(original) {
        let is_of_server = name
            .get(..SERVER_PREFIX.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(SERVER_PREFIX));
        match format!("{ORIGINAL}{name}").parse::<HeaderName>() {
            Ok(renamed) if is_of_server => all.append(renamed, value.clone()),
            _ => all.append(name, value.clone()),
        }
    }
    if size_of(&all) + body.len() <= most {
        return vec![(all, body.clone())];
    }
    parts(&Bytes::from([&written(original), body.as_ref()].concat()), ours, id, most)
}

/// Messages whose bodies, one after the other, are `whole`, and which are not larger than `most` with their headers.
pub(super) fn parts(whole: &Bytes, ours: &HeaderMap, id: Option<&str>, most: usize) -> Vec<(HeaderMap, Bytes)> {
    // Room for our own headers with the number of the part.
    let part_size = most.saturating_sub(size_of(&with_id(ours, id, "")) + 100).max(1);
    let count = whole.len().div_ceil(part_size);
    (0..count)
        .map(|part| {
            let mut headers = with_id(ours, id, &format!("-{part}"));
            headers.insert("Clearhook-Part", format!("{}/{count}", part + 1));
            let end = whole.len().min((part + 1) * part_size);
            (headers, whole.slice(part * part_size..end))
        })
        .collect()
}

/// Our headers with an id, by which the server recognises a copy that is stored a second time because the first confirmation was lost.
fn with_id(ours: &HeaderMap, id: Option<&str>, part: &str) -> HeaderMap {
    let mut headers = ours.clone();
    if let Some(id) = id {
        headers.insert("Nats-Msg-Id", format!("{id}{part}"));
    }
    headers
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &HeaderValue)> {
    headers
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name.as_ref(), value)))
}

/// The size of headers in a message, in bytes.
fn size_of(headers: &HeaderMap) -> usize {
    FRAME
        + pairs(headers)
            .map(|(name, value)| name.len() + value.as_str().len() + ": \r\n".len())
            .sum::<usize>()
}

/// Headers as NATS sends them.
fn written(headers: &HeaderMap) -> Vec<u8> {
    let mut text = String::from("NATS/1.0\r\n");
    for (name, value) in pairs(headers) {
        text.extend([name, ": ", value.as_str(), "\r\n"]);
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// The error of something that `JetStream` does not provide.
pub(super) fn unusable(what: &str, error: &(dyn std::error::Error + 'static)) -> BrokerError {
    let (outer, inner) = (error.to_string(), innermost(error).to_string());
    let detail = if outer.contains(&inner) {
        outer
    } else {
        format!("{outer}: {inner}")
    };
    BrokerError(format!("{what} cannot be used: {detail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> HeaderMap {
        let mut ours = HeaderMap::new();
        ours.insert("Clearhook-Reason", "why");
        ours
    }

    #[test]
    fn copy_keeps_headers_and_body_but_no_order_to_the_server() {
        let mut original = HeaderMap::new();
        original.append("X-A", "1");
        original.append("X-A", "2");
        original.insert("Nats-Expected-Stream", "other");
        original.insert("nats-rollup", "all");
        original.insert("Nats-Msg-Id", "mine");
        let copies = copies(&original, &Bytes::from_static(b"{"), &ours(), Some("S-1-2"), 10_000);
        let [(headers, body)] = copies.as_slice() else {
            panic!("{copies:?}")
        };
        assert_eq!(body.as_ref(), b"{");
        let text = |name: &str| headers.get_all(name).map(HeaderValue::as_str).collect::<Vec<_>>().join(",");
        assert_eq!(text("X-A"), "1,2");
        assert_eq!(text("Nats-Msg-Id"), "S-1-2");
        assert_eq!(text("Clearhook-Original-Nats-Msg-Id"), "mine");
        assert_eq!(text("Clearhook-Original-nats-rollup"), "all");
        assert_eq!(text("Clearhook-Reason"), "why");
        assert!(headers.get("Nats-Expected-Stream").is_none());
    }

    #[test]
    fn message_that_is_too_large_for_one_copy_becomes_several() {
        let mut original = HeaderMap::new();
        original.insert("X-A", "1");
        let body = Bytes::from(vec![7; 5_000]);
        for most in [600, 1_000, 5_010] {
            let copies = copies(&original, &body, &ours(), Some("S-1-2"), most);
            assert!(copies.len() > 1);
            let mut whole = Vec::new();
            for (headers, part) in &copies {
                assert!(size_of(headers) + part.len() <= most, "{most}");
                whole.extend_from_slice(part);
            }
            assert_eq!(whole, [b"NATS/1.0\r\nX-A: 1\r\n\r\n".as_slice(), &body].concat());
            let count = copies.len();
            assert_eq!(copies[1].0.get("Clearhook-Part").unwrap().as_str(), format!("2/{count}"));
            assert_eq!(copies[1].0.get("Nats-Msg-Id").unwrap().as_str(), "S-1-2-1");
        }
    }
}
