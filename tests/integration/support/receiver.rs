//! A receiver of callbacks with prepared responses, which records the requests.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use tokio::net::TcpListener;

use crate::support::wait::wait_for;

/// A received callback.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) path: String,
}

/// One response.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: String,
    pub(crate) delay: Duration,
}

#[derive(Clone, Default)]
struct Shared {
    seen: Arc<Mutex<Vec<Seen>>>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
}

/// A receiver.
pub(crate) struct Receiver {
    pub(crate) url: String,
    shared: Shared,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: String::new(),
            delay: Duration::ZERO,
        }
    }
}

impl Receiver {
    /// Sends these responses in order, then 202.
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0)), replies).await
    }

    /// The same on an address of this machine.
    pub(crate) async fn start_on(address: SocketAddr, replies: impl IntoIterator<Item = Reply>) -> Self {
        let shared = Shared {
            replies: Arc::new(Mutex::new(replies.into_iter().collect())),
            ..Shared::default()
        };
        let listener = TcpListener::bind(address).await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let app = Router::new().fallback(take).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, shared }
    }

    /// The callbacks received so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Waits until this many callbacks were received.
    pub(crate) async fn wait(&self, count: usize) -> Vec<Seen> {
        wait_for(&format!("{count} callbacks"), async || {
            Some(self.seen()).filter(|seen| seen.len() >= count)
        })
        .await
    }
}

async fn take(State(shared): State<Shared>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let reply = shared.replies.lock().unwrap().pop_front().unwrap_or_else(|| Reply::status(202));
    shared.seen.lock().unwrap().push(Seen {
        headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
        path: uri.to_string(),
    });
    tokio::time::sleep(reply.delay).await;
    let mut response = (StatusCode::from_u16(reply.status).unwrap(), reply.body).into_response();
    for (name, value) in reply.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
