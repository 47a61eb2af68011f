//! The one HTTP client: keep-alive pools, no redirects, no proxies, bounded time, bounded answers.

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use reqwest::{
    Response,
    header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
    redirect,
};
use thiserror::Error;

use crate::{
    dispatch::{names::Names, outcome::failure, redact::Redactor, resolver::GuardedResolver, targets::Receiver},
    domain::{
        answer::{Answer, Failure},
        retry::retry_after,
        url::UrlPolicy,
    },
    storage::callbacks::{Received, ShownHeaders},
};

/// How much of an answer's body is read and kept.
const BODY_KEPT: usize = 16 * 1024;
/// How much of an answer's headers is kept.
const HEADERS_KEPT: usize = 16 * 1024;

/// The client cannot be made.
#[derive(Debug, Error)]
#[error("cannot make the HTTP client: {0}; are the system's certificates installed (Debian: ca-certificates)?")]
pub struct ClientError(#[from] reqwest::Error);

/// Calls receivers.
pub(super) struct Client(reqwest::Client);

/// What came of a call.
pub(super) struct Called {
    pub(super) answer: Answer,
    /// More about a failure, in words.
    pub(super) detail: Option<String>,
    pub(super) took: Duration,
    pub(super) received: Option<Received>,
    /// The receiver's wish for when to call again.
    pub(super) retry_after: Option<Duration>,
}

impl Client {
    /// A client that spends at most `timeout` on a call, body included.
    pub(super) fn new(policy: Arc<UrlPolicy>, names: Names, timeout: Duration) -> Result<Self, ClientError> {
        // A provider that is there already serves as well.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .timeout(timeout)
            .dns_resolver(Arc::new(GuardedResolver { policy, names }))
            .build()?;
        Ok(Self(http))
    }

    /// Posts a body. Never fails: whatever happens is an answer.
    pub(super) async fn call(&self, receiver: &Receiver, own: &ShownHeaders, body: Bytes) -> Called {
        let began = Instant::now();
        let failed = |failure, detail| Called {
            answer: Answer::None(failure),
            detail: Some(detail),
            took: began.elapsed(),
            received: None,
            retry_after: None,
        };
        let url = match &receiver.url {
            Ok(url) => url.clone(),
            Err(blocked) => return failed(Failure::AddressBlocked, blocked.clone()),
        };
        let request = self.0.post(url).headers(headers(own, &receiver.headers)).body(body);
        let ended = match request.send().await {
            Ok(response) => receive(response, &receiver.redactor).await,
            Err(error) => Err(error),
        };
        match ended {
            Ok((answer, received, retry_after)) => Called {
                answer,
                detail: None,
                took: began.elapsed(),
                received: Some(received),
                retry_after,
            },
            Err(error) => failed(failure(&error), innermost(&error)),
        }
    }
}

/// Own headers last: an additional header can never stand in for them.
fn headers(own: &ShownHeaders, additional: &HeaderMap) -> HeaderMap {
    let mut headers = additional.clone();
    for (name, value) in own {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    headers
}

async fn receive(mut response: Response, redactor: &Redactor) -> Result<(Answer, Received, Option<Duration>), reqwest::Error> {
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| retry_after(value.as_bytes(), SystemTime::now()));
    let answer = Answer::Status(response.status().as_u16());
    let (mut body, mut truncated) = (Vec::new(), false);
    while let Some(chunk) = response.chunk().await? {
        let room = BODY_KEPT - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            truncated = true;
            break;
        }
    }
    Ok((
        answer,
        Received {
            headers: shown(response.headers(), redactor),
            body: redactor.body(body, truncated),
            truncated,
            incomplete: None,
        },
        retry_after,
    ))
}

fn shown(headers: &HeaderMap, redactor: &Redactor) -> ShownHeaders {
    let mut left = HEADERS_KEPT;
    let pairs = headers
        .iter()
        .map(|(name, value)| (name.to_string(), redactor.text(value.as_bytes())));
    pairs
        .take_while(|(name, value)| {
            let size = name.len() + value.len();
            let fits = size <= left;
            left = left.saturating_sub(size);
            fits
        })
        .collect()
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
