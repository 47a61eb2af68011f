//! Accepts connections and limits them: their number, the time to send a request, and the time without activity.

mod activity;
mod body;
pub mod certificates;
mod connection;
mod frames;
mod open_connections;
pub mod proxies;
mod refusal;
mod socket;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::{body::BodyTimedOut, refusal::ErrorBody};
use self::{certificates::Certificates, connection::Connection, open_connections::OpenConnections};
use crate::proxies::TrustedProxies;

/// How long to wait before accepting again if the process has no free file descriptors.
const NO_HANDLES: Duration = Duration::from_millis(200);
/// How long to wait for an evicted connection to close before the next one is evicted.
const ROOM: Duration = Duration::from_millis(50);
/// File descriptors reserved for the database, callbacks and files.
const HANDLES_FOR_OTHERS: usize = 512;

/// An extension of a request that was received over TLS.
#[derive(Clone, Copy, Debug)]
pub struct OverTls;

/// Limits of a listener.
#[derive(Clone, Debug)]
pub struct ServerLimits {
    /// Maximum number of connections. If it is reached, a connection that waits for its client is closed: among those of the address with
    /// the most connections, the one that has waited longest.
    pub connections: usize,
    /// From the start of a connection to the end of the headers of its first request, including the TLS handshake.
    pub head: Duration,
    /// How long a connection may be without a request, or send nothing while the server works on one.
    pub idle: Duration,
    /// How long a client may pause while it sends a request body.
    pub body_gap: Duration,
    /// How long a request body may take in total.
    pub body: Duration,
    /// How long a client may pause while it reads an answer.
    pub stall: Duration,
    /// How long requests in progress may take after the service was told to stop.
    pub farewell: Duration,
    /// The body of the response to a request that cannot be parsed.
    pub error_body: ErrorBody,
    /// Trusted proxies. They may have any share of the connections, because each serves many clients.
    pub proxies: TrustedProxies,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            head: Duration::from_secs(15),
            // Longer than common proxies keep a connection, so that the proxy closes it and not this server.
            idle: Duration::from_secs(75),
            body_gap: Duration::from_secs(10),
            // Less than the limit of a whole request (`web::WHOLE_REQUEST`), so that the client gets a specific error.
            body: Duration::from_secs(50),
            stall: Duration::from_secs(30),
            farewell: Duration::from_secs(10),
            error_body: refusal::problem,
            proxies: TrustedProxies::default(),
        }
    }
}

impl ServerLimits {
    /// The same limits, with at most as many connections as the process may open files for.
    #[must_use]
    pub fn within_open_files(self) -> Self {
        let Some(files) = open_files() else { return self };
        let most = files.saturating_sub(HANDLES_FOR_OTHERS).max(files / 2).max(1);
        if most < self.connections {
            tracing::info!(
                connections = most,
                "at most {most} connections at a time, because the process may open {files} files (ulimit -n)"
            );
        }
        Self {
            connections: self.connections.min(most),
            ..self
        }
    }
}

/// The operating system's limit of open files for this process.
fn open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The two steps of a shutdown.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    /// Requests are still served, but connections are closed after them, so that clients switch to another node.
    pub drain: CancellationToken,
    /// No more connections are accepted, and requests in progress are finished.
    pub stop: CancellationToken,
}

impl From<CancellationToken> for Shutdown {
    /// A shutdown without the first step.
    fn from(stop: CancellationToken) -> Self {
        Self { drain: stop.clone(), stop }
    }
}

/// Serves connections until `stop` is cancelled, then waits for requests in progress.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<Arc<Certificates>>,
    limits: ServerLimits,
    shutdown: impl Into<Shutdown>,
) {
    let shutdown: Shutdown = shutdown.into();
    let stop = shutdown.stop.clone();
    let room = Arc::new(Semaphore::new(limits.connections));
    let (open, tasks, over) = (Arc::new(OpenConnections::default()), TaskTracker::new(), CancellationToken::new());
    let watching = tls.clone().map(|tls| tokio::spawn(tls.watch(stop.clone())));
    loop {
        let taken = tokio::select! {
            () = stop.cancelled() => break,
            taken = accept(&listener) => taken,
        };
        let Some((stream, peer)) = taken else { continue };
        let permit = tokio::select! {
            () = stop.cancelled() => break,
            permit = make_room(&room, &open) => permit,
        };
        let Some(permit) = permit else { break };
        // Answers are written in full, so delaying small packets (Nagle's algorithm) has no benefit.
        let _ = stream.set_nodelay(true);
        let listed = open.add(peer, &limits.proxies, Instant::now());
        let connection = Connection {
            peer,
            router: router.clone(),
            activity: listed.activity.clone(),
            limits: limits.clone(),
            shutdown: shutdown.clone(),
            over_tls: tls.is_some(),
        };
        let (tls, over) = (tls.clone(), over.clone());
        tasks.spawn(async move {
            over.run_until_cancelled(connection.run(stream, tls.as_deref())).await;
            drop((listed, permit));
        });
    }
    drop(listener);
    tasks.close();
    if timeout(limits.farewell, tasks.wait()).await.is_err() {
        tracing::warn!(
            connections = tasks.len(),
            "{} connections are closed although their requests have not ended after {} s",
            tasks.len(),
            limits.farewell.as_secs()
        );
        over.cancel();
        tasks.wait().await;
    }
    if let Some(watching) = watching {
        // The task ends when `stop` is cancelled.
        let _ = watching.await;
    }
}

async fn accept(listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
    match listener.accept().await {
        Ok(taken) => Some(taken),
        // The client closed the connection before it was accepted.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
            ) =>
        {
            None
        }
        Err(error) => {
            tracing::warn!(%error, "a new connection cannot be accepted: {error}");
            sleep(NO_HANDLES).await;
            None
        }
    }
}

/// Acquires a permit for a connection. If there is none, connections that wait for their client are closed one after the other.
async fn make_room(room: &Arc<Semaphore>, open: &OpenConnections) -> Option<OwnedSemaphorePermit> {
    if let Ok(permit) = room.clone().try_acquire_owned() {
        return Some(permit);
    }
    loop {
        open.evict_one();
        if let Ok(permit) = timeout(ROOM, room.clone().acquire_owned()).await {
            return permit.ok();
        }
    }
}
