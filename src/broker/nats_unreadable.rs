//! Messages whose headers the NATS library cannot read: it ends the connection when the server delivers one, so such a message would come
//! again and again. The server's interface for single messages transfers headers as base64, so they can be read there.

use async_nats::{
    HeaderMap,
    header::HeaderName,
    jetstream::{
        Context,
        consumer::{Info, PullConsumer},
        message::PublishMessage,
        stream::Stream,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::json;

use crate::broker::{
    adapter::BrokerError,
    nats_message::{EVENTS, REJECTED_SUBJECT, parts, unusable},
};

/// Maximum number of messages that are looked at. What is not among them is found after the next lost connection.
const MESSAGES_MAX: u64 = 2_000;
/// How many are requested at the same time.
const REQUESTS: usize = 32;
/// The first line of headers.
const VERSION: &str = "NATS/1.0";

/// The answer to `STREAM.MSG.GET`.
#[derive(Deserialize)]
struct Answer {
    /// `None` if the message was deleted.
    message: Option<StoredMessage>,
}

#[derive(Deserialize)]
struct StoredMessage {
    subject: String,
    #[serde(default)]
    hdrs: String,
    #[serde(default)]
    data: String,
}

/// Moves unreadable messages, of those that were delivered and not acknowledged, to the rejected ones. Returns their number.
pub(super) async fn move_unreadable(
    context: &Context,
    events: &Stream,
    consumer: &mut PullConsumer,
    most: usize,
) -> Result<u64, BrokerError> {
    let info: &Info = consumer.info().await.map_err(|error| unusable("the consumer clearhook", &error))?;
    if info.num_ack_pending == 0 {
        return Ok(0);
    }
    let (first, last) = (info.ack_floor.stream_sequence + 1, info.delivered.stream_sequence);
    let sequences = first..=last.min(first.saturating_add(MESSAGES_MAX));
    let mut found = stream::iter(sequences)
        .map(async |sequence| {
            let answer: Result<Answer, _> = context
                .request(format!("STREAM.MSG.GET.{EVENTS}"), &json!({ "seq": sequence }))
                .await;
            (sequence, answer.ok().and_then(|answer| answer.message))
        })
        .buffer_unordered(REQUESTS);
    let mut moved = 0;
    while let Some((sequence, message)) = found.next().await {
        let Some(message) = message else { continue };
        let (Ok(headers), Ok(body)) = (STANDARD.decode(&message.hdrs), STANDARD.decode(&message.data)) else {
            continue;
        };
        if headers.is_empty() || is_readable(&headers) {
            continue;
        }
        let mut ours = HeaderMap::new();
        ours.insert("Clearhook-Code", "malformed");
        ours.insert(
            "Clearhook-Reason",
            "The headers are not lines of UTF-8 with a name, a colon and a value. The body of this copy is the headers and the body.",
        );
        ours.insert("Clearhook-Subject", message.subject.as_str());
        let whole = Bytes::from([headers, body].concat());
        for (headers, part) in parts(&whole, &ours, Some(&format!("{EVENTS}-{sequence}-unreadable")), most) {
            let publish = PublishMessage::build().headers(headers).payload(part);
            let confirmed = context.send_publish(REJECTED_SUBJECT, publish).await;
            let confirmed = confirmed.map_err(|error| unusable("the stream CLEARHOOK_REJECTED", &error))?;
            confirmed.await.map_err(|error| unusable("the stream CLEARHOOK_REJECTED", &error))?;
        }
        // It cannot be acknowledged, because it was never received.
        events
            .delete_message(sequence)
            .await
            .map_err(|error| unusable("the stream CLEARHOOK", &error))?;
        moved += 1;
    }
    Ok(moved)
}

/// Whether the library reads these headers.
fn is_readable(headers: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(headers) else {
        return false;
    };
    let mut lines = text.lines();
    let has_version = lines.next().is_some_and(|line| line.trim_end() == VERSION);
    has_version
        && lines.all(|line| {
            let is_continued = line.starts_with(char::is_whitespace);
            let has_name = line.split_once(':').is_some_and(|(name, _)| name.parse::<HeaderName>().is_ok());
            line.is_empty() || is_continued || has_name
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_readable_as_lines_with_names() {
        for good in [
            "NATS/1.0\r\n\r\n",
            "NATS/1.0\r\nA: b\r\nA:\r\n\r\n",
            "NATS/1.0\r\nA: b\r\n c\r\n\r\n",
            "NATS/1.0\r\nA: é\r\n\r\n",
        ] {
            assert!(is_readable(good.as_bytes()), "{good:?}");
        }
        for bad in [
            &b"NATS/1.0\r\nA: \xe9\r\n\r\n"[..],
            b"NATS/1.0\r\nno colon\r\n\r\n",
            b"NATS/1.0\r\nA b: c\r\n\r\n",
            b"NATS/1.0 503\r\n\r\n",
            b"HTTP/1.1\r\n\r\n",
        ] {
            assert!(!is_readable(bad), "{bad:?}");
        }
    }
}
