//! Receivers of a simulation (`tests/integration/simulation`), which are called without a network.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::time::timeout;

/// A call of a receiver.
#[derive(Clone, Debug)]
pub struct Call {
    /// The URL of the webhook.
    pub url: String,
    /// The value of `webhook-id`.
    pub message_id: String,
    /// The request body.
    pub body: Bytes,
}

/// The response of a receiver.
#[derive(Clone, Copy, Debug)]
pub struct Response {
    /// The status code. `None`: the connection is reset.
    pub status: Option<u16>,
    /// The value of `Retry-After`.
    pub retry_after: Option<Duration>,
}

type Responding = Pin<Box<dyn Future<Output = Response> + Send>>;

/// Answers the calls of a simulation.
#[derive(Clone)]
pub struct Receivers(Arc<dyn Fn(Call) -> Responding + Send + Sync>);

impl fmt::Debug for Receivers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receivers(…)")
    }
}

impl Receivers {
    /// Receivers that answer with a function.
    pub fn from_fn<F>(answer: impl Fn(Call) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Response> + Send + 'static,
    {
        Self(Arc::new(move |call| Box::pin(answer(call))))
    }

    /// Calls a receiver. `None` if it does not answer within the time limit.
    pub(super) async fn call(&self, call: Call, limit: Duration) -> Option<Response> {
        timeout(limit, (self.0)(call)).await.ok()
    }
}
