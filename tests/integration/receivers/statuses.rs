//! Status codes: numbers out of their range, `Retry-After` over HTTP/2, and 408 on a connection that was kept open.

use clearhook::{catalogue::BuiltIn, delivery::DeliverySettings, domain::timestamp::Timestamp};
use tokio::io::AsyncWriteExt;

use super::{
    End, Expected, Row, answered, check, failed,
    http1::row,
    http2::{self, Step},
    read_request, serve, settings,
};
use crate::support::{
    app::{TestApp, loopback},
    database::TestDatabase,
};

/// A response over HTTP/1.1 whose status line contains this text as the status.
fn over_http1(name: &'static str, status: &str, expected: Expected) -> super::http1::Case {
    let bytes = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n").into_bytes();
    (name, bytes, End::KeepOpen, expected)
}

/// RFC 9110, section 15: a status code has three digits, and those from 100 to 599 have a meaning. Others up to 999 are kept as they are;
/// what is no status code is no HTTP.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_out_of_range_is_an_invalid_response() {
    let mut rows = Vec::new();
    let invalid = || failed("ResponseInvalid");
    for case in [
        over_http1("000", "000", invalid()),
        over_http1("099", "099", invalid()),
        over_http1("1000", "1000", invalid()),
        over_http1("20", "20", invalid()),
        over_http1("2000", "2000", invalid()),
        over_http1("-200", "-200", invalid()),
        over_http1("+200", "+200", invalid()),
        over_http1("0x0", "0x0", invalid()),
        over_http1("letters", "abc", invalid()),
        over_http1("no status", "", invalid()),
        over_http1("full-width digits", "２００", invalid()),
        over_http1("599", "599", answered("599", 599)),
        over_http1("600", "600", answered("600", 600)),
        over_http1("999", "999", answered("999", 999)),
    ] {
        rows.push(row(case).await);
    }
    let (config, root) = http2::identity();
    // A HEADERS frame with END_STREAM and END_HEADERS on the first stream. The block is `:status` as a literal.
    for (name, bytes) in [
        ("000 over HTTP/2", &b"\x00\x00\x05\x01\x05\x00\x00\x00\x01\x08\x03000"[..]),
        ("099 over HTTP/2", b"\x00\x00\x05\x01\x05\x00\x00\x00\x01\x08\x03099"),
        ("1000 over HTTP/2", b"\x00\x00\x06\x01\x05\x00\x00\x00\x01\x08\x041000"),
        ("20 over HTTP/2", b"\x00\x00\x04\x01\x05\x00\x00\x00\x01\x08\x0220"),
        ("letters over HTTP/2", b"\x00\x00\x05\x01\x05\x00\x00\x00\x01\x08\x03abc"),
        ("no status over HTTP/2", b"\x00\x00\x05\x01\x05\x00\x00\x00\x01\x00\x01x\x01y"),
    ] {
        let (port, calls) = http2::receiver(config.clone(), move |_, _| vec![Step::Bytes(bytes), Step::KeepOpen]).await;
        rows.push(Row {
            name,
            url: format!("https://127.0.0.1:{port}/"),
            calls,
            expected: invalid(),
        });
    }
    let settings = DeliverySettings {
        more_roots: vec![root],
        ..settings()
    };
    check(&TestDatabase::sqlite(), settings, loopback(), rows).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retry_after_over_http2_is_respected() {
    let (config, root) = http2::identity();
    let mut rows = Vec::new();
    for (name, steps, expected) in [
        (
            "429",
            vec![Step::Head(429, &[("retry-after", "7200")]), Step::DataAndEnd(b"busy")],
            answered("TooManyRequests", 429),
        ),
        (
            "503",
            vec![Step::Head(503, &[("retry-after", "7200")]), Step::DataAndEnd(b"busy")],
            answered("ServiceUnavailable", 503),
        ),
        // Only on 429 and 503.
        (
            "500",
            vec![Step::Head(500, &[("retry-after", "7200")]), Step::DataAndEnd(b"busy")],
            answered("InternalServerError", 500),
        ),
    ] {
        let (port, calls) = http2::receiver(config.clone(), move |_, _| steps.clone()).await;
        rows.push(Row {
            name,
            url: format!("https://127.0.0.1:{port}/"),
            calls,
            expected,
        });
    }
    let settings = DeliverySettings {
        more_roots: vec![root],
        ..settings()
    };
    let database = TestDatabase::sqlite();
    check(&database, settings, loopback(), rows).await;
    // The schedule says one hour, the receivers two.
    let later = Timestamp::now().0 + 90 * 60_000;
    assert_eq!(database.count(&format!("deliveries WHERE due_at > {later}")).await, 2);
}

/// A server that gives up an idle connection may say so with 408 (RFC 9110, section 15.5.9). That is no response to a later request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_408_on_an_idle_connection_is_no_response_to_the_next_request() {
    let (port, connections) = serve(|mut stream| async move {
        if read_request(&mut stream).await.is_none() {
            return;
        }
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        crate::support::wait::pause().await;
        let _ = stream
            .write_all(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            .await;
        super::keep_open(&mut stream).await;
    })
    .await;
    let database = TestDatabase::sqlite();
    let app = TestApp::start_with(&database, settings(), loopback(), clearhook::storage::new_id()).await;
    let webhook = app.webhook(&format!("http://127.0.0.1:{port}/"), &[BuiltIn::IdentityCreated]).await;
    for event in 1..=5 {
        app.publish(BuiltIn::IdentityCreated, &event.to_string()).await;
        let log = app.log(&webhook, event).await;
        assert_eq!((log.len(), &log[0]["response"]), (event, &serde_json::json!("OK")), "{log:?}");
        // The 408 has come, and the connection is not used again.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 5);
    app.stop().await;
}
