//! Takes connections, and bounds them: how many there are, how long one may take to ask, and how long it may be silent.

mod activity;
mod body;
pub mod certificates;
mod connection;
mod frames;
mod open_connections;
mod socket;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::body::BodyTimedOut;
use self::{certificates::Certificates, connection::Connection, open_connections::OpenConnections};
use crate::domain::proxies::TrustedProxies;

/// How long to wait before accepting again when the process has no more file handles.
const NO_HANDLES: Duration = Duration::from_millis(200);
/// How long a connection that was asked to make room may take before another one is asked.
const ROOM: Duration = Duration::from_millis(50);
/// Handles that the database, the callbacks under way and files may need.
const HANDLES_FOR_OTHERS: usize = 512;

/// Bounds of a listener.
#[derive(Clone, Debug)]
pub struct ServerLimits {
    /// Connections at a time. When there are so many, one that waits for its client makes room: of the address with the most
    /// connections, the one that has waited longest.
    pub connections: usize,
    /// From the beginning of a connection to the end of its first request's head, TLS included.
    pub head: Duration,
    /// How long a connection may be without a request, or send nothing while the server works on one.
    pub idle: Duration,
    /// How long a client may send no byte of a request's body.
    pub body_gap: Duration,
    /// How long a request's body may take.
    pub body: Duration,
    /// How long a client may take no byte of an answer.
    pub stall: Duration,
    /// How long requests may go on once the service stops.
    pub farewell: Duration,
    /// Proxies, which may have any share of the connections: behind each there are many clients.
    pub proxies: TrustedProxies,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            head: Duration::from_secs(15),
            // Longer than the usual proxy keeps a connection: it, not we, should be the one that ends it.
            idle: Duration::from_secs(75),
            body_gap: Duration::from_secs(10),
            // Less than a whole request may take (`web::WHOLE_REQUEST`), so that the client hears the reason.
            body: Duration::from_secs(50),
            stall: Duration::from_secs(30),
            farewell: Duration::from_secs(10),
            proxies: TrustedProxies::default(),
        }
    }
}

impl ServerLimits {
    /// The same with no more connections than the process may open files for.
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

/// What the system lets this process open.
fn open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// How the service ends, in two steps.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    /// Requests are still served, but connections are not kept: clients have to find another node.
    pub drain: CancellationToken,
    /// No more connections are taken, and requests in progress may end.
    pub stop: CancellationToken,
}

impl From<CancellationToken> for Shutdown {
    /// Without the first step.
    fn from(stop: CancellationToken) -> Self {
        Self { drain: stop.clone(), stop }
    }
}

/// Serves until it has to stop; then lets requests in progress end, and returns.
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
        // Answers are written whole; there is nothing to wait for.
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
        // It ends with `stop`.
        let _ = watching.await;
    }
}

async fn accept(listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
    match listener.accept().await {
        Ok(taken) => Some(taken),
        // The client gave up before it was its turn.
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

/// Waits for a place. If there is none, connections that wait for their client are closed, one after the other.
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
