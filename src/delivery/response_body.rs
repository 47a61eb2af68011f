//! Reads the response body for the callback log. Neither errors here nor a slow body change or delay the outcome, which depends on the status
//! code only.

use std::{io, time::Duration};

use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming};
use tokio::time::{Instant, timeout_at};

use crate::{
    delivery::failures::{h2_reason, innermost, span},
    error_chain::find,
};

/// Maximum number of bytes of a body that are read and stored.
const STORED_MAX: usize = 16 * 1024;

/// For how long the result of an attempt waits for the body. Most bodies arrive with the headers, and then one statement stores both.
const PROMPT: Duration = Duration::from_millis(250);
/// What the log says while the rest of a body is being read.
const PENDING: &str = "The body was not complete when the result was stored.";

/// A response body, as far as it was received.
#[derive(Clone)]
pub(super) struct ReceivedBody {
    pub(super) bytes: Vec<u8>,
    /// The body is longer than [`STORED_MAX`].
    pub(super) truncated: bool,
    /// The reason, in a sentence, if the end of the body was not received.
    pub(super) incomplete: Option<String>,
}

/// Reads a body to its end, to the maximum size, or until a timeout. A content coding is not decoded: the log has the body as received.
pub(super) struct BodyReader {
    body: Incoming,
    received: ReceivedBody,
    deadline: Instant,
    /// The timeout, for the reason.
    limit: Duration,
}

/// Reads the body for a short time. If it is not complete then, the reader is returned as well, to [`finish`](BodyReader::finish) later.
pub(super) async fn read(body: Incoming, limit: Duration) -> (ReceivedBody, Option<BodyReader>) {
    let now = Instant::now();
    let received = ReceivedBody {
        bytes: Vec::new(),
        truncated: false,
        incomplete: Some(PENDING.to_owned()),
    };
    let deadline = now + limit;
    let mut reader = BodyReader {
        body,
        received,
        deadline,
        limit,
    };
    if deadline <= now + PROMPT {
        return (reader.finish().await, None);
    }
    if timeout_at(now + PROMPT, reader.read_to_end()).await.is_ok() {
        return (reader.received, None);
    }
    (reader.received.clone(), Some(reader))
}

impl BodyReader {
    /// Reads the rest.
    pub(super) async fn finish(mut self) -> ReceivedBody {
        if timeout_at(self.deadline, self.read_to_end()).await.is_err() {
            self.received.incomplete = Some(format!("The body was not complete after {}.", span(self.limit)));
        }
        self.received
    }

    /// Can be cancelled and called again.
    async fn read_to_end(&mut self) {
        while let Some(frame) = self.body.frame().await {
            let data = match frame.map(Frame::into_data) {
                Ok(Ok(data)) => data,
                // Trailers are not kept.
                Ok(Err(_)) => continue,
                Err(error) => {
                    self.received.incomplete = Some(reason(&error));
                    return;
                }
            };
            let free = STORED_MAX - self.received.bytes.len();
            self.received.bytes.extend_from_slice(data.get(..free).unwrap_or(&data));
            if data.len() > free {
                self.received.truncated = true;
                break;
            }
        }
        self.received.incomplete = None;
    }
}

fn reason(error: &hyper::Error) -> String {
    let h2 = find::<h2::Error>(error);
    if let Some(error) = h2
        && error.get_io().is_none()
    {
        let reason = error.reason().map_or_else(|| error.to_string(), h2_reason);
        return match (error.is_remote(), error.is_go_away()) {
            (true, false) => format!("The receiver reset the HTTP/2 stream before the end of the body ({reason})."),
            (true, true) => format!("The receiver ended the HTTP/2 connection before the end of the body ({reason})."),
            (false, _) => format!("The body is not valid HTTP/2 ({error})."),
        };
    }
    if let Some(error) = find::<rustls::Error>(error) {
        return format!("The TLS connection broke before the end of the body: {error}.");
    }
    match h2.and_then(h2::Error::get_io).or_else(|| find(error)) {
        Some(io) => io_reason(io),
        None if error.is_incomplete_message() || error.is_closed() || error.is_canceled() => CLOSED.to_owned(),
        None => format!("The body could not be read to its end: {}.", innermost(error)),
    }
}

fn io_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof if error.to_string().contains("close_notify") => {
            "The connection was closed without a TLS close_notify, so that the end of the body may be missing.".to_owned()
        }
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::NotConnected => CLOSED.to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            "The connection was reset before the end of the body.".to_owned()
        }
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            format!("The body's chunked encoding is broken: {}.", innermost(error))
        }
        _ => format!("The body could not be read to its end: {}.", innermost(error)),
    }
}

const CLOSED: &str = "The connection was closed before the end of the body.";
