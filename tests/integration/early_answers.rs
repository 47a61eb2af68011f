//! Responses that are sent before the client has sent its whole body reach the client (RFC 9112, section 9.6; RFC 9113, section 8.1).

use std::time::Duration;

use axum::body::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{
    app::TestApp,
    database::TestDatabase,
    wire::{address, answers, ask, connect, rest, status},
};

const LIMIT: Duration = Duration::from_secs(20);
const MIB: usize = 1024 * 1024;

/// How a body's length is told.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Framing {
    Length,
    Chunked,
}

/// Requests that are refused, and the status of each.
fn refused(key: &str) -> Vec<(u16, String)> {
    let events = "Content-Type: application/cloudevents+json";
    let key = format!("Authorization: Bearer {key}");
    vec![
        (401, format!("POST /api/v1/events HTTP/1.1\r\n{events}")),
        (
            401,
            "POST /api/v1/webhooks HTTP/1.1\r\nContent-Type: application/json\r\nAuthorization: Bearer chk_wrong".to_owned(),
        ),
        (404, format!("POST /api/v1/nothing HTTP/1.1\r\n{key}")),
        (405, format!("PUT /api/v1/webhooks HTTP/1.1\r\n{key}")),
        (413, format!("POST /api/v1/events HTTP/1.1\r\n{events}\r\n{key}")),
        (
            413,
            format!("POST /api/v1/webhooks HTTP/1.1\r\nContent-Type: application/json\r\n{key}"),
        ),
        (415, format!("POST /api/v1/events HTTP/1.1\r\nContent-Type: text/plain\r\n{key}")),
        (
            403,
            "POST /sign-in HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nOrigin: https://evil.example".to_owned(),
        ),
        (
            413,
            "POST /sign-in HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded".to_owned(),
        ),
        (400, format!("POST /api/v1/events HTTP/1.1\r\nHost: b\r\n{key}")),
    ]
}

