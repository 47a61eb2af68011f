//! Opens the connections of the HTTP client: resolves the name, connects by TCP, and does the TLS handshake.

use std::{
    fmt::Write as _,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use http::{Uri, uri::Scheme};
use hyper_util::{
    client::legacy::connect::{Connected, Connection as Describe},
    rt::TokioIo,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};
use tokio_rustls::client::TlsStream;
use tower::Service;

use crate::{
    delivery::{
        connect_error::ConnectError,
        failures::span,
        happy_eyeballs::{self, Failures},
        head_frames::{self, FrameReader, HEADS_MAX},
        opening::{Opening, Part},
        resolver::GuardedResolver,
        tls::Tls,
    },
    domain::answer::Failure,
};

/// Maximum number of addresses that are listed in a message.
const ADDRESSES_LISTED: usize = 8;

/// Opens connections to receivers. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connector(Arc<Parts>);

struct Parts {
    resolver: GuardedResolver,
    tls: Tls,
    /// Time limit for connecting to a receiver (TCP and TLS), for all its addresses together.
    limit: Duration,
}

/// State of an open connection. The HTTP client and the connection's I/O share it.
#[derive(Debug)]
pub(super) struct ConnectionState {
    pub(super) opened: std::time::Instant,
    /// Whether a response was received on this connection.
    pub(super) was_used: AtomicBool,
    /// Whether bytes were received since the last bytes were sent. With HTTP/2, this does not refer to a single request.
    received: AtomicBool,
    is_h2: bool,
    /// With HTTP/2, how many HEADERS frames were received since the last response.
    heads: AtomicU32,
    /// Whether the receiver asked for a client certificate in the TLS handshake.
    pub(super) wants_client_certificate: bool,
    /// The attempt for which it was opened.
    pub(super) opening: Arc<Opening>,
}

impl ConnectionState {
    fn new(is_h2: bool, wants_client_certificate: bool, opening: Arc<Opening>) -> Self {
        opening.opened();
        Self {
            opened: std::time::Instant::now(),
            was_used: AtomicBool::new(false),
            received: AtomicBool::new(false),
            is_h2,
            heads: AtomicU32::new(0),
            wants_client_certificate,
            opening,
        }
    }

    /// Notes that a response was received.
    pub(super) fn responded(&self) {
        self.was_used.store(true, Ordering::Relaxed);
        self.heads.store(0, Ordering::Relaxed);
    }

    /// Whether a part of the response to the last request was received. Called when the request failed before the head was complete.
    pub(super) fn response_began(&self) -> bool {
        !self.is_h2 && self.received.load(Ordering::Relaxed)
    }
}

/// An open connection.
pub(super) struct Connection {
    transport: Transport,
    state: Arc<ConnectionState>,
    frames: FrameReader,
}

enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connector {
    pub(super) fn new(resolver: GuardedResolver, tls: Tls, limit: Duration) -> Self {
        Self(Arc::new(Parts { resolver, tls, limit }))
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Connection>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (parts, opening) = (self.0.clone(), Opening::current());
        Box::pin(async move { parts.open(&uri, opening).await.map(TokioIo::new) })
    }
}

impl Parts {
    async fn open(&self, uri: &Uri, opening: Arc<Opening>) -> Result<Connection, ConnectError> {
        let is_tls = uri.scheme() == Some(&Scheme::HTTPS);
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let host = uri.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        // An IP address was checked together with the webhook's URL. The addresses of a name are checked at each lookup.
        let addresses = if let Ok(address) = host.parse::<IpAddr>() {
            vec![address]
        } else {
            opening.begin(Part::Dns);
            tokio::time::timeout(self.limit * 2, self.resolver.resolve(host.to_owned()))
                .await
                .map_err(|_| slow_resolution(host, self.limit * 2))??
        };
        let mut addresses: Vec<_> = addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        let deadline = Instant::now() + self.limit;
        let mut failures = Vec::new();
        loop {
            let left = (deadline - Instant::now()).max(self.limit / 4);
            opening.begin(Part::Connect);
            let (stream, address) = match happy_eyeballs::connect(&addresses, left).await {
                Ok(connected) => connected,
                Err(more) => return Err(unreachable(failures, &more, self.limit)),
            };
            // Disables Nagle's algorithm, so that small requests are sent at once.
            let _ = stream.set_nodelay(true);
            if !is_tls {
                return Ok(Connection::plain(stream, opening));
            }
            addresses.retain(|other| *other != address);
            let mut left = (deadline - Instant::now()).max(self.limit / 4);
            if !addresses.is_empty() {
                left /= 2;
            }
            opening.begin(Part::Tls);
            let error = match tokio::time::timeout(left, self.tls.handshake(host, stream)).await {
                Ok(Ok((stream, wants_client_certificate))) => return Ok(Connection::tls(stream, wants_client_certificate, opening)),
                Ok(Err(error)) => error,
                Err(_) => ConnectError::new(Failure::TimedOut, format!("The TLS handshake took longer than {}.", span(left))),
            };
            // A server that does not respond is skipped in favour of the next address. A TLS error is a definite reply and is returned.
            if error.failure == Failure::TlsError || (addresses.is_empty() && failures.is_empty()) {
                return Err(error);
            }
            failures.push((address, error));
        }
    }
}

fn slow_resolution(host: &str, limit: Duration) -> ConnectError {
    ConnectError::new(
        Failure::TimedOut,
        format!("The name {host} was not resolved within {}.", span(limit)),
    )
}

/// Combines the failures of all addresses into one, with a sentence that lists them.
fn unreachable(handshakes: Vec<(SocketAddr, ConnectError)>, connects: &Failures, limit: Duration) -> ConnectError {
    let first_failure = handshakes.first().map(|(_, error)| error.failure);
    let mut parts: Vec<String> = handshakes
        .into_iter()
        .map(|(address, error)| format!("{address}: {}", error.detail.trim_end_matches('.')))
        .collect();
    parts.extend(connects.iter().map(|(address, error)| reason(*address, error, limit)));
    let count = parts.len();
    parts.truncate(ADDRESSES_LISTED);
    let mut detail = parts.join("; ");
    if count > ADDRESSES_LISTED {
        let _ = write!(detail, "; and {} more addresses", count - ADDRESSES_LISTED);
    }
    detail.push('.');
    let timed_out = connects.iter().any(|(_, error)| error.kind() == io::ErrorKind::TimedOut);
    let failure = match first_failure {
        _ if timed_out => Failure::TimedOut,
        Some(failure) => failure,
        None if connects.iter().any(|(_, error)| is_reset(error)) => Failure::ConnectionReset,
        None => Failure::ConnectionRefused,
    };
    ConnectError::new(failure, detail)
}

fn is_reset(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted)
}

