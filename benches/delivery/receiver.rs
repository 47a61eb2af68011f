//! The receiver, a process of its own: answers 200 at once, and remembers when each callback came.

use std::{
    collections::HashSet,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use tokio::net::TcpListener;

/// Before it in a body stands the scheduled time of an event, in nanoseconds since 1970.
pub(crate) const MARK: &str = "\"subject\":\"t";

#[derive(Default)]
struct Seen {
    count: AtomicU64,
    ids: Mutex<HashSet<String>>,
    /// Scheduled and arrived.
    times: Mutex<Vec<(u64, u64)>>,
}

/// A receiver that is down until it is told to work.
#[derive(Default)]
struct Down {
    is_up: AtomicBool,
    recovery: Mutex<Recovery>,
    ids: Mutex<HashSet<String>>,
}

/// What the receiver that was down has received since it works.
#[derive(Clone, Copy, Default, serde::Deserialize, serde::Serialize)]
pub(crate) struct Recovery {
    /// Different deliveries.
    pub(crate) deliveries: u64,
    /// When the first came, in nanoseconds since 1970.
    pub(crate) first: u64,
    /// When the last one came that had not come before.
    pub(crate) last: u64,
}

/// Callbacks since the previous call.
#[derive(Default, serde::Deserialize, serde::Serialize)]
pub(crate) struct Ledger {
    /// Callbacks.
    pub(crate) callbacks: u64,
    /// Different deliveries among them.
    pub(crate) deliveries: u64,
    /// Scheduled and arrived, of each that has a time.
    pub(crate) times: Vec<(u64, u64)>,
}

pub(crate) fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}

pub(crate) async fn serve() {
    let seen = Arc::new(Seen::default());
    let app = Router::new()
        .route(
            "/count",
            get(async |State(seen): State<Arc<Seen>>| seen.count.load(Ordering::Relaxed).to_string()),
        )
        .route("/ledger", post(ledger))
        .route(
            "/hang",
            post(async || {
                tokio::time::sleep(Duration::from_secs(3_600)).await;
            }),
        )
        .fallback(take)
        .with_state(seen);
    let down = Router::new()
        .route("/down", post(take_if_up))
        .route(
            "/up",
            post(async |State(down): State<Arc<Down>>| down.is_up.store(true, Ordering::Relaxed)),
        )
        .route(
            "/recovery",
            get(async |State(down): State<Arc<Down>>| Json(*down.recovery.lock().unwrap())),
        )
        .with_state(Arc::new(Down::default()));
    serve_on_any_port(down.merge(app)).await;
}

async fn take_if_up(State(down): State<Arc<Down>>, headers: HeaderMap, _body: Bytes) -> StatusCode {
    if !down.is_up.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    if down.ids.lock().unwrap().insert(id) {
        let mut recovery = down.recovery.lock().unwrap();
        recovery.deliveries += 1;
        recovery.last = now();
        if recovery.first == 0 {
            recovery.first = recovery.last;
        }
    }
    StatusCode::OK
}

pub(crate) async fn serve_on_any_port(app: Router) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    axum::serve(listener, app).await.unwrap();
}

async fn take(State(seen): State<Arc<Seen>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let arrived = now();
    let text = str::from_utf8(&body).unwrap_or_default();
    if let Some((_, rest)) = text.split_once(MARK)
        && let Some((scheduled, _)) = rest.split_once('"')
    {
        seen.times.lock().unwrap().push((scheduled.parse().unwrap(), arrived));
    }
    if let Some(id) = headers.get("webhook-id") {
        seen.ids.lock().unwrap().insert(id.to_str().unwrap().to_owned());
    }
    seen.count.fetch_add(1, Ordering::Relaxed);
    StatusCode::OK
}

async fn ledger(State(seen): State<Arc<Seen>>) -> Json<Ledger> {
    Json(Ledger {
        callbacks: seen.count.swap(0, Ordering::Relaxed),
        deliveries: std::mem::take(&mut *seen.ids.lock().unwrap()).len() as u64,
        times: std::mem::take(&mut *seen.times.lock().unwrap()),
    })
}

/// A process that serves, ended when it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) url: String,
}

impl Process {
    /// Starts this program in another role.
    pub(crate) fn start(role: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg(role)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let url = format!("http://{}", address.trim());
        Self { child, url }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
