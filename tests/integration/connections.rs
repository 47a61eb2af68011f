//! Limits on connections: their number, the time for a request head, and idle time; and how they are closed at shutdown.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, routing::get};
use futures_util::stream;
use http_server::{ServerLimits, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::support::{
    binary::{Installation, Service},
    wait::{pause, wait_for},
    wire::{ask, connect, rest, status},
};

const HELLO: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

struct Server {
    url: String,
    stop: CancellationToken,
    served: JoinHandle<()>,
}

/// Sends a message when it is dropped.
struct OnDrop(Arc<AtomicBool>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn short() -> ServerLimits {
    ServerLimits {
        connections: 20,
        head: Duration::from_millis(300),
        idle: Duration::from_millis(600),
        body_gap: Duration::from_millis(300),
        body: Duration::from_secs(2),
        stall: Duration::from_millis(600),
        farewell: Duration::from_millis(500),
        ..ServerLimits::default()
    }
}

async fn server(router: Router, limits: ServerLimits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (url, stop) = (format!("http://{}", listener.local_addr().unwrap()), CancellationToken::new());
    let served = tokio::spawn(serve(listener, router, None, limits, stop.clone()));
    Server { url, stop, served }
}

fn hello() -> Router {
    Router::new().route("/", get(async || "hello"))
}

/// Sends a byte every now and then until the server closes the connection. Returns the response.
async fn drip(stream: &mut TcpStream, bytes: &str) -> String {
    for byte in bytes.bytes().chain(std::iter::repeat(b'x')) {
        if stream.write_all(&[byte]).await.is_err() {
            break;
        }
        let mut answer = [0; 1024];
        match stream.try_read(&mut answer) {
            Ok(0) => break,
            Ok(count) => return String::from_utf8_lossy(&answer[..count]).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
        pause().await;
    }
    String::new()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_or_dripping_connection_is_closed() {
    let server = server(hello(), short()).await;
    let limit = Duration::from_secs(20);
    let ended = async |mut stream: TcpStream| timeout(limit, rest(&mut stream)).await.expect("ended in time");
    assert_eq!(ended(connect(&server.url).await).await, "");
    let mut slow = connect(&server.url).await;
    timeout(limit, drip(&mut slow, "GET / HTTP/1.1\r\nX: "))
        .await
        .expect("ended in time");
    // After a response, a connection may stay idle for a while; then it is closed, even if bytes arrive.
    let mut kept = connect(&server.url).await;
    assert_eq!(status(&ask(&mut kept, HELLO).await), 200);
    assert_eq!(ended(kept).await, "");
    let mut later = connect(&server.url).await;
    assert_eq!(status(&ask(&mut later, HELLO).await), 200);
    timeout(limit, drip(&mut later, "GET / HTTP/1.1\r\nX: "))
        .await
        .expect("ended in time");
    // The preface of HTTP/2 without a request.
    let mut two = connect(&server.url).await;
    two.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await
        .unwrap();
    ended(two).await;
    server.stop.cancel();
    server.served.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connection_that_reads_nothing_is_closed_but_a_slow_reader_is_not() {
    let dropped = Arc::new(AtomicBool::new(false));
    let (noted, chunk) = (dropped.clone(), vec![b'x'; 64 * 1024]);
    let endless = move || {
        let (guard, chunk) = (OnDrop(noted.clone()), chunk.clone());
        let chunks = stream::repeat_with(move || {
            let _ = &guard;
            Ok::<_, Infallible>(chunk.clone())
        });
        async { Body::from_stream(chunks) }
    };
    // Longer than the idle limit in total, with a byte now and then.
    let slow = async || {
        let words = stream::unfold(0, async |word| {
            if word == 150 {
                return None;
            }
            pause().await;
            Some((Ok::<_, Infallible>("word\n"), word + 1))
        });
        Body::from_stream(words)
    };
    let server = server(Router::new().route("/endless", get(endless)).route("/slow", get(slow)), short()).await;
    let mut deaf = connect(&server.url).await;
    deaf.write_all(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    wait_for("the endless answer to be given up", async || {
        dropped.load(Ordering::SeqCst).then_some(())
    })
    .await;
    let mut patient = connect(&server.url).await;
    patient
        .write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(rest(&mut patient).await.matches("word").count(), 150);
    server.stop.cancel();
    server.served.await.unwrap();
}

/// The number of connections that the server has not closed.
async fn open(streams: &mut [TcpStream]) -> usize {
    let mut open = 0;
    for stream in streams {
        let mut byte = [0];
        let ended = matches!(timeout(Duration::from_millis(1), stream.read(&mut byte)).await, Ok(Ok(0) | Err(_)));
        open += usize::from(!ended);
    }
    open
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flood_of_idle_connections_is_bounded() {
    let limits = ServerLimits {
        head: Duration::from_secs(600),
        ..short()
    };
    let server = server(hello(), limits).await;
    let mut kept = connect(&server.url).await;
    assert_eq!(status(&ask(&mut kept, HELLO).await), 200);
    let mut flood = Vec::new();
    for number in 0..200 {
        flood.push(connect(&server.url).await);
        if number % 20 == 0 {
            // A request is served immediately, however many connections are idle.
            assert_eq!(status(&ask(&mut connect(&server.url).await, HELLO).await), 200);
        }
    }
    let flood = tokio::sync::Mutex::new(flood);
    wait_for("no more than 20 to stay open", async || {
        (open(&mut flood.lock().await).await <= 20).then_some(())
    })
    .await;
    server.stop.cancel();
    server.served.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_completes_requests_and_ends_endless_ones() {
    let (come, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (came, goes) = (come.clone(), go.clone());
    let waits = move || {
        let (came, goes) = (came.clone(), goes.clone());
        async move {
            came.notify_one();
            goes.notified().await;
            "done"
        }
    };
    let forever = async || Body::from_stream(stream::pending::<Result<String, Infallible>>());
    let router = Router::new().route("/waits", get(waits)).route("/forever", get(forever));
    let server = server(
        router,
        ServerLimits {
            idle: Duration::from_secs(60),
            ..short()
        },
    )
    .await;
    let mut endless = connect(&server.url).await;
    endless.write_all(b"GET /forever HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut idle = connect(&server.url).await;
    let mut waiting = connect(&server.url).await;
    waiting.write_all(b"GET /waits HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    come.notified().await;
    server.stop.cancel();
    go.notify_one();
    assert!(rest(&mut waiting).await.ends_with("done"));
    assert_eq!(rest(&mut idle).await, "");
    server.served.await.unwrap();
    rest(&mut endless).await;
    assert!(TcpStream::connect(crate::support::wire::address(&server.url)).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn service_survives_a_flood_of_connections() {
    let here = Installation::new();
    let serve = Service::start(here.command(&["serve", "--addr", "127.0.0.1:0", "--max-connections", "40"]));
    let url = serve.url().await;
    let mut flood = Vec::new();
    for _ in 0..400 {
        let mut stream = connect(&url).await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ").await.unwrap();
        flood.push(stream);
    }
    for _ in 0..20 {
        assert_eq!(
            status(&ask(&mut connect(&url).await, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await),
            200
        );
    }
    let flood = tokio::sync::Mutex::new(flood);
    wait_for("no more than 40 to stay open", async || {
        (open(&mut flood.lock().await).await <= 40).then_some(())
    })
    .await;
    assert_eq!(serve.terminate().await, Some(0));
}
