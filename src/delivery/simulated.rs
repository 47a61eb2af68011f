//! Receivers of a simulation (`tests/integration/simulation`), which are called without a network.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::time::{Instant, timeout};

use crate::{
    delivery::{
        client::{AttemptHeaders, Called},
        endpoint_cache::Endpoint,
    },
    domain::{
        answer::{Answer, Failure},
        connection::Phases,
    },
};

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

    /// Calls a receiver, with the time limit of an attempt.
    pub(super) async fn call(&self, endpoint: &Endpoint, own: &AttemptHeaders, body: Bytes, limit: Duration) -> Called {
        let began = Instant::now();
        let id = own.iter().find(|(name, _)| *name == "webhook-id");
        let call = Call {
            url: endpoint.url_text.to_string(),
            message_id: id.map(|(_, value)| value.clone()).unwrap_or_default(),
            body,
        };
        let response = timeout(limit, (self.0)(call)).await;
        let answer = match response {
            Ok(Response { status: Some(status), .. }) => Answer::Status(status),
            Ok(Response { status: None, .. }) => Answer::None(Failure::ConnectionReset),
            Err(_) => Answer::None(Failure::TimedOut),
        };
        Called {
            answer,
            detail: None,
            took: began.elapsed(),
            phases: Phases::default(),
            certificates: Vec::new(),
            received: None,
            retry_after: response.ok().and_then(|response| response.retry_after),
            late_body: None,
        }
    }
}
