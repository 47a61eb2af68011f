//! Maps errors of the HTTP client to a [`Failure`] and a sentence for the callback log.

use std::{error::Error, io, time::Duration};

use crate::{
    delivery::{
        connect_error::{ConnectError, of_io},
        tls,
    },
    domain::answer::Failure,
    error_chain,
};

/// Why there is no response. Walks down the error's sources to the first known type.
pub(super) fn classify(error: &(dyn Error + 'static)) -> (Failure, String) {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(found) = by_type(current) {
            return found;
        }
        cause = current.source();
    }
    (Failure::ResponseInvalid, format!("The request failed: {}.", innermost(error)))
}

fn by_type(error: &(dyn Error + 'static)) -> Option<(Failure, String)> {
    if let Some(error) = error.downcast_ref::<ConnectError>() {
        return Some((error.failure, error.detail.clone()));
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some((Failure::TlsError, tls::explain(error, false, "")));
    }
    if let Some(error) = error.downcast_ref::<h2::Error>() {
        return Some(by_h2(error));
    }
    if let Some(http) = error.downcast_ref::<hyper::Error>() {
        return by_http(http);
    }
    let io = error.downcast_ref::<io::Error>()?;
    // `io::Error::source` skips the wrapped error and returns that error's source, so the wrapped error is inspected here.
    if let Some(found) = io.get_ref().and_then(|inner| by_type(inner)) {
        return Some(found);
    }
    let failure = of_io(io)?;
    let detail = match failure {
        Failure::ConnectionReset => "The connection broke before a response",
        _ => "The connection failed",
    };
    Some((failure, format!("{detail}: {io}.")))
}

fn by_http(error: &hyper::Error) -> Option<(Failure, String)> {
    if error.is_parse_too_large() {
        let detail = "The response has more headers than are accepted (100 of them, some 400 KiB).";
        return Some((Failure::ResponseInvalid, detail.to_owned()));
    }
    if error.is_parse() {
        return Some((
            Failure::ResponseInvalid,
            format!("The response is not valid HTTP: {}.", innermost(error)),
        ));
    }
    if error.is_incomplete_message() {
        let detail = "The receiver closed the connection before it sent the head of a response.";
        return Some((Failure::ConnectionReset, detail.to_owned()));
    }
    if error.is_closed() || error.is_canceled() {
        let detail = "The receiver closed the connection before the request was sent.";
        return Some((Failure::ConnectionReset, detail.to_owned()));
    }
    None
}

fn by_h2(error: &h2::Error) -> (Failure, String) {
    if let Some(io) = error.get_io() {
        if io.kind() == io::ErrorKind::InvalidData {
            return (Failure::ResponseInvalid, format!("The response is not valid HTTP/2: {io}."));
        }
        let failure = of_io(io).unwrap_or(Failure::ConnectionReset);
        return (failure, format!("The HTTP/2 connection broke before a response: {io}."));
    }
    let reason = error.reason().map_or_else(|| "no reason".to_owned(), h2_reason);
    if error.is_go_away() && error.is_remote() {
        let detail = format!("The receiver ended the HTTP/2 connection (GOAWAY) before it processed the request: {reason}.");
        return (Failure::ConnectionReset, detail);
    }
    if error.is_reset() && error.is_remote() {
        let detail = format!("The receiver reset the HTTP/2 stream before a response: {reason}.");
        return (Failure::ConnectionReset, detail);
    }
    (Failure::ResponseInvalid, format!("The response is not valid HTTP/2: {error}."))
}

/// The name of an HTTP/2 error code as RFC 9113 §7 spells it.
pub(super) fn h2_reason(reason: h2::Reason) -> String {
    if u32::from(reason) > u32::from(h2::Reason::HTTP_1_1_REQUIRED) {
        return format!("error code {:#x}", u32::from(reason));
    }
    format!("{reason:?}")
}

/// The message of the innermost source.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    // The TLS library adds a link for developers to some messages.
    let text = error_chain::innermost(error).to_string();
    text.split(": https://").next().unwrap_or_default().to_owned()
}

/// Formats a duration for a message: `2 s`, `500 ms`.
pub(super) fn span(span: Duration) -> String {
    if span.subsec_millis() == 0 {
        format!("{} s", span.as_secs())
    } else {
        format!("{} ms", span.as_millis())
    }
}
