//! Receivers over plain HTTP/1: bodies that end early, unusual heads, and responses that are not HTTP.

use clearhook::{catalogue::BuiltIn, storage::new_id};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{BODY_TIMEOUT, End, Expected, Row, answered, check, codings, end, failed, floods, read_request, serve, settings};
use crate::support::{
    app::{TestApp, cloud_event, loopback},
    database::TestDatabase,
    on_both,
};

on_both! { http1_receiver_cases }

const CLOSED: &str = "closed before the end of the body";
const RESET: &str = "reset before the end of the body";
const SLOW: &str = "was not complete after 700 ms";
const CHUNKS: &str = "chunked encoding is broken";

/// Name, what is sent, how the connection ends, what is expected.
pub(super) type Case = (&'static str, Vec<u8>, End, Expected);

pub(super) fn ok() -> Expected {
    answered("OK", 200)
}

/// A response of status 200 with these headers and this body.
pub(super) fn response(headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{headers}\r\n{body}").into_bytes()
}

#[allow(clippy::too_many_lines, reason = "a table")]
fn bodies() -> Vec<Case> {
    let length = "Content-Length: 100\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    let long_extension = format!("4;{}\r\nhalf\r\n0\r\n\r\n", "x".repeat(40_000));
    vec![
        (
            "a whole body",
            response("Content-Length: 5\r\n", "whole"),
            End::KeepOpen,
            ok().body("whole"),
        ),
        (
            "a whole chunked body",
            response(chunked, "5\r\nwhole\r\n0\r\n\r\n"),
            End::KeepOpen,
            ok().body("whole"),
        ),
        ("no body", response("Content-Length: 0\r\n", ""), End::Close, ok()),
        (
            "shorter than its length",
            response(length, "half"),
            End::Close,
            ok().incomplete(CLOSED).body("half"),
        ),
        (
            "shorter than its length, reset",
            response(length, "half"),
            End::Reset,
            ok().incomplete(RESET).body("half"),
        ),
        ("nothing of its length", response(length, ""), End::Close, ok().incomplete(CLOSED)),
        (
            "length, then silence",
            response(length, "half"),
            End::KeepOpen,
            ok().incomplete(SLOW).body("half"),
        ),
        (
            "length, then a drip",
            response("Content-Length: 5000\r\n", ""),
            End::Drip,
            ok().incomplete(SLOW).body("1"),
        ),
        ("no length, closed", response("", "whole"), End::Close, ok().body("whole")),
        (
            "no length, reset",
            response("", "half"),
            End::Reset,
            ok().incomplete(RESET).body("half"),
        ),
        (
            "no length, kept open",
            response("", "half"),
            End::KeepOpen,
            ok().incomplete(SLOW).body("half"),
        ),
        (
            "no length, a drip",
            response("", "half"),
            End::Drip,
            ok().incomplete(SLOW).body("half1"),
        ),
        (
            "HTTP/1.0, closed",
            b"HTTP/1.0 200 OK\r\n\r\nwhole".to_vec(),
            End::Close,
            ok().body("whole"),
        ),
        (
            "HTTP/1.0, length, cut",
            b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_vec(),
            End::Close,
            ok().incomplete(CLOSED).body("half"),
        ),
        (
            "chunk cut",
            response(chunked, "64\r\nhalf"),
            End::Close,
            ok().incomplete(CLOSED).body("half"),
        ),
        (
            "no last chunk",
            response(chunked, "4\r\nhalf\r\n"),
            End::Close,
            ok().incomplete(CLOSED).body("half"),
        ),
        (
            "no end after the last chunk",
            response(chunked, "4\r\nhalf\r\n0\r\n"),
            End::Close,
            ok().incomplete(CLOSED).body("half"),
        ),
        (
            "chunks, then silence",
            response(chunked, "4\r\nhalf\r\n"),
            End::KeepOpen,
            ok().incomplete(SLOW).body("half"),
        ),
        (
            "chunks, then reset",
            response(chunked, "4\r\nhalf\r\n"),
            End::Reset,
            ok().incomplete(RESET).body("half"),
        ),
        (
            "chunk size is no number",
            response(chunked, "4\r\nhalf\r\nzz\r\n"),
            End::KeepOpen,
            ok().incomplete(CHUNKS).body("half"),
        ),
        (
            "chunk size is negative",
            response(chunked, "-4\r\nhalf\r\n"),
            End::KeepOpen,
            ok().incomplete(CHUNKS),
        ),
        (
            "chunk size overflows",
            response(chunked, "FFFFFFFFFFFFFFFFF\r\nhalf"),
            End::KeepOpen,
            ok().incomplete(CHUNKS),
        ),
        (
            "chunk size is missing",
            response(chunked, "\r\nhalf\r\n"),
            End::KeepOpen,
            ok().incomplete(CHUNKS),
        ),
        (
            "chunk longer than its size",
            response(chunked, "2\r\nhalf\r\n0\r\n\r\n"),
            End::KeepOpen,
            ok().incomplete(CHUNKS).body("ha"),
        ),
        (
            "chunk extension",
            response(chunked, "5;name=\"value\"\r\nwhole\r\n0\r\n\r\n"),
            End::KeepOpen,
            ok().body("whole"),
        ),
        (
            "chunk extension without end",
            response(chunked, &long_extension),
            End::KeepOpen,
            ok().incomplete(CHUNKS),
        ),
        (
            "trailers",
            response(chunked, "5\r\nwhole\r\n0\r\nDigest: abc\r\n\r\n"),
            End::KeepOpen,
            ok().body("whole"),
        ),
        (
            "trailers cut",
            response(chunked, "4\r\nhalf\r\n0\r\nDigest: a"),
            End::Close,
            ok().incomplete(CLOSED).body("half"),
        ),
        (
            "trailers that are none",
            response(chunked, "4\r\nhalf\r\n0\r\n\u{1}\u{2}: x\r\n\r\n"),
            End::KeepOpen,
            ok().incomplete(CHUNKS).body("half"),
        ),
        (
            "both length and chunks",
            response("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "5\r\nwhole\r\n0\r\n\r\n"),
            End::Close,
            ok().body("whole"),
        ),
        (
            "unknown transfer encoding",
            response("Transfer-Encoding: magic\r\n", "whole"),
            End::Close,
            ok().body("whole"),
        ),
        (
            "gzip that is none",
            response("Content-Encoding: gzip\r\nContent-Length: 5\r\n", "plain"),
            End::KeepOpen,
            ok().body("plain"),
        ),
        (
            "unknown content encoding",
            response("Content-Encoding: magic\r\nContent-Length: 5\r\n", "plain"),
            End::KeepOpen,
            ok().body("plain"),
        ),
        (
            "unknown charset",
            response("Content-Type: text/plain; charset=magic\r\nContent-Length: 5\r\n", "plain"),
            End::KeepOpen,
            ok().body("plain"),
        ),
        (
            "longer than its length",
            response("Content-Length: 5\r\n", "wholeHTTP/1.1 500 no\r\n\r\n"),
            End::KeepOpen,
            ok().body("whole"),
        ),
        ("a flood", response("", ""), End::Flood, ok().body("xxxx")),
        (
            "204 with a body",
            b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nbody".to_vec(),
            End::KeepOpen,
            answered("NoContent", 204),
        ),
        (
            "205 with half a body",
            b"HTTP/1.1 205 Reset Content\r\nContent-Length: 9\r\n\r\nhalf".to_vec(),
            End::Close,
            answered("ResetContent", 205).incomplete(CLOSED),
        ),
        (
            "304 with a body",
            b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nbody".to_vec(),
            End::Close,
            answered("NotModified", 304),
        ),
    ]
}

fn failures() -> Vec<Case> {
    let cut = |status: &str, headers: &str| format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 100\r\n\r\nhalf").into_bytes();
    vec![
        (
            "400 cut",
            cut("400 Bad Request", ""),
            End::Close,
            answered("BadRequest", 400).incomplete(CLOSED).body("half"),
        ),
        ("410 cut", cut("410 Gone", ""), End::Close, answered("Gone", 410).incomplete(CLOSED)),
        (
            "429 cut",
            cut("429 Too Many Requests", "Retry-After: 7200\r\n"),
            End::Reset,
            answered("TooManyRequests", 429).incomplete(RESET),
        ),
        (
            "503 kept open",
            cut("503 Service Unavailable", "Retry-After: 7200\r\n"),
            End::KeepOpen,
            answered("ServiceUnavailable", 503).incomplete(SLOW),
        ),
        (
            "a redirect, cut",
            cut("307 Temporary Redirect", "Location: http://127.0.0.1:9/\r\n"),
            End::Close,
            answered("TemporaryRedirect", 307).incomplete(CLOSED),
        ),
        (
            "a status of no class",
            b"HTTP/1.1 799 Odd\r\nContent-Length: 0\r\n\r\n".to_vec(),
            End::KeepOpen,
            answered("799", 799),
        ),
    ]
}

#[allow(clippy::too_many_lines, reason = "a table")]
fn heads() -> Vec<Case> {
    let empty = "Content-Length: 0\r\n\r\n";
    let head = |text: &str| format!("{text}{empty}").into_bytes();
    let many = (0..200).fold(String::from("HTTP/1.1 200 OK\r\n"), |head, number| {
        format!("{head}X-{number}: 1\r\n")
    });
    let long = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n", "y".repeat(1_000_000));
    vec![
        ("no reason phrase", head("HTTP/1.1 200\r\n"), End::KeepOpen, ok()),
        ("an empty reason phrase", head("HTTP/1.1 200 \r\n"), End::KeepOpen, ok()),
        (
            "another reason phrase",
            head("HTTP/1.1 200 Definitely Not\r\n"),
            End::KeepOpen,
            ok(),
        ),
        (
            "a reason phrase in Latin-1",
            [b"HTTP/1.1 200 Re\xe7u\r\n".as_slice(), empty.as_bytes()].concat(),
            End::KeepOpen,
            ok(),
        ),
        (
            "100 before",
            head("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"),
            End::KeepOpen,
            ok(),
        ),
        (
            "102 before",
            head("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 202 Accepted\r\n"),
            End::KeepOpen,
            answered("Accepted", 202),
        ),
        (
            "103 before",
            head("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n"),
            End::KeepOpen,
            ok(),
        ),
        (
            "many before",
            head(&format!("{}HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n".repeat(20))),
            End::KeepOpen,
            ok(),
        ),
        (
            "100 and nothing else",
            b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(),
            End::KeepOpen,
            failed("TimedOut"),
        ),
        (
            "101",
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n".to_vec(),
            End::Close,
            answered("SwitchingProtocols", 101),
        ),
        (
            "line feeds alone",
            b"HTTP/1.1 200 OK\nContent-Length: 5\n\nwhole".to_vec(),
            End::KeepOpen,
            ok().body("whole"),
        ),
        ("empty lines before", head("\r\n\r\nHTTP/1.1 200 OK\r\n"), End::KeepOpen, ok()),
        (
            "a folded header",
            head("HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\n"),
            End::KeepOpen,
            ok(),
        ),
        (
            "a blank before a colon",
            head("HTTP/1.1 200 OK\r\nX-Blank : a\r\n"),
            End::KeepOpen,
            ok(),
        ),
        (
            "a header without a colon",
            head("HTTP/1.1 200 OK\r\nno colon here\r\n"),
            End::KeepOpen,
            ok(),
        ),
        (
            "a header name that is none",
            head("HTTP/1.1 200 OK\r\nX(y): a\r\n"),
            End::KeepOpen,
            ok(),
        ),
        (
            "a header value in Latin-1",
            [b"HTTP/1.1 200 OK\r\nX-Name: Jos\xe9\r\n".as_slice(), empty.as_bytes()].concat(),
            End::KeepOpen,
            ok(),
        ),
        (
            "the same length twice",
            head("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"),
            End::KeepOpen,
            ok(),
        ),
        (
            "two lengths",
            head("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n"),
            End::KeepOpen,
            failed("ResponseInvalid").detail(&["not valid HTTP"]),
        ),
        (
            "a length that is none",
            b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n".to_vec(),
            End::KeepOpen,
            failed("ResponseInvalid").detail(&["not valid HTTP"]),
        ),
        (
            "too many headers",
            head(&many),
            End::KeepOpen,
            failed("ResponseInvalid").detail(&["more headers"]),
        ),
        (
            "a header without end",
            head(&long),
            End::KeepOpen,
            failed("ResponseInvalid").detail(&["more headers"]),
        ),
        (
            "half a head",
            b"HTTP/1.1 200 OK\r\nContent-".to_vec(),
            End::Close,
            failed("ConnectionReset").detail(&["closed", "before it sent the head"]),
        ),
        ("half a status line", b"HTTP/1.1 2".to_vec(), End::Close, failed("ConnectionReset")),
        (
            "half a head, then silence",
            b"HTTP/1.1 200 OK\r\n".to_vec(),
            End::KeepOpen,
            failed("TimedOut").detail(&["no response within 2500 ms"]),
        ),
        (
            "a head that drips",
            b"HTTP/1.1 200 OK\r\nX-Drip: ".to_vec(),
            End::Drip,
            failed("TimedOut"),
        ),
        (
            "nothing",
            Vec::new(),
            End::Close,
            failed("ConnectionReset").detail(&["closed the connection"]),
        ),
        (
            "nothing, reset",
            Vec::new(),
            End::Reset,
            failed("ConnectionReset").detail(&["reset"]),
        ),
        (
            "silence",
            Vec::new(),
            End::KeepOpen,
            failed("TimedOut").detail(&["no response within 2500 ms"]),
        ),
        ("HTTP/0.9", b"<html>hello</html>\n".to_vec(), End::Close, failed("ResponseInvalid")),
        (
            "a mail server",
            b"220 mail.example.com ESMTP\r\n".to_vec(),
            End::KeepOpen,
            failed("ResponseInvalid"),
        ),
        ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), End::KeepOpen, failed("ResponseInvalid")),
        ("a TLS alert", vec![0x15, 3, 1, 0, 2, 2, 40], End::Close, failed("ResponseInvalid")),
        (
            "frames of HTTP/2",
            [0, 0, 0, 4, 0, 0, 0, 0, 0].repeat(3),
            End::KeepOpen,
            failed("ResponseInvalid"),
        ),
        (
            "a protocol of its own",
            head("ICY 200 OK\r\n"),
            End::KeepOpen,
            failed("ResponseInvalid"),
        ),
        (
            "HTTP in small letters",
            head("http/1.1 200 OK\r\n"),
            End::KeepOpen,
            failed("ResponseInvalid"),
        ),
        (
            "HTTP/2.0 in text",
            head("HTTP/2.0 200 OK\r\n"),
            End::KeepOpen,
            failed("ResponseInvalid"),
        ),
        (
            "a status of two digits",
            head("HTTP/1.1 20 OK\r\n"),
            End::KeepOpen,
            failed("ResponseInvalid"),
        ),
        (
            "a status in words",
            head("HTTP/1.1 OK\r\n"),
            End::KeepOpen,
            failed("ResponseInvalid"),
        ),
    ]
}

