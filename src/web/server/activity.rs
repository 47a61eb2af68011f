//! What a connection is doing: which requests are under way, and when a byte moved last.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::web::server::ServerLimits;

/// What one connection is doing.
pub(super) struct Activity {
    began: Instant,
    /// Milliseconds from `began` to the last byte that moved.
    moved: AtomicU64,
    requests: Mutex<Requests>,
    ended: CancellationToken,
}

struct Requests {
    under_way: usize,
    /// Whether there was one at all.
    any: bool,
    /// When the last one ended, or the connection began.
    last: Instant,
}

/// A request that is under way, until its answer is written.
pub(super) struct UnderWay(Arc<Activity>);

impl Default for Activity {
    fn default() -> Self {
        let began = Instant::now();
        Self {
            began,
            moved: AtomicU64::new(0),
            requests: Mutex::new(Requests {
                under_way: 0,
                any: false,
                last: began,
            }),
            ended: CancellationToken::new(),
        }
    }
}

impl Activity {
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        let mut requests = self.requests();
        requests.under_way += 1;
        requests.any = true;
        UnderWay(self.clone())
    }

    /// Since when it has been without a request.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let requests = self.requests();
        (requests.under_way == 0 && !self.ended.is_cancelled()).then_some(requests.last)
    }

    /// Whether no request is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.requests().under_way == 0
    }

    /// Whether there ever was a request.
    pub(super) fn was_used(&self) -> bool {
        self.requests().any
    }

    /// When it has taken too long, if nothing happens until then.
    pub(super) fn deadline(&self, limits: &ServerLimits) -> Instant {
        let requests = self.requests();
        if requests.under_way > 0 {
            self.began + Duration::from_millis(self.moved.load(Ordering::Relaxed)) + limits.idle
        } else if requests.any {
            requests.last + limits.idle
        } else {
            self.began + limits.head
        }
    }

    /// Asks the connection to end.
    pub(super) fn end(&self) {
        self.ended.cancel();
    }

    /// Waits until it is asked to end.
    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    fn move_byte(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved.store(now, Ordering::Relaxed);
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut requests = self.0.requests();
        requests.under_way -= 1;
        requests.last = Instant::now();
    }
}

/// A stream whose bytes are noticed.
pub(super) struct Watched<S> {
    pub(super) stream: S,
    pub(super) activity: Arc<Activity>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        self.activity.move_byte();
        Poll::Ready(read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes));
        self.activity.move_byte();
        Poll::Ready(written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices));
        self.activity.move_byte();
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// An answer's body; its request is under way until it is written.
pub(super) struct Answer {
    pub(super) body: Body,
    pub(super) _under_way: UnderWay,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
