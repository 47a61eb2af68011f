//! Connections for `lapin`. Its own TLS would bring a second implementation of many algorithms, so it gets connections that are encrypted
//! already.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    os::fd::{AsFd, AsRawFd},
    sync::Arc,
    time::{Duration, Instant},
};

use async_rs::{Runtime, Tokio, traits::Reactor, util::RuntimeParts};
use futures_util::Stream;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

use crate::{
    broker::{adapter::EXCHANGE, amqp_utf8::Utf8Frames},
    config::AmqpServer,
};

/// The runtime that `lapin` uses: tokio's, with connections of this file.
pub(super) type AmqpRuntime = Runtime<RuntimeParts<Tokio, Connections>>;

/// tokio's reactor. Its connections may be encrypted.
#[derive(Clone, Debug)]
pub(super) struct Connections(Tokio);

/// A connection, encrypted or not.
pub(super) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// A connection as `lapin` reads and writes it.
pub(super) type Connected = Compat<Box<dyn Transport>>;

/// The runtime of the current task.
pub(super) fn runtime() -> AmqpRuntime {
    Runtime::new(RuntimeParts::new(Tokio::current(), Connections(Tokio::current())))
}

/// Opens a connection to a server, within a time limit.
pub(super) async fn open(server: &AmqpServer, tls: Option<Arc<ClientConfig>>) -> io::Result<Connected> {
    let open = async {
        let stream = TcpStream::connect((server.host.as_str(), server.port)).await?;
        stream.set_nodelay(true)?;
        let transport: Box<dyn Transport> = match tls {
            None => Box::new(Utf8Frames::new(stream)),
            Some(config) => {
                let name = ServerName::try_from(server.host.clone()).map_err(io::Error::other)?;
                Box::new(Utf8Frames::new(TlsConnector::from(config).connect(name, stream).await?))
            }
        };
        Ok(transport.compat())
    };
    timeout(EXCHANGE, open)
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

impl Reactor for Connections {
    type TcpStream = Connected;
    type Sleep = <Tokio as Reactor>::Sleep;

    fn register<H: Read + Write + AsFd + AsRawFd + Send + 'static>(
        &self,
        socket: H,
    ) -> io::Result<impl futures_io::AsyncRead + futures_io::AsyncWrite + Send + Unpin + 'static> {
        self.0.register(socket)
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        self.0.sleep(duration)
    }

    fn interval(&self, duration: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(duration)
    }

    #[allow(clippy::manual_async_fn, reason = "the future of an `async fn` would borrow `self`")]
    fn tcp_connect_addr(&self, address: SocketAddr) -> impl Future<Output = io::Result<Self::TcpStream>> + Send + 'static {
        async move {
            let transport: Box<dyn Transport> = Box::new(TcpStream::connect(address).await?);
            Ok(transport.compat())
        }
    }
}
