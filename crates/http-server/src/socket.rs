//! The stream of a connection. It records when bytes of answers are written, and closes so that the client can still read the answer.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{
    activity::Activity,
    frames::{Frames, Protocol},
    refusal::{ErrorBody, Refusal},
};

/// How long to wait for more of a request body that is being discarded.
const GAP_IN_BODY: Duration = Duration::from_secs(5);
/// How long to wait for the client to close its half if no body is expected.
const GAP: Duration = Duration::from_secs(2);
/// The same during a shutdown.
const GAP_AT_STOP: Duration = Duration::from_millis(200);
/// Limits of reading and discarding on one connection after its last answer.
const LINGER_TIME: Duration = Duration::from_secs(30);
const LINGER_BYTES: usize = 64 * 1024 * 1024;
const SCRATCH: usize = 32 * 1024;

/// A stream that records written answers in its [`Activity`].
pub(super) struct Socket<S> {
    stream: S,
    activity: Arc<Activity>,
    stop: CancellationToken,
    protocol: Protocol,
    written: Frames,
    /// A response that replaces one of hyper's own.
    refusal: Option<Refusal>,
    error_body: ErrorBody,
    linger: Option<Linger>,
}

/// State of reading and discarding what the client still sends after the last answer. If the socket were closed with unread bytes in it,
/// TCP would reset the connection, and the client could lose the answer (RFC 9112, section 9.6).
struct Linger {
    ends: Instant,
    gap: Duration,
    sleep: Pin<Box<Sleep>>,
    left: usize,
    scratch: Box<[u8]>,
}

impl<S> Socket<S> {
    pub(super) fn new(stream: S, activity: Arc<Activity>, stop: CancellationToken, error_body: ErrorBody) -> Self {
        Self {
            stream,
            error_body,
            activity,
            stop,
            protocol: Protocol::default(),
            written: Frames::default(),
            refusal: None,
            linger: None,
        }
    }

    fn note(&mut self, written: &[u8]) {
        if !written.is_empty() && (!self.protocol.is_http2() || self.written.carry_message(written)) {
            self.activity.note_sent();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut this.stream).poll_read(context, buffer));
        this.protocol.read(&buffer.filled()[before..]);
        Poll::Ready(read)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.refusal.is_none() && !this.protocol.is_http2() {
            this.refusal = Refusal::instead_of(bytes, this.error_body);
        }
        if let Some(refusal) = &mut this.refusal {
            let written = ready!(refusal.poll_write(Pin::new(&mut this.stream), context, bytes.len()));
            this.refusal = None;
            return Poll::Ready(written);
        }
        let written = ready!(Pin::new(&mut this.stream).poll_write(context, bytes));
        if let Ok(count) = written {
            this.note(&bytes[..count]);
        }
        Poll::Ready(written)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, context: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.refusal.is_some()
            || (!this.protocol.is_http2()
                && slices
                    .first()
                    .is_some_and(|head| Refusal::instead_of(head, this.error_body).is_some()))
        {
            let head = slices.first().map_or(&[][..], |head| head);
            return Pin::new(this).poll_write(context, head);
        }
        let written = ready!(Pin::new(&mut this.stream).poll_write_vectored(context, slices));
        if let Ok(mut left) = written {
            for slice in slices {
                let count = left.min(slice.len());
                this.note(&slice[..count]);
                left -= count;
            }
        }
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    /// Closes the write half, then waits for the client to close the other half.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
            let gap = match (this.activity.has_unread_body(), this.stop.is_cancelled()) {
                (true, _) => GAP_IN_BODY,
                (false, true) => GAP_AT_STOP,
                (false, false) => GAP,
            };
            this.linger = Some(Linger {
                ends: Instant::now() + LINGER_TIME,
                gap,
                sleep: Box::pin(sleep(gap)),
                left: LINGER_BYTES,
                scratch: vec![0; SCRATCH].into(),
            });
        }
        let Some(linger) = &mut this.linger else {
            return Poll::Ready(Ok(()));
        };
        loop {
            let mut buffer = ReadBuf::new(&mut linger.scratch);
            match Pin::new(&mut this.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    let count = buffer.filled().len();
                    let now = Instant::now();
                    if count >= linger.left || now >= linger.ends {
                        return Poll::Ready(Ok(()));
                    }
                    linger.left -= count;
                    linger.sleep.as_mut().reset(linger.ends.min(now + linger.gap));
                }
                // The client has closed its half, or the connection is broken.
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    ready!(linger.sleep.as_mut().poll(context));
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}
