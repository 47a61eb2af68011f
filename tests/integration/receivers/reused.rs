//! Idle connections that the receiver closes when the next request is sent: the request is repeated once on a new connection, and the log
//! shows one callback. An error on a new connection is a failure.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use clearhook::{catalogue::BuiltIn, delivery::DeliverySettings, storage::new_id};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    http2::{self, Step},
    read_request, serve, settings,
};
use crate::support::{
    app::{TestApp, loopback},
    database::TestDatabase,
    on_both,
    wait::wait_for,
};

on_both! { request_on_a_stale_connection_is_repeated_once }

const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// How a receiver ends a connection that is used for the second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stale {
    /// It reads the request and closes the connection.
    Close,
    /// It reads the request and resets the connection.
    Reset,
    /// It resets the connection while the request is being sent.
    ResetUnread,
    /// It ends TLS and then the connection.
    CloseTls,
    /// It begins a response, and closes the connection.
    Partial,
    /// As `Close`, on each new connection as well.
    CloseAlways,
    /// It sends a response that is not HTTP.
    Garbage,
}

/// A receiver whose connections end so when they are used again. Gives its port, how many calls there were, and how many of them
/// were on a connection that had been used.
async fn receiver(stale: Stale, tls: Option<ServerConfig>) -> (u16, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let acceptor = tls.map(|config| tokio_rustls::TlsAcceptor::from(Arc::new(config)));
    let (calls, ends) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = (calls.clone(), ends.clone());
    let (port, _) = serve(move |stream| {
        let (acceptor, calls, ends) = (acceptor.clone(), calls.clone(), ends.clone());
        async move {
            match acceptor {
                None if stale == Stale::Reset || stale == Stale::ResetUnread => reset(stream, stale, &calls, &ends).await,
                None => answer(stream, stale, &calls, &ends).await,
                Some(acceptor) => {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    answer(stream, stale, &calls, &ends).await;
                }
            }
        }
    })
    .await;
    (port, counted.0, counted.1)
}

async fn reset(mut stream: TcpStream, stale: Stale, calls: &AtomicUsize, ends: &AtomicUsize) {
    if read_request(&mut stream).await.is_none() {
        return;
    }
    calls.fetch_add(1, Ordering::SeqCst);
    let _ = stream.write_all(RESPONSE).await;
    if stale == Stale::ResetUnread {
        // Something of the next request has come.
        if stream.readable().await.is_err() || matches!(stream.peek(&mut [0]).await, Ok(0) | Err(_)) {
            return;
        }
    } else if read_request(&mut stream).await.is_none() {
        return;
    }
    calls.fetch_add(1, Ordering::SeqCst);
    ends.fetch_add(1, Ordering::SeqCst);
    stream.set_zero_linger().unwrap();
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, stale: Stale, calls: &AtomicUsize, ends: &AtomicUsize) {
    for number in 0.. {
        if read_request(&mut stream).await.is_none() {
            return;
        }
        let call = calls.fetch_add(1, Ordering::SeqCst);
        let is_new = number == 0 && !(stale == Stale::CloseAlways && call > 0);
        if is_new {
            let _ = stream.write_all(RESPONSE).await;
            let _ = stream.flush().await;
            continue;
        }
        ends.fetch_add(usize::from(number > 0), Ordering::SeqCst);
        match stale {
            Stale::Partial => drop(stream.write_all(b"HTTP/1.1 20").await),
            Stale::Garbage => drop(stream.write_all(b"garbage\r\n\r\n").await),
            Stale::CloseTls => drop(stream.shutdown().await),
            _ => {}
        }
        let _ = stream.flush().await;
        return;
    }
}

/// Whether the call on a used connection succeeds after all, and by how many calls.
struct Case {
    name: &'static str,
    url: String,
    calls: Arc<AtomicUsize>,
    ends: Arc<AtomicUsize>,
    response: &'static str,
}

