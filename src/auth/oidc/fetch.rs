//! How the provider is asked: no redirects, no proxies, bounded time, bounded answers.

use std::{future::Future, pin::Pin, time::Duration};

use openidconnect::{HttpRequest, HttpResponse};
use reqwest::redirect;
use thiserror::Error;

use crate::auth::oidc::OidcError;

const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer, in bytes.
const ANSWER_MAX: usize = 1024 * 1024;

/// An answer that cannot be had.
#[derive(Debug, Error)]
pub(super) enum FetchError {
    #[error("no answer")]
    Http(#[from] reqwest::Error),
    #[error("the answer is longer than {ANSWER_MAX} bytes")]
    TooLong,
    #[error("the answer cannot be read")]
    Unreadable(#[from] openidconnect::http::Error),
}

type Answer = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send>>;

/// What asks the provider.
pub(super) fn fetcher() -> Result<impl Fn(HttpRequest) -> Answer + Send + Sync, OidcError> {
    // A provider of TLS that is there already serves as well.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .build()
        .map_err(|error| OidcError::Unreachable(error.to_string()))?;
    Ok(move |request| -> Answer { Box::pin(fetch(client.clone(), request)) })
}

async fn fetch(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, FetchError> {
    let mut response = client.execute(request.try_into()?).await?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err(FetchError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    let mut answer = openidconnect::http::Response::builder().status(response.status());
    for (name, value) in response.headers() {
        answer = answer.header(name, value);
    }
    Ok(answer.body(body)?)
}
