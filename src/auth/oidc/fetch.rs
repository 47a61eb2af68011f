//! HTTP requests to the provider: no redirects, no proxies, limited time and response size.

use std::{future::Future, pin::Pin, time::Duration};

use openidconnect::{HttpRequest, HttpResponse};
use reqwest::{Client, Response, header::CONTENT_TYPE, redirect};
use thiserror::Error;
use url::Url;

use crate::{
    auth::oidc::error::{OidcError, chain},
    tls_provider,
};

const TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum response size, in bytes.
const RESPONSE_MAX: usize = 1024 * 1024;

/// Why a request failed.
#[derive(Debug, Error)]
pub(super) enum FetchError {
    #[error("no response")]
    Http(#[from] reqwest::Error),
    #[error("the response is longer than {RESPONSE_MAX} bytes")]
    TooLong,
    #[error("the response cannot be read")]
    Unreadable(#[from] openidconnect::http::Error),
}

/// A response.
pub(super) struct Fetched {
    /// The media type without parameters, in lower case.
    pub(super) media_type: String,
    pub(super) body: Vec<u8>,
}

type FetchFuture = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send>>;

/// The HTTP client for exchanging the code for tokens.
pub(super) fn fetcher() -> Result<impl Fn(HttpRequest) -> FetchFuture + Send + Sync, OidcError> {
    let client = client()?;
    Ok(move |request| -> FetchFuture { Box::pin(fetch(client.clone(), request)) })
}

/// Sends a GET request to the provider.
pub(super) async fn get(address: &Url, access_token: Option<&str>) -> Result<Fetched, OidcError> {
    let unreachable = |error: &dyn std::error::Error| OidcError::Unreachable(format!("{address}: {}", chain(error)));
    let request = client()?.get(address.clone());
    let request = match access_token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let response = request.send().await.map_err(|error| unreachable(&error))?;
    let status = response.status();
    if !status.is_success() {
        return Err(OidcError::Unreachable(format!("{address} responds {status}")));
    }
    let media_type = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let body = body(response).await.map_err(|error| unreachable(&error))?;
    Ok(Fetched { media_type, body })
}

fn client() -> Result<Client, OidcError> {
    tls_provider::install();
    Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .build()
        .map_err(|error| OidcError::Unreachable(error.to_string()))
}

async fn fetch(client: Client, request: HttpRequest) -> Result<HttpResponse, FetchError> {
    let response = client.execute(request.try_into()?).await?;
    let mut answer = openidconnect::http::Response::builder().status(response.status());
    for (name, value) in response.headers() {
        answer = answer.header(name, value);
    }
    Ok(answer.body(body(response).await?)?)
}

async fn body(mut response: Response) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > RESPONSE_MAX {
            return Err(FetchError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