async fn request_on_a_stale_connection_is_repeated_once(database: TestDatabase) {
    let (config, root) = http2::identity();
    let mut cases = Vec::new();
    for (name, stale, is_tls, response) in [
        ("closed", Stale::Close, false, "OK"),
        ("reset", Stale::Reset, false, "OK"),
        ("reset unread", Stale::ResetUnread, false, "OK"),
        ("closed behind TLS", Stale::CloseTls, true, "OK"),
        ("broken behind TLS", Stale::Close, true, "OK"),
        ("a part of a response", Stale::Partial, false, "ConnectionReset"),
        ("a part of a response behind TLS", Stale::Partial, true, "ConnectionReset"),
        ("closed on each connection", Stale::CloseAlways, false, "ConnectionReset"),
        ("garbage", Stale::Garbage, false, "ResponseInvalid"),
    ] {
        let (port, calls, ends) = receiver(stale, is_tls.then(|| config.clone())).await;
        let scheme = if is_tls { "https" } else { "http" };
        let url = format!("{scheme}://127.0.0.1:{port}/");
        cases.push(Case {
            name,
            url,
            calls,
            ends,
            response,
        });
    }
    let mut ends = vec![
        ("closed over HTTP/2", vec![Step::Close], "OK"),
        ("broken over HTTP/2", vec![Step::Break], "OK"),
        ("GOAWAY over HTTP/2, closed", vec![Step::GoAwayUnprocessed(0), Step::Close], "OK"),
        ("GOAWAY of a processed request, closed", vec![Step::GoAway(0), Step::Close], "OK"),
        (
            "reset with an unknown code over HTTP/2",
            vec![Step::Reset(http2::UNKNOWN_CODE)],
            "ConnectionReset",
        ),
    ];
    // A reset of the stream is an answer, and the connection stays open: only REFUSED_STREAM is repeated.
    for (code, name) in (0..).zip(http2::CODES).filter(|(code, _)| *code != http2::HTTP_1_1_REQUIRED) {
        let response = if code == http2::REFUSED_STREAM { "OK" } else { "ConnectionReset" };
        ends.push((format!("{name} over HTTP/2").leak(), vec![Step::Reset(code)], response));
    }
    for (name, end, response) in ends {
        let ends = Arc::new(AtomicUsize::new(0));
        let counted = ends.clone();
        let script = move |_, number| {
            if number == 0 {
                return vec![Step::HeadAndEnd(200)];
            }
            counted.fetch_add(1, Ordering::SeqCst);
            end.clone()
        };
        let (port, calls) = http2::receiver(config.clone(), script).await;
        cases.push(Case {
            name,
            url: format!("https://127.0.0.1:{port}/"),
            calls,
            ends,
            response,
        });
    }
    let settings = DeliverySettings {
        more_roots: vec![root],
        ..settings()
    };
    let app = TestApp::start_with(&database, settings, loopback(), new_id()).await;
    for case in cases {
        stale_once(&app, &case).await;
    }
    app.stop().await;
}

async fn stale_once(app: &TestApp, case: &Case) {
    let name = case.name;
    let webhook = app.webhook(&case.url, &[BuiltIn::IdentityCreated]).await;
    let mut published = 0;
    // A connection is not kept for long: on a busy machine the second request may be too late for it.
    while case.ends.load(Ordering::SeqCst) == 0 {
        assert!(published < 20, "{name}: no connection was used twice");
        published += 1;
        app.publish(BuiltIn::IdentityCreated, &format!("{name} {published}")).await;
        app.log(&webhook, published).await;
    }
    let log = app.log(&webhook, published).await;
    assert_eq!(log.len(), published, "{name}: one callback for each event");
    assert_eq!(log[0]["response"], case.response, "{name}: {}", log[0]);
    assert!(log[1..].iter().all(|row| row["response"] == "OK"), "{name}: {log:?}");
    let repeated = usize::from(case.response == "OK" || name == "closed on each connection");
    assert_eq!(case.calls.load(Ordering::SeqCst), published + repeated, "{name}");
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    app.api(reqwest::Method::DELETE, &path).send().await.unwrap();
}

/// Connections are given up before receivers close them: Gunicorn after 2 s.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connection_is_closed_before_the_receiver_does() {
    let idle = Arc::new(AtomicUsize::new(0));
    let noted = idle.clone();
    let (port, connections) = serve(move |mut stream| {
        let idle = noted.clone();
        async move {
            read_request(&mut stream).await;
            let _ = stream.write_all(RESPONSE).await;
            let began = std::time::Instant::now();
            super::keep_open(&mut stream).await;
            idle.store(usize::try_from(began.elapsed().as_millis()).unwrap(), Ordering::SeqCst);
        }
    })
    .await;
    let database = TestDatabase::sqlite();
    let app = TestApp::start_with(&database, settings(), loopback(), new_id()).await;
    let webhook = app.webhook(&format!("http://127.0.0.1:{port}/"), &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 1).await;
    let closed_after = wait_for("the connection to be closed", async || {
        Some(idle.load(Ordering::SeqCst)).filter(|time| *time > 0)
    })
    .await;
    // After 1 to 2 s; a busy machine may take longer.
    assert!((900..4_000).contains(&closed_after), "{closed_after} ms");
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    app.stop().await;
}

/// Receivers that close each connection a moment after a response, so that some requests meet the end of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connection_closed_after_each_response_fails_no_callback() {
    const EVENTS: usize = 120;
    let database = TestDatabase::sqlite();
    let app = TestApp::start_with(&database, settings(), loopback(), new_id()).await;
    let mut connections = Vec::new();
    for (pause, resets) in [(0, false), (0, true), (2, false), (2, true), (5, false), (5, true)] {
        let (port, count) = serve(move |mut stream| async move {
            if read_request(&mut stream).await.is_none() {
                return;
            }
            let _ = stream.write_all(RESPONSE).await;
            tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
            if resets {
                stream.set_zero_linger().unwrap();
            }
        })
        .await;
        let url = format!("http://127.0.0.1:{port}/");
        app.webhook(&url, &[BuiltIn::IdentityCreated]).await;
        connections.push(count);
    }
    for number in 0..EVENTS {
        app.publish(BuiltIn::IdentityCreated, &number.to_string()).await;
    }
    let callbacks = i64::try_from(EVENTS * connections.len()).unwrap();
    wait_for("all callbacks", async || {
        (database.count("callbacks").await >= callbacks).then_some(())
    })
    .await;
    assert_eq!(database.count("callbacks WHERE outcome = 'failed'").await, 0);
    assert_eq!(
        database.count("callbacks").await,
        callbacks,
        "one callback for each event and webhook"
    );
    app.stop().await;
}
