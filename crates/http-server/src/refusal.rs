//! Responses of hyper itself. hyper answers a request whose head it cannot parse without calling the service, and without a body. It has no
//! hook for this, so the response is recognized when it is written, and a problem (RFC 9457) is added to it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::StatusCode;
use tokio::io::AsyncWrite;

/// Writes the body of the response to a request that cannot be parsed: a problem (RFC 9457) as JSON.
pub type ErrorBody = fn(StatusCode) -> Vec<u8>;

/// A response that is written in place of one of hyper's. The connection ends after it.
pub(super) struct Refusal {
    bytes: Vec<u8>,
    written: usize,
}

impl Refusal {
    /// The replacement, if these bytes are a response of hyper itself: an error without a body and without the headers that every response
    /// of this server has.
    pub(super) fn instead_of(bytes: &[u8], error_body: ErrorBody) -> Option<Self> {
        let status = bytes.strip_prefix(b"HTTP/1.")?.get(2..5)?;
        if !matches!(status.first(), Some(b'4' | b'5')) {
            return None;
        }
        let head = std::str::from_utf8(bytes).ok()?.strip_suffix("\r\n\r\n")?;
        let (first, headers) = head.split_once("\r\n").unwrap_or((head, ""));
        let name = |line: &str| line.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_of_hyper = |line: &str| matches!(name(line).as_str(), "connection" | "content-length" | "date");
        if !headers.lines().all(is_of_hyper) {
            return None;
        }
        let status = first.split(' ').nth(1)?.parse().ok()?;
        let body = error_body(StatusCode::from_u16(status).ok()?);
        let date = headers
            .lines()
            .find(|line| name(line) == "date")
            .map_or_else(String::new, |date| format!("{date}\r\n"));
        let mut answer = format!(
            "{first}\r\n{date}connection: close\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
             content-security-policy: default-src 'none'; frame-ancestors 'none'\r\nx-content-type-options: nosniff\r\n\r\n",
            body.len()
        )
        .into_bytes();
        answer.extend_from_slice(&body);
        Some(Self { bytes: answer, written: 0 })
    }

    /// Writes the whole replacement, then reports the `length` of the response that it replaces as written.
    pub(super) fn poll_write<S: AsyncWrite>(
        &mut self,
        mut stream: Pin<&mut S>,
        context: &mut Context<'_>,
        length: usize,
    ) -> Poll<io::Result<usize>> {
        while let Some(rest) = self.bytes.get(self.written..).filter(|rest| !rest.is_empty()) {
            match ready!(stream.as_mut().poll_write(context, rest)) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(count) => self.written += count,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(length))
    }
}

/// The default body of a refusal: a problem without a type of its own (RFC 9457, section 4.2.1).
pub(super) fn problem(status: StatusCode) -> Vec<u8> {
    let title = status.canonical_reason().unwrap_or("Error");
    format!(r#"{{"type":"about:blank","title":"{title}","status":{}}}"#, status.as_u16()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_responses_of_hyper_are_replaced() {
        let text = |given: &str| Refusal::instead_of(given.as_bytes(), problem).map(|refusal| String::from_utf8(refusal.bytes).unwrap());
        let date = "date: Sat, 28 Nov 2026 17:00:00 GMT";
        for (first, code) in [
            ("HTTP/1.1 400 Bad Request", "400"),
            ("HTTP/1.0 400 Bad Request", "Bad Request"),
            ("HTTP/1.1 414 URI Too Long", "414"),
            ("HTTP/1.1 431 Request Header Fields Too Large", "431"),
            ("HTTP/1.1 505 HTTP Version Not Supported", "505"),
        ] {
            let answer = text(&format!("{first}\r\nconnection: close\r\ncontent-length: 0\r\n{date}\r\n\r\n")).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(first) && head.contains(date) && body.contains(code), "{answer}");
            assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{answer}");
            assert!(
                head.contains("application/problem+json") && head.contains("connection: close"),
                "{answer}"
            );
        }
        for other in [
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nx-request-id: 1\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 400",
            "",
        ] {
            assert!(text(other).is_none(), "{other}");
        }
    }
}