fn head(line: &str, framing: Framing, size: usize) -> String {
    match framing {
        Framing::Length => format!("{line}\r\nHost: a\r\nContent-Length: {size}\r\n\r\n"),
        Framing::Chunked => format!("{line}\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
    }
}

fn body(framing: Framing, size: usize) -> Vec<u8> {
    let bytes = vec![b' '; size];
    match framing {
        Framing::Length => bytes,
        Framing::Chunked => [format!("{size:x}\r\n").as_bytes(), &bytes, b"\r\n0\r\n\r\n"].concat(),
    }
}

/// A client that sends everything, and only then reads.
async fn sends_then_reads(url: &str, line: &str, framing: Framing, size: usize) -> String {
    let mut stream = connect(url).await;
    let all = [head(line, framing, size).as_bytes(), &body(framing, size)].concat();
    let sent = timeout(LIMIT, stream.write_all(&all)).await.expect("the server reads on");
    sent.unwrap_or_else(|error| panic!("{line} {framing:?} {size}: {error}"));
    let mut told = Vec::new();
    let read = timeout(LIMIT, stream.read_to_end(&mut told))
        .await
        .expect("the server ends the connection");
    read.unwrap_or_else(|error| panic!("{line} {framing:?} {size}: {error}, after {}", String::from_utf8_lossy(&told)));
    String::from_utf8(told).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn early_response_reaches_a_client_that_sends_first() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    for (expected, line) in refused(&app.key) {
        for framing in [Framing::Length, Framing::Chunked] {
            for size in [2 * MIB, 20 * MIB] {
                let told = sends_then_reads(&app.url, &line, framing, size).await;
                assert_eq!((status(&told), answers(&told)), (expected, 1), "{line} {framing:?} {size}: {told}");
                assert!(told.contains("application/problem+json"), "{line}: {told}");
                assert!(told.to_ascii_lowercase().contains("connection: close"), "{line}: {told}");
            }
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn early_response_answers_http_1_0_and_pipelined_requests() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let line = "POST /api/v1/events HTTP/1.0\r\nContent-Type: application/cloudevents+json";
    let told = sends_then_reads(&app.url, line, Framing::Length, 2 * MIB).await;
    assert_eq!((status(&told), answers(&told)), (401, 1), "{told}");
    let mut stream = connect(&app.url).await;
    let first = [
        head(&line.replace("1.0", "1.1"), Framing::Length, 2 * MIB).as_bytes(),
        &body(Framing::Length, 2 * MIB),
    ]
    .concat();
    stream.write_all(&first).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let told = rest(&mut stream).await;
    // What follows a body that was not read is never taken for a request.
    assert_eq!((status(&told), answers(&told)), (401, 1), "{told}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_unread_body_keeps_the_connection() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let line = "POST /api/v1/events HTTP/1.1\r\nContent-Type: application/cloudevents+json";
    for framing in [Framing::Length, Framing::Chunked] {
        let mut stream = connect(&app.url).await;
        for _ in 0..3 {
            // The head and the body in two segments, as most clients send them.
            stream.write_all(head(line, framing, 5_000).as_bytes()).await.unwrap();
            let body = String::from_utf8(body(framing, 5_000)).unwrap();
            let told = ask(&mut stream, &body).await;
            assert_eq!(status(&told), 401, "{told}");
            assert!(!told.to_ascii_lowercase().contains("connection: close"), "{told}");
        }
        assert_eq!(status(&ask(&mut stream, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await), 200);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expect_100_continue_gets_the_error_instead() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    for (expected, line) in refused(&app.key) {
        let mut stream = connect(&app.url).await;
        let head = head(&format!("{line}\r\nExpect: 100-continue"), Framing::Length, 2 * MIB);
        stream.write_all(head.as_bytes()).await.unwrap();
        let told = rest(&mut stream).await;
        assert_eq!((status(&told), answers(&told)), (expected, 1), "{line}: {told}");
        assert!(told.to_ascii_lowercase().contains("connection: close"), "{line}: {told}");
        // A client that had begun to send does not lose the answer.
        let mut eager = connect(&app.url).await;
        eager
            .write_all(&[head.as_bytes(), &body(Framing::Length, 2 * MIB)].concat())
            .await
            .unwrap();
        assert_eq!(status(&rest(&mut eager).await), expected, "{line}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_upload_gets_the_early_response_immediately() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let mut stream = connect(&app.url).await;
    let line = format!(
        "POST /api/v1/events HTTP/1.1\r\nContent-Type: application/cloudevents+json\r\nAuthorization: Bearer {}",
        app.key
    );
    stream.write_all(head(&line, Framing::Length, 5 * MIB).as_bytes()).await.unwrap();
    let mut buffer = vec![0; 4096];
    let count = timeout(Duration::from_secs(2), stream.read(&mut buffer))
        .await
        .expect("an early answer")
        .unwrap();
    assert_eq!(status(&String::from_utf8_lossy(&buffer[..count])), 413);
    for _ in 0..50 {
        stream.write_all(&vec![b' '; 100 * 1024]).await.expect("the server reads on");
        crate::support::wait::pause().await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn early_response_keeps_the_http2_connection() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let stream = TcpStream::connect(address(&app.url)).await.unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    for (path, key, expected) in [
        ("/api/v1/events", "chk_wrong", 401),
        ("/api/v1/events", &app.key, 413),
        ("/api/v1/nothing", "x", 404),
    ] {
        for length in [Some(20 * MIB), None] {
            client = client.ready().await.unwrap();
            let mut request = http::Request::post(format!("{}{path}", app.url))
                .header("authorization", format!("Bearer {key}"))
                .header("content-type", "application/cloudevents+json");
            if let Some(length) = length {
                request = request.header("content-length", length);
            }
            let (answer, mut body) = client.send_request(request.body(()).unwrap(), false).unwrap();
            // The whole body is sent, as far as the server's windows allow, before the answer is looked at.
            let mut left = 20 * MIB;
            while left > 0 {
                body.reserve_capacity(left.min(MIB));
                match timeout(LIMIT, std::future::poll_fn(|context| body.poll_capacity(context)))
                    .await
                    .expect("windows open")
                {
                    Some(Ok(count)) => {
                        let count = count.min(left);
                        left -= count;
                        body.send_data(Bytes::from(vec![b' '; count]), left == 0).unwrap();
                    }
                    // The server wants no more.
                    Some(Err(_)) | None => break,
                }
            }
            let answer = timeout(LIMIT, answer).await.expect("an answer").unwrap();
            assert_eq!(answer.status(), expected, "{path} {length:?}");
            let mut body = answer.into_body();
            let mut text = Vec::new();
            while let Some(chunk) = body.data().await {
                text.extend_from_slice(&chunk.unwrap());
            }
            assert!(String::from_utf8(text).unwrap().contains("urn:clearhook:problem"), "{path}");
        }
    }
    app.stop().await;
}
