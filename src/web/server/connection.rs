//! One connection, HTTP/1 or HTTP/2, with or without TLS.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use http::Request;
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
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::web::server::{
    ServerLimits,
    activity::{Activity, Answer, Watched},
    certificates::Certificates,
};

/// Largest head of a request, in bytes, all its headers together.
const HEAD_MAX: usize = 32 * 1024;
/// Most headers of a request.
const HEADERS_MAX: usize = 100;
/// Requests at a time on a connection of HTTP/2.
const STREAMS_MAX: u32 = 128;
/// Between asking a connection to end and ending it.
const LAST_WORD: Duration = Duration::from_secs(2);

/// A connection that was taken.
pub(super) struct Connection {
    pub(super) peer: SocketAddr,
    pub(super) router: Router,
    pub(super) activity: Arc<Activity>,
    pub(super) limits: ServerLimits,
    pub(super) stop: CancellationToken,
}

impl Connection {
    /// Serves it to its end. What goes wrong on it is the client's affair.
    pub(super) async fn run(self, stream: TcpStream, tls: Option<&Certificates>) {
        let Some(tls) = tls else { return self.serve(stream).await };
        let deadline = Instant::now() + self.limits.head;
        let accepted = tokio::select! {
            () = self.activity.ended() => return,
            accepted = timeout_at(deadline, tls.acceptor().accept(stream)) => accepted,
        };
        match accepted {
            Ok(Ok(stream)) => self.serve(stream).await,
            Ok(Err(error)) => tracing::debug!(peer = %self.peer, %error, "no TLS: {error}"),
            Err(_) => tracing::debug!(peer = %self.peer, "no TLS in time"),
        }
    }

    async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let (activity, limits) = (self.activity, self.limits);
        let (peer, router, asked) = (self.peer, self.router, activity.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            let under_way = asked.begin();
            request.extensions_mut().insert(ConnectInfo(peer));
            let answered = router.clone().oneshot(request);
            async move {
                let response = answered.await?;
                Ok::<_, Infallible>(response.map(|body| Answer {
                    body,
                    _under_way: under_way,
                }))
            }
        });
        let io = TokioIo::new(Watched {
            stream,
            activity: activity.clone(),
        });
        let builder = builder();
        let mut connection = pin!(builder.serve_connection(io, service));
        let (mut ending, mut deadline) = (false, activity.deadline(&limits));
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%peer, %error, "a connection broke: {error}");
                    }
                    return;
                }
                () = self.stop.cancelled(), if !ending => {
                    // Requests may end; `serve` says when they have to.
                    connection.as_mut().graceful_shutdown();
                    ending = true;
                }
                () = activity.ended(), if !ending => {
                    if activity.is_idle() {
                        return;
                    }
                    connection.as_mut().graceful_shutdown();
                    ending = true;
                }
                () = sleep_until(deadline) => {
                    let due = activity.deadline(&limits);
                    if due > Instant::now() {
                        deadline = due;
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
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // Heads that take too long are noticed here, for both protocols alike, and without a word to a client that only kept its connection.
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
