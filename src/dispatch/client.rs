//! The one HTTP client: keep-alive pools, no redirects, no proxies, bounded time, bounded answers.

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{
    Response,
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect,
};
use thiserror::Error;

use crate::{
    dispatch::{outcome::failure, resolver::GuardedResolver},
    domain::{
        answer::{Answer, Failure},
        headers::Header,
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
pub(super) struct Client {
    http: reqwest::Client,
    policy: Arc<UrlPolicy>,
}

/// What came of a call.
pub(super) struct Called {
    pub(super) answer: Answer,
    /// More about a failure, in words.
    pub(super) detail: Option<String>,
    pub(super) took: Duration,
    pub(super) received: Option<Received>,
}

impl Client {
    /// A client that spends at most `timeout` on a call, body included.
    pub(super) fn new(policy: Arc<UrlPolicy>, timeout: Duration) -> Result<Self, ClientError> {
        // A provider that is there already serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .timeout(timeout)
            .dns_resolver(Arc::new(GuardedResolver(policy.clone())))
            .build()?;
        Ok(Self { http, policy })
    }

    /// Posts a body. Never fails: whatever happens is an answer.
    pub(super) async fn call(&self, url: &str, own: &ShownHeaders, additional: &[Header], body: &[u8]) -> Called {
        let began = Instant::now();
        // A host that is an address never reaches the resolver, and what was permitted when the webhook was saved may not be any more.
        let url = match self.policy.check(url) {
            Ok(url) => url,
            Err(detail) => {
                return Called {
                    answer: Answer::None(Failure::AddressBlocked),
                    detail: Some(detail),
                    took: began.elapsed(),
                    received: None,
                };
            }
        };
        let request = self.http.post(url).headers(headers(own, additional)).body(body.to_vec());
        let ended = match request.send().await {
            Ok(response) => receive(response).await,
            Err(error) => Err(error),
        };
        let took = began.elapsed();
        match ended {
            Ok((answer, received)) => Called {
                answer,
                detail: None,
                took,
                received: Some(received),
            },
            Err(error) => Called {
                answer: Answer::None(failure(&error)),
                detail: Some(innermost(&error)),
                took,
                received: None,
            },
        }
    }
}

/// Own headers last: an additional header can never stand in for them.
fn headers(own: &ShownHeaders, additional: &[Header]) -> HeaderMap {
    let pairs = additional.iter().map(|header| (header.name.as_str(), header.value.as_str()));
    let own = own.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    for (name, value) in own {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    headers
}

async fn receive(mut response: Response) -> Result<(Answer, Received), reqwest::Error> {
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
            headers: shown(response.headers()),
            body,
            truncated,
        },
    ))
}

fn shown(headers: &HeaderMap) -> ShownHeaders {
    let mut left = HEADERS_KEPT;
    let pairs = headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
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
