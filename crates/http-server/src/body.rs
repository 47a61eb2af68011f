//! The bodies of requests and answers. Each records whether the server waits for the client.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use crate::{ServerLimits, activity::Exchange};

/// After an early answer over HTTP/1, the server waits this long for the rest of a body up to this size, so that the connection can be
/// reused.
const SMALL_BODY: usize = 64 * 1024;
const SMALL_BODY_TIME: Duration = Duration::from_millis(100);
/// How long a client over HTTP/1 may pause before the server closes its half of the connection.
const PAUSE: Duration = Duration::from_secs(1);
/// Limits of reading and discarding a body after its answer.
const DISCARD_GAP: Duration = Duration::from_secs(5);
const DISCARD_TIME: Duration = Duration::from_secs(30);
const DISCARD_BYTES: usize = 64 * 1024 * 1024;

/// A request extension that tells whether the body was sent too slowly. Such a request is answered with 408.
#[derive(Clone, Debug, Default)]
pub struct BodyTimedOut(Arc<AtomicBool>);

impl BodyTimedOut {
    /// Whether the body was sent too slowly.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The rest of a request body that the handler did not read completely.
#[derive(Default)]
pub(super) struct Unread(Mutex<Option<Rest>>);

struct Rest {
    body: Incoming,
    was_read: bool,
}

/// The body of a request. It ends with an error if the client sends nothing for [`ServerLimits::body_gap`], or needs longer than
/// [`ServerLimits::body`] for all of it.
pub(super) struct RequestBody {
    body: Option<Incoming>,
    exchange: Arc<Exchange>,
    timed_out: BodyTimedOut,
    unread: Arc<Unread>,
    gap: Duration,
    whole: Duration,
    /// Exists while the body waits for the client.
    waits: Option<Waits>,
    /// When the handler started to read the body.
    began: Option<Instant>,
}

struct Waits {
    sleep: Pin<Box<Sleep>>,
}

impl RequestBody {
    pub(super) fn new(body: Incoming, exchange: Arc<Exchange>, limits: &ServerLimits) -> (Self, BodyTimedOut, Arc<Unread>) {
        let (timed_out, unread) = (BodyTimedOut::default(), Arc::new(Unread::default()));
        let body = Self {
            body: Some(body),
            exchange,
            timed_out: timed_out.clone(),
            unread: unread.clone(),
            gap: limits.body_gap,
            whole: limits.body,
            waits: None,
            began: None,
        };
        (body, timed_out, unread)
    }

    fn poll_waiting(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let began = *self.began.get_or_insert_with(Instant::now);
        let waits = self.waits.get_or_insert_with(|| {
            let now = Instant::now();
            self.exchange.on_request_body(now);
            Waits {
                sleep: Box::pin(sleep_until((now + self.gap).min(began + self.whole))),
            }
        });
        if waits.sleep.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.timed_out.0.store(true, Ordering::Relaxed);
        self.exchange.on_server();
        Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, "the body was sent too slowly"))))
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        match Pin::new(body).poll_frame(context) {
            Poll::Pending => this.poll_waiting(context),
            Poll::Ready(frame) => {
                this.began.get_or_insert_with(Instant::now);
                if this.waits.take().is_some() {
                    this.exchange.on_server();
                }
                Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if self.waits.is_some() {
            self.exchange.on_server();
        }
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            let was_read = self.began.is_some();
            *self.unread.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Rest { body, was_read });
        }
    }
}

impl Unread {
    /// Whether the body was read completely. Over HTTP/1, reads the rest of a small body, so that the connection can be reused. Does not
    /// read if the client waits for `100 Continue`, because reading would send it, or if the body has timed out.
    pub(super) async fn finish_small(&self, exchange: &Exchange, expects_continue: bool, timed_out: &BodyTimedOut) -> bool {
        let Some(mut rest) = self.take() else { return true };
        if timed_out.get() || (expects_continue && !rest.was_read) {
            return false;
        }
        if rest.body.size_hint().lower() <= SMALL_BODY as u64 {
            exchange.on_request_body(Instant::now());
            let finished = timeout(SMALL_BODY_TIME, discard(&mut rest.body, SMALL_BODY, DISCARD_GAP)).await;
            exchange.on_server();
            if finished.unwrap_or(false) {
                return true;
            }
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(rest);
        false
    }

    /// Reads and discards the rest of the body, so that the client can finish sending and then read the answer. Over HTTP/2 this keeps the
    /// flow control of the connection from blocking the client, and avoids a reset of the stream, after which clients may not read the
    /// answer (RFC 9113, section 8.1). Over HTTP/1 the connection is closed only when the client has sent everything, because some clients
    /// (Java) treat a connection that is closed while they send as a missing answer. A client that pauses may be waiting for that close, so
    /// the pause is limited.
    pub(super) fn discard_in_background(&self, is_http1: bool) {
        let Some(mut rest) = self.take() else { return };
        let gap = if is_http1 { PAUSE } else { DISCARD_GAP };
        tokio::spawn(timeout(DISCARD_TIME, async move {
            discard(&mut rest.body, DISCARD_BYTES, gap).await;
        }));
    }

    fn take(&self) -> Option<Rest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Reads a body to its end. Returns `false` if it fails, is longer than `most`, or pauses for longer than `gap`.
async fn discard(body: &mut Incoming, most: usize, gap: Duration) -> bool {
    let mut left = most;
    loop {
        let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context));
        match timeout(gap, frame).await {
            Ok(None) => return true,
            Ok(Some(Ok(frame))) => match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                Some(rest) => left = rest,
                None => return false,
            },
            Ok(Some(Err(_))) | Err(_) => return false,
        }
    }
}

/// The body of an answer. Its request is in progress until the body has been handed to the connection.
pub(super) struct AnswerBody {
    body: Body,
    exchange: Arc<Exchange>,
}

impl AnswerBody {
    pub(super) fn new(body: Body, exchange: Arc<Exchange>) -> Self {
        exchange.on_answer();
        Self { body, exchange }
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            // The connection is ready for more, but the handler has not produced it yet.
            Poll::Pending => self.exchange.on_server(),
            Poll::Ready(_) => self.exchange.on_answer(),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
