//! Takes connections, and bounds them: how many there are, how long one may take to ask, and how long it may be silent.

mod activity;
pub mod certificates;
mod connection;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{activity::Activity, certificates::Certificates, connection::Connection};

/// How long to wait before accepting again when the process has no more file handles.
const NO_HANDLES: Duration = Duration::from_millis(200);
/// How long a connection that was asked to make room may take before another one is asked.
const ROOM: Duration = Duration::from_millis(50);
/// Handles that the database, the callbacks under way and files may need.
const HANDLES_FOR_OTHERS: usize = 512;

/// Bounds of a listener.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// Connections at a time. When there are so many, the one that has been without a request for longest makes room.
    pub connections: usize,
    /// From the beginning of a connection to the end of its first request's head, TLS included.
    pub head: Duration,
    /// How long a connection may be without a request, or move no byte during one.
    pub idle: Duration,
    /// How long requests may go on once the service stops.
    pub farewell: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            head: Duration::from_secs(15),
            // Longer than the usual proxy keeps a connection: it, not we, should be the one that ends it.
            idle: Duration::from_secs(75),
            farewell: Duration::from_secs(10),
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

/// Serves until `stop`; then lets requests end, and returns.
pub async fn serve(listener: TcpListener, router: Router, tls: Option<Arc<Certificates>>, limits: ServerLimits, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(limits.connections));
    let (open, tasks, over) = (Arc::new(Open::default()), TaskTracker::new(), CancellationToken::new());
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
        let activity = Arc::new(Activity::default());
        let listed = open.add(&activity);
        let connection = Connection {
            peer,
            router: router.clone(),
            activity,
            limits,
            stop: stop.clone(),
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
        tracing::warn!("{} connections did not end in time", tasks.len());
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
            tracing::warn!(%error, "cannot take a connection: {error}");
            sleep(NO_HANDLES).await;
            None
        }
    }
}

/// Waits for a place, and asks those for theirs that do nothing with it.
async fn make_room(room: &Arc<Semaphore>, open: &Open) -> Option<OwnedSemaphorePermit> {
    if let Ok(permit) = room.clone().try_acquire_owned() {
        return Some(permit);
    }
    loop {
        open.end_idlest();
        if let Ok(permit) = timeout(ROOM, room.clone().acquire_owned()).await {
            return permit.ok();
        }
    }
}

/// All open connections.
#[derive(Default)]
struct Open(Mutex<Vec<Arc<Activity>>>);

/// One of them, for as long as it is open.
struct Listed {
    open: Arc<Open>,
    activity: Arc<Activity>,
}

impl Open {
    fn add(self: &Arc<Self>, activity: &Arc<Activity>) -> Listed {
        self.all().push(activity.clone());
        Listed {
            open: self.clone(),
            activity: activity.clone(),
        }
    }

    /// Ends the connection that has been without a request for longest.
    fn end_idlest(&self) {
        let all = self.all();
        let idle = all.iter().filter_map(|activity| Some((activity.idle_since()?, activity)));
        if let Some((_, idlest)) = idle.min_by_key(|(since, _)| *since) {
            idlest.end();
        }
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Activity>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        let mut all = self.open.all();
        if let Some(at) = all.iter().position(|other| Arc::ptr_eq(other, &self.activity)) {
            all.swap_remove(at);
        }
    }
}
