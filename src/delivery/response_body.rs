//! Reads the response body for the callback log. Errors here do not change the outcome, which depends on the status code only.

use std::{io, time::Duration};

use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::{
    delivery::failures::{h2_reason, innermost, span},
    error_chain::find,
};

/// Maximum number of bytes of a body that are read and stored.
const STORED_MAX: usize = 16 * 1024;

/// A response body, as far as it was received.
pub(super) struct ReceivedBody {
    pub(super) bytes: Vec<u8>,
    /// The body is longer than [`STORED_MAX`].
    pub(super) truncated: bool,
    /// The reason, in a sentence, if the end of the body was not received.
    pub(super) incomplete: Option<String>,
}

/// Reads the body to its end, to the maximum size, or until the timeout. A content coding is not decoded: the log has the body as received.
pub(super) async fn read(mut body: Incoming, limit: Duration) -> ReceivedBody {
    let (mut bytes, mut truncated) = (Vec::new(), false);
    let reading = async {
        while let Some(frame) = body.frame().await {
            // Trailers are not kept.
            let Ok(data) = frame?.into_data() else { continue };
            let free = STORED_MAX - bytes.len();
            bytes.extend_from_slice(data.get(..free).unwrap_or(&data));
            if data.len() > free {
                truncated = true;
                break;
            }
        }
        Ok::<_, hyper::Error>(())
    };
    let incomplete = match tokio::time::timeout(limit, reading).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(reason(&error)),
        Err(_) => Some(format!("The body was not complete after {}.", span(limit))),
    };
    ReceivedBody {
        bytes,
        truncated,
        incomplete,
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