pub(super) async fn row((name, bytes, ending, expected): Case) -> Row {
    let bytes = std::sync::Arc::new(bytes);
    let (port, calls) = serve(move |mut stream| {
        let bytes = bytes.clone();
        async move {
            if read_request(&mut stream).await.is_none() {
                return;
            }
            // The client may have seen enough already.
            let _ = stream.write_all(&bytes).await;
            if ending == End::Reset {
                // The bytes arrive first: a reset overtakes them otherwise.
                tokio::time::sleep(BODY_TIMEOUT / 4).await;
                stream.set_zero_linger().unwrap();
            }
            end(stream, ending).await;
        }
    })
    .await;
    Row {
        name,
        url: format!("http://127.0.0.1:{port}/"),
        calls,
        expected,
    }
}

async fn http1_receiver_cases(database: TestDatabase) {
    let mut rows = Vec::new();
    for case in bodies()
        .into_iter()
        .chain(codings::bodies())
        .chain(failures())
        .chain(heads())
        .chain(floods::over_http1())
    {
        rows.push(row(case).await);
    }
    check(&database, settings(), loopback(), rows).await;
    // Status and headers count, also when the body is cut: both receivers asked for two hours, and the schedule says one.
    let later = clearhook::domain::timestamp::Timestamp::now().0 + 90 * 60_000;
    assert_eq!(
        database.count(&format!("deliveries WHERE due_at > {later}")).await,
        2,
        "Retry-After"
    );
    assert_eq!(database.count("webhooks WHERE NOT enabled").await, 1, "410 disables");
}

