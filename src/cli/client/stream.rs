//! Server-sent events (WHATWG HTML, section 9.2) from the bytes of a response, and how far a stream was read.

use std::collections::HashSet;

use reqwest::Response;

/// The largest event. A callback with its bodies has less than 4 MiB.
const BYTES_MAX: usize = 32 * 1024 * 1024;

/// An event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct StreamEvent {
    /// The id with which the stream is resumed after this event, if the event has one.
    pub(in crate::cli) id: Option<String>,
    /// The kind. Empty means `message`.
    pub(in crate::cli) kind: String,
    /// The data.
    pub(in crate::cli) data: String,
}

/// The events of a stream, whose bytes arrive in pieces.
#[derive(Default)]
pub(in crate::cli) struct StreamParser {
    /// The bytes of the unfinished line.
    line: Vec<u8>,
    /// The event whose end has not arrived.
    event: StreamEvent,
    has_data: bool,
}

/// How far a stream of attempts was read. The next connection continues there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct StreamPlace {
    last: Option<String>,
    /// The attempts since then, whose events have no id. The next connection sends them again.
    since: HashSet<String>,
}

impl StreamPlace {
    /// The id of the last event, after which the stream continues. `None` before the first connection.
    pub(in crate::cli) fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// A connection was opened. The first one says where the stream begins, so that one that breaks off before the first event loses none.
    pub(in crate::cli) fn connected(&mut self, response: &Response) {
        if self.last.is_none() {
            let begin = response.headers().get("last-event-id").and_then(|value| value.to_str().ok());
            self.last = begin.map(str::to_owned);
        }
    }

    /// Notes an event with this attempt. Returns whether it is the first one with it.
    pub(in crate::cli) fn note(&mut self, event: &StreamEvent, attempt: &str) -> bool {
        let is_new = !self.since.contains(attempt);
        match &event.id {
            Some(id) => {
                self.last = Some(id.clone());
                self.since.clear();
            }
            None => {
                self.since.insert(attempt.to_owned());
            }
        }
        is_new
    }
}

/// An event is too large to be kept in memory.
#[derive(Debug)]
pub(in crate::cli) struct TooLarge;

impl StreamParser {
    /// Takes the next bytes, and returns the events that they complete.
    pub(in crate::cli) fn take(&mut self, bytes: &[u8]) -> Result<Vec<StreamEvent>, TooLarge> {
        let mut events = Vec::new();
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                if self.line.len() + self.event.data.len() > BYTES_MAX {
                    return Err(TooLarge);
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(&line)).into_owned();
            events.extend(self.end_of_line(&line));
        }
        Ok(events)
    }

    fn end_of_line(&mut self, line: &str) -> Option<StreamEvent> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            "id" => self.event.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.event.kind),
            // A comment has no name. Other fields are ignored, as the specification says.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_without_a_position_are_recognised_when_they_are_sent_again() {
        let event = |id: Option<&str>| StreamEvent {
            id: id.map(str::to_owned),
            ..StreamEvent::default()
        };
        let mut place = StreamPlace::default();
        assert!(place.note(&event(Some("p1")), "c9"));
        assert!(place.note(&event(None), "c2") && place.note(&event(None), "c3"));
        assert_eq!(place.last(), Some("p1"));
        // Connected again.
        assert!(!place.note(&event(None), "c2") && !place.note(&event(None), "c3"));
        assert!(place.note(&event(Some("p2")), "c4"));
        assert_eq!((place.last(), place.since.len()), (Some("p2"), 0));
    }

    #[test]
    fn events_are_the_same_however_their_bytes_arrive() {
        let text = ": hello\n\nid: 1\nevent: callback\ndata: {\"a\":\ndata: \"é\"}\r\n\r\nretry: 5\n\ndata:x\n\ndata: unfinished";
        let expected = [
            StreamEvent {
                id: Some("1".to_owned()),
                kind: "callback".to_owned(),
                data: "{\"a\":\n\"é\"}".to_owned(),
            },
            StreamEvent {
                id: None,
                kind: String::new(),
                data: "x".to_owned(),
            },
        ];
        for size in 1..text.len() {
            let mut parser = StreamParser::default();
            let events: Vec<_> = text.as_bytes().chunks(size).flat_map(|bytes| parser.take(bytes).unwrap()).collect();
            assert_eq!(events, expected, "{size}");
        }
    }
}
