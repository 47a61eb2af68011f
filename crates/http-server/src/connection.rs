//! One connection, HTTP/1 or HTTP/2, with or without TLS.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::ConnectInfo,
};
use http::{HeaderValue, Request, Response, Version, header};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, sleep_until, timeout_at},
};
use tower::ServiceExt;

use crate::{
    OverTls, ServerLimits, Shutdown,
    activity::{Activity, Exchange},
    body::{AnswerBody, RequestBody},
    certificates::Certificates,
    socket::Socket,
};

/// Maximum size of all headers of a request together, in bytes.
const HEAD_MAX: usize = 32 * 1024;
/// Maximum number of headers of a request.
const HEADERS_MAX: usize = 100;
/// Maximum number of concurrent requests on an HTTP/2 connection.
const STREAMS_MAX: u32 = 128;
/// The time between asking a connection to end and closing it.
const LAST_WORD: Duration = Duration::from_secs(2);
/// How often an evicted connection is checked while its last request is being answered.
const EVICTED_LOOK: Duration = Duration::from_millis(100);
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// An accepted connection.
pub(super) struct Connection {
    pub(super) peer: SocketAddr,
    pub(super) router: Router,
    pub(super) activity: Arc<Activity>,
    pub(super) limits: ServerLimits,
    pub(super) shutdown: Shutdown,
    /// Whether this server terminates TLS for the connection.
    pub(super) over_tls: bool,
}

impl Connection {
    /// Serves the connection until it closes. I/O and protocol errors are logged at debug level and otherwise ignored.
    pub(super) async fn run(self, stream: TcpStream, tls: Option<&Certificates>) {
        let Some(tls) = tls else { return self.serve(stream).await };
        let deadline = Instant::now() + self.limits.head;
        let accepted = tokio::select! {
            () = self.activity.ended() => return,
            accepted = timeout_at(deadline, tls.acceptor().accept(stream)) => accepted,
        };
        match accepted {
            Ok(Ok(stream)) => self.serve(stream).await,
            Ok(Err(error)) => tracing::debug!(peer = %self.peer, %error, "the TLS handshake failed: {error}"),
            Err(_) => tracing::debug!(peer = %self.peer, "the TLS handshake took too long"),
        }
    }

    async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let (activity, limits, peer, shutdown) = (self.activity.clone(), self.limits.clone(), self.peer, self.shutdown.clone());
        let this = Arc::new(self);
        let service = service_fn(move |request: Request<Incoming>| {
            let exchange = Arc::new(this.activity.begin());
            this.clone().answer(request, exchange)
        });
        let socket = Socket::new(stream, activity.clone(), shutdown.stop.clone(), limits.error_body);
        let builder = builder();
        let mut connection = pin!(builder.serve_connection(TokioIo::new(socket), service));
        // Deadlines can become earlier, so they are checked regularly.
        let look = limits.stall / 4;
        let next_look = |due: Instant| due.min(Instant::now() + look);
        let (mut ending, mut evicted, mut deadline) = (false, false, next_look(activity.deadline(&limits)));
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%peer, %error, "a connection broke: {error}");
                    }
                    return;
                }
                () = shutdown.stop.cancelled(), if !ending => {
                    // Requests in progress may finish; `serve` limits how long that takes.
                    connection.as_mut().graceful_shutdown();
                    ending = true;
                }
                () = activity.ended(), if !evicted => {
                    if !activity.is_working() {
                        return;
                    }
                    // The request started at the same moment. It is answered, but no further one is accepted.
                    connection.as_mut().graceful_shutdown();
                    (ending, evicted, deadline) = (true, true, Instant::now() + EVICTED_LOOK);
                }
                () = sleep_until(deadline) => {
                    let due = activity.deadline(&limits);
                    if evicted && !activity.is_working() {
                        return;
                    } else if evicted {
                        deadline = Instant::now() + EVICTED_LOOK;
                    } else if due > Instant::now() {
                        deadline = next_look(due);
                    } else if ending || !activity.was_used() {
                        return;
                    } else {
                        connection.as_mut().graceful_shutdown();
                        (ending, deadline) = (true, Instant::now() + LAST_WORD);
                    }
                }
            }
        }
    }

    /// Passes a request to the router. If the answer comes before the request body was read completely, ensures that the client can read
    /// the answer while it is still sending (RFC 9112, section 9.6).
    async fn answer(self: Arc<Self>, request: Request<Incoming>, exchange: Arc<Exchange>) -> Result<Response<AnswerBody>, Infallible> {
        let is_http1 = request.version() < Version::HTTP_2;
        let expects_continue = request.headers().contains_key(header::EXPECT);
        let (head, incoming) = request.into_parts();
        let (mut request, unread) = if incoming.is_end_stream() {
            (Request::from_parts(head, Body::empty()), None)
        } else {
            let (body, timed_out, unread) = RequestBody::new(incoming, exchange.clone(), &self.limits);
            let mut request = Request::from_parts(head, Body::new(body));
            request.extensions_mut().insert(timed_out.clone());
            (request, Some((unread, timed_out)))
        };
        request.extensions_mut().insert(ConnectInfo(self.peer));
        if self.over_tls {
            request.extensions_mut().insert(OverTls);
        }
        let mut response = self.router.clone().oneshot(request).await?;
        if let Some((unread, timed_out)) = unread {
            if is_http1 && !unread.finish_small(&exchange, expects_continue, &timed_out).await {
                self.activity.note_unread_body();
                response.headers_mut().insert(header::CONNECTION, CLOSE);
            }
            unread.discard_in_background(is_http1);
        }
        mark_as_own(&mut response);
        // Clients with persistent connections have to switch to another node while this one still answers them.
        if is_http1 && self.shutdown.drain.is_cancelled() {
            response.headers_mut().insert(header::CONNECTION, CLOSE);
        }
        Ok(response.map(|body| AnswerBody::new(body, exchange)))
    }
}

/// Ensures that an error of the service can be told from one of hyper itself, which has no other headers than those of the connection
/// (`refusal`).
fn mark_as_own<B>(response: &mut Response<B>) {
    if response.status().is_client_error() || response.status().is_server_error() {
        let no_store = HeaderValue::from_static("no-store");
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(no_store);
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // hyper's timeout for headers is disabled, because `Activity` limits the time for both protocols, and closes unused connections without
    // an error response.
    builder
        .http1()
        .header_read_timeout(None)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_MAX);
    builder
        .http2()
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(u32::try_from(HEAD_MAX).unwrap_or(u32::MAX));
    builder
}