/// Receivers that answer, and end the connection, before they have read a large request: what they said counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http1_early_response_to_a_large_request_counts() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start_with(&database, settings(), loopback(), new_id()).await;
    let mut webhooks = Vec::new();
    for ending in [End::Close, End::Reset, End::KeepOpen] {
        let (port, _) = serve(move |mut stream| async move {
            // The head, and a part of the body.
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream
                .write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\nConnection: close\r\n\r\nearly")
                .await;
            // The response reaches the client before the end of the connection.
            tokio::time::sleep(BODY_TIMEOUT / 4).await;
            if ending == End::KeepOpen {
                // Reads on, as RFC 9112 §9.6 has it.
                super::keep_open(&mut stream).await;
            }
        })
        .await;
        webhooks.push((
            ending,
            app.webhook(&format!("http://127.0.0.1:{port}/"), &[BuiltIn::IdentityCreated]).await,
        ));
    }
    let mut event = cloud_event(BuiltIn::IdentityCreated, "1");
    event["data"]["identity"]["job_title"] = "x".repeat(200 * 1024).into();
    let response = app.publish_raw(&event).await;
    let status = response.status();
    assert_eq!(status, 202, "{}", response.text().await.unwrap());
    for (ending, webhook) in webhooks {
        let row = app.log(&webhook, 1).await.remove(0);
        let details = app.get(&format!("/callbacks/{}", row["id"].as_str().unwrap())).await;
        assert_eq!(details["response"], "Accepted", "{ending:?}: {}", details["detail"]);
        assert_eq!(details["received"]["body"], "early", "{ending:?}");
    }
    app.stop().await;
}
