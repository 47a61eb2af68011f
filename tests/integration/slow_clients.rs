//! Clients that make the server wait do not block others, each is disconnected after a bounded time, and slow clients that make progress
//! are served completely.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::{get, post},
};
use futures_util::stream;
use http_server::{ServerLimits, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::support::{
    app::TestApp,
    binary::{Installation, Service},
    database::TestDatabase,
    wait::{pause, wait_for},
    wire::{address, ask, connect, exchange, rest, status},
};

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
const LIMIT: Duration = Duration::from_secs(20);

/// The real binary with a low connection limit.
async fn few_places(here: &Installation) -> (Service, String) {
    let serve = Service::start(here.command(&["serve", "--addr", "127.0.0.1:0", "--max-connections", "30"]));
    let url = serve.url().await;
    (serve, url)
}

/// For a while, health checks on new connections are each answered within 2 s.
async fn others_are_served(url: &str) {
    for _ in 0..30 {
        let asked = async { status(&ask(&mut connect(url).await, HEALTH).await) };
        assert_eq!(timeout(Duration::from_secs(2), asked).await.expect("an answer within 2 s"), 200);
        pause().await;
    }
}

/// Sends a request over HTTP/2 with this window size, then PING frames until the connection ends. Returns how it ended.
async fn never_opens_its_window(url: String, path: &str, window: u32) -> Result<(), h2::Error> {
    let stream = TcpStream::connect(address(&url)).await.unwrap();
    let handshake = h2::client::Builder::new().initial_window_size(window).handshake::<_, Bytes>(stream);
    let (client, mut connection) = handshake.await?;
    let mut pings = connection.ping_pong().unwrap();
    let request = http::Request::get(format!("{url}{path}")).body(()).unwrap();
    let asks = async move {
        let (answer, _) = client.ready().await?.send_request(request, true)?;
        let response = answer.await?;
        while pings.ping(h2::Ping::opaque()).await.is_ok() {
            pause().await;
        }
        drop(response);
        std::future::pending::<Result<(), h2::Error>>().await
    };
    tokio::select! {
        ended = connection => ended,
        asked = asks => asked,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unread_http2_responses_do_not_block_others() {
    let here = Installation::new();
    let (serve, url) = few_places(&here).await;
    for window in [0, 1] {
        let mut attackers = JoinSet::new();
        for _ in 0..60 {
            let url = url.clone();
            // A closed client connects again.
            attackers.spawn(async move {
                loop {
                    let _ = never_opens_its_window(url.clone(), "/sign-in", window).await;
                    pause().await;
                }
            });
        }
        others_are_served(&url).await;
        attackers.shutdown().await;
    }
    assert_eq!(serve.interrupt().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stalled_request_bodies_do_not_block_others() {
    let here = Installation::new();
    let (serve, url) = few_places(&here).await;
    for (path, drips) in [
        ("/sign-in", false),
        ("/setup", false),
        ("/preferences", false),
        ("/sign-out", false),
        ("/sign-in", true),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ne",
            address(&url)
        );
        let mut attackers = JoinSet::new();
        for _ in 0..60 {
            let (url, head) = (url.clone(), head.clone());
            attackers.spawn(async move {
                loop {
                    let mut stream = connect(&url).await;
                    let _ = stream.write_all(head.as_bytes()).await;
                    while drips && stream.write_all(b"e").await.is_ok() {
                        pause().await;
                    }
                    // Until the server closes the connection.
                    let _ = stream.read(&mut [0; 1024]).await;
                    pause().await;
                }
            });
        }
        others_are_served(&url).await;
        attackers.shutdown().await;
    }
    assert_eq!(serve.interrupt().await, Some(0));
}

struct Server {
    url: String,
    stop: CancellationToken,
    served: JoinHandle<()>,
}

impl Server {
    async fn start(limits: ServerLimits) -> Self {
        // Larger than the socket buffers for a response that is not read.
        let chunk = Arc::new(vec![b'x'; 16 * 1024]);
        let long = move || {
            let chunk = chunk.clone();
            let chunks = stream::iter((0..2_000).map(move |_| Ok::<_, Infallible>(chunk.to_vec())));
            async { Body::from_stream(chunks) }
        };
        let seldom = async || {
            let words = stream::unfold(0, async |word| {
                if word == 100 {
                    return None;
                }
                pause().await;
                Some((Ok::<_, Infallible>("word\n"), word + 1))
            });
            Body::from_stream(words)
        };
        let router = Router::new()
            .route("/long", get(long))
            .route("/seldom", get(seldom))
            .route("/page", get(async || "x".repeat(100_000)))
            .route("/read", post(async |body: Bytes| body.len().to_string()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (url, stop) = (format!("http://{}", listener.local_addr().unwrap()), CancellationToken::new());
        let served = tokio::spawn(serve(listener, router, None, limits, stop.clone()));
        Self { url, stop, served }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.served.await.unwrap();
    }
}

fn short() -> ServerLimits {
    ServerLimits {
        idle: Duration::from_millis(600),
        stall: Duration::from_millis(400),
        body_gap: Duration::from_millis(400),
        body: Duration::from_secs(2),
        farewell: Duration::from_millis(500),
        ..ServerLimits::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unread_http2_response_times_out_despite_pings() {
    let server = Server::start(short()).await;
    for (path, window) in [("/long", 0), ("/long", 1), ("/long", 100_000), ("/page", 0), ("/page", 1)] {
        let ended = timeout(LIMIT, never_opens_its_window(server.url.clone(), path, window)).await;
        ended
            .unwrap_or_else(|_| panic!("{path} with a window of {window} goes on"))
            .unwrap_or_default();
    }
    server.stop().await;
}

/// Reads a response over HTTP/2 a few bytes at a time; returns its length.
async fn takes_slowly(url: &str, path: &str, bytes: usize, most: usize) -> usize {
    let stream = TcpStream::connect(address(url)).await.unwrap();
    let handshake = h2::client::Builder::new()
        .initial_window_size(u32::try_from(bytes).unwrap())
        .handshake::<_, Bytes>(stream);
    let (client, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get(format!("{url}{path}")).body(()).unwrap();
    let (answer, _) = client.ready().await.unwrap().send_request(request, true).unwrap();
    let mut body = answer.await.unwrap().into_body();
    let mut length = 0;
    while let Some(chunk) = body.data().await {
        let chunk = chunk.expect("a client that makes progress is served");
        length += chunk.len();
        if length >= most {
            break;
        }
        pause().await;
        body.flow_control().release_capacity(chunk.len()).unwrap();
    }
    length
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_client_with_progress_is_served_completely() {
    let server = Server::start(short()).await;
    // 200 times 10 ms, longer than every limit for an idle client.
    assert_eq!(takes_slowly(&server.url, "/page", 500, usize::MAX).await, 100_000);
    assert!(takes_slowly(&server.url, "/long", 500, 100_000).await >= 100_000);
    let began = Instant::now();
    let mut slow = connect(&server.url).await;
    slow.write_all(b"GET /long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let (mut length, mut buffer) = (0, vec![0; 128 * 1024]);
    while let Ok(count @ 1..) = slow.read(&mut buffer).await {
        length += count;
        pause().await;
    }
    assert!(length > 2_000 * 16 * 1024, "{length}");
    assert!(began.elapsed() > 2 * short().stall, "the client was not slow");
    // Waiting for the server does not count as idle time of the client.
    let mut patient = connect(&server.url).await;
    patient
        .write_all(b"GET /seldom HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(rest(&mut patient).await.matches("word").count(), 100);
    // A body in pieces.
    let mut sends = connect(&server.url).await;
    sends
        .write_all(b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    for _ in 0..100 {
        sends.write_all(b"x").await.unwrap();
        pause().await;
    }
    assert!(rest(&mut sends).await.ends_with("100"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pending_responses_survive_a_flood() {
    let server = Server::start(ServerLimits {
        connections: 10,
        ..ServerLimits::default()
    })
    .await;
    let mut patient = connect(&server.url).await;
    patient
        .write_all(b"GET /seldom HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut flood = Vec::new();
    for _ in 0..100 {
        let mut stream = connect(&server.url).await;
        let _ = stream.write_all(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n").await;
        flood.push(stream);
    }
    assert_eq!(rest(&mut patient).await.matches("word").count(), 100);
    server.stop().await;
}

/// The real service: a body that stops or drips for too long is answered with 408, and the connection is closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_request_body_is_answered_with_408() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start_limited(&database, short()).await;
    let head = |path: &str, media: &str, framing: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Type: {media}\r\n{framing}\r\n\r\n",
            app.key
        )
    };
    for (path, media) in [
        ("/api/v1/events", "application/cloudevents+json"),
        ("/api/v1/webhooks", "application/json"),
        ("/sign-in", "application/x-www-form-urlencoded"),
    ] {
        for (framing, part) in [
            ("Content-Length: 1000", "{"),
            ("Content-Length: 1000", ""),
            ("Transfer-Encoding: chunked", "1\r\n{\r\n"),
        ] {
            let told = exchange(&app.url, format!("{}{part}", head(path, media, framing)).as_bytes()).await;
            assert_eq!(status(&told), 408, "{path} {framing}: {told}");
            let told = told.to_ascii_lowercase();
            assert!(
                told.contains("connection: close") && told.contains("urn:clearhook:problem:request-timeout"),
                "{told}"
            );
        }
        let mut drips = connect(&app.url).await;
        drips
            .write_all(head(path, media, "Content-Length: 100000").as_bytes())
            .await
            .unwrap();
        let (mut answer, mut reader) = drips.into_split();
        let drip = tokio::spawn(async move {
            while reader.write_all(b" ").await.is_ok() {
                pause().await;
            }
        });
        let mut told = Vec::new();
        timeout(LIMIT, answer.read_to_end(&mut told)).await.expect("an end").unwrap();
        assert_eq!(status(&String::from_utf8_lossy(&told)), 408);
        drip.abort();
    }
    // Over HTTP/2 the stream ends, and the connection goes on.
    let stream = TcpStream::connect(address(&app.url)).await.unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::post(format!("{}/api/v1/events", app.url))
        .header("authorization", format!("Bearer {}", app.key))
        .header("content-type", "application/cloudevents+json")
        .body(())
        .unwrap();
    let (answer, mut body) = client.send_request(request, false).unwrap();
    body.send_data(Bytes::from_static(b"{"), false).unwrap();
    assert_eq!(timeout(LIMIT, answer).await.expect("an answer").unwrap().status(), 408);
    let request = http::Request::get(format!("{}/healthz", app.url)).body(()).unwrap();
    let mut client = client.ready().await.unwrap();
    assert_eq!(client.send_request(request, true).unwrap().0.await.unwrap().status(), 200);
    wait_for("the service to answer", async || {
        (app.page("/healthz", "").await.status() == 200).then_some(())
    })
    .await;
    app.stop().await;
}
