//! Sends requests to the collector. The SDK calls it from threads of its own, and the requests are made by the Tokio runtime.

use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::BytesMut;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::{runtime::Handle, time::timeout};

use crate::otel::{
    error::OtelError,
    losses::{Losses, Signal},
    settings::Target,
};

/// Maximum size of a response that is read, in bytes. It only says how many items were rejected.
const RESPONSE_MAX: usize = 64 * 1024;

/// Sends the requests of one signal.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    client: reqwest::Client,
    runtime: Handle,
    /// The longest time for a request, including its response.
    limit: Duration,
    losses: Arc<Losses>,
}

impl Transport {
    pub(super) fn new(signal: Signal, target: &Target, losses: Arc<Losses>) -> Result<Self, OtelError> {
        // An error means that a provider is installed already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("clearhook/", env!("CARGO_PKG_VERSION")));
        let client = target
            .tls
            .apply(client)?
            .build()
            .map_err(|error| target.error(format!("cannot send {signal}: {error}")))?;
        Ok(Self {
            client,
            runtime: Handle::current(),
            limit: target.timeout,
            losses,
        })
    }
}

#[async_trait]
impl HttpClient for Transport {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let (client, limit) = (self.client.clone(), self.limit);
        // The timer, too, needs the runtime, on which this may not be running.
        let exchange = async move { timeout(limit, exchange(client, request)).await };
        // The runtime ends before the threads of the SDK if a shutdown does not wait for them; then this fails, too.
        let answer = match self.runtime.spawn(exchange).await? {
            Ok(answer) => answer.map_err(|error| brief(&error)),
            Err(_) => Err(format!("the collector did not answer within {} ms", self.limit.as_millis())),
        };
        match &answer {
            Ok(response) if response.status().is_success() => {}
            Ok(response) => self.losses.note(format!("the collector answered {}", response.status())),
            Err(error) => self.losses.note(error.clone()),
        }
        answer.map_err(HttpError::from)
    }
}

async fn exchange(client: reqwest::Client, request: reqwest::Request) -> reqwest::Result<Response<Bytes>> {
    let mut response = client.execute(request).await?;
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    let mut body = BytesMut::new();
    while let Some(part) = response.chunk().await? {
        if body.len() + part.len() > RESPONSE_MAX {
            break;
        }
        body.extend_from_slice(&part);
    }
    *answer.body_mut() = body.freeze();
    Ok(answer)
}

/// The cause of an error, without the URL, which may contain credentials.
fn brief(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    format!("the collector cannot be reached ({cause})")
}
