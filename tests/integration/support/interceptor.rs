//! A proxy that can do something before it forwards a request, or answer in place of the server.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::future::BoxFuture;
use reqwest::Client;

use crate::support::binary::client;

/// What becomes of a request.
pub(crate) enum Fate {
    /// It is forwarded.
    Forward,
    /// It is forwarded when this is done.
    ForwardAfter(BoxFuture<'static, ()>),
    /// It is not forwarded, and answered with this status.
    Fail(u16),
}

type Decide = Arc<Mutex<dyn FnMut(&str) -> Fate + Send>>;

/// The proxy.
pub(crate) struct Interceptor {
    pub(crate) url: String,
}

impl Interceptor {
    /// Starts a proxy to this server. `decide` gets method and path of each request, such as `GET /api/v1/webhooks`.
    pub(crate) async fn to(server: &str, decide: impl FnMut(&str) -> Fate + Send + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let decide: Decide = Arc::new(Mutex::new(decide));
        let router = Router::new().fallback(forward).with_state((server.to_owned(), client(), decide));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url }
    }
}

async fn forward(State((server, client, decide)): State<(String, Client, Decide)>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let what = format!("{} {}", head.method, head.uri.path());
    let fate = (decide.lock().unwrap())(&what);
    match fate {
        Fate::Forward => {}
        Fate::ForwardAfter(first) => first.await,
        Fate::Fail(status) => return StatusCode::from_u16(status).unwrap().into_response(),
    }
    let body: Bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let mut headers = head.headers;
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    let answer = client
        .request(head.method, format!("{server}{}", head.uri))
        .headers(headers)
        .body(body)
        .send()
        .await
        .unwrap();
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    response.headers_mut().remove(header::TRANSFER_ENCODING);
    *response.body_mut() = answer.bytes().await.unwrap().into();
    response
}