fn reason(address: SocketAddr, error: &io::Error, limit: Duration) -> String {
    match error.kind() {
        io::ErrorKind::TimedOut => format!("{address} did not accept the connection within {}", span(limit)),
        io::ErrorKind::ConnectionRefused => format!("{address} refused the connection"),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable | io::ErrorKind::AddrNotAvailable => {
            format!("there is no route to {address}")
        }
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => format!("{address} reset the connection"),
        _ => format!("no connection to {address}: {error}"),
    }
}

impl Connection {
    fn plain(stream: TcpStream, opening: Arc<Opening>) -> Self {
        Self {
            transport: Transport::Plain(stream),
            state: Arc::new(ConnectionState::new(false, false, opening)),
            frames: FrameReader::default(),
        }
    }

    fn tls(stream: TlsStream<TcpStream>, wants_client_certificate: bool, opening: Arc<Opening>) -> Self {
        let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Self {
            transport: Transport::Tls(Box::new(stream)),
            state: Arc::new(ConnectionState::new(is_h2, wants_client_certificate, opening)),
            frames: FrameReader::default(),
        }
    }

    /// Resets `received` at the end of a write. A failed write counts too, because it was also a part of the next request.
    fn wrote(&self, result: &Poll<io::Result<usize>>) {
        if result.is_ready() && self.state.received.load(Ordering::Relaxed) {
            self.state.received.store(false, Ordering::Relaxed);
        }
    }
}

impl Describe for Connection {
    fn connected(&self) -> Connected {
        let connected = Connected::new().extra(self.state.clone());
        if self.state.is_h2 { connected.negotiated_h2() } else { connected }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Transport::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        };
        let received = buf.filled().get(before..).unwrap_or_default();
        if received.is_empty() {
            return result;
        }
        self.state.received.store(true, Ordering::Relaxed);
        if self.state.is_h2 {
            let heads = self.frames.read(received);
            if self.state.heads.fetch_add(heads, Ordering::Relaxed) + heads > HEADS_MAX {
                return Poll::Ready(Err(head_frames::too_many()));
            }
        }
        result
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Transport::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        };
        self.wrote(&result);
        result
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let result = match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Transport::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        };
        self.wrote(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            Transport::Plain(stream) => stream.is_write_vectored(),
            Transport::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
