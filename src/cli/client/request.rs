//! Requests to the API and their answers. What can be repeated without harm is repeated when the server cannot answer at the moment.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::{Client, TIMEOUT, problem};
use crate::{cli::error::CliError, error_chain::innermost};

/// How often a request is sent.
const ATTEMPTS: u32 = 4;
/// The pause before the first repetition. Each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest pause, also if the server asks for a longer one.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// A request.
pub(in crate::cli) struct Call<'a> {
    client: &'a Client,
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    headers: Vec<(header::HeaderName, String)>,
    body: Option<(&'static str, Vec<u8>)>,
    timeout: Duration,
    /// Whether it can be carried out twice without harm.
    is_repeatable: bool,
}

/// The body of a response.
pub(in crate::cli) struct Answer {
    text: String,
}

/// Why a request failed.
#[derive(Debug)]
pub(in crate::cli) enum Failure {
    /// The server refused it: status and body.
    Refused(StatusCode, String),
    /// The request or the response did not arrive.
    Other(CliError),
}

impl Client {
    /// A request that reads. `path` begins below `/api/v1`.
    pub(in crate::cli) fn get(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::GET, path, true)
    }

    /// A request that creates or sends something. Its `Idempotency-Key` lets the server carry it out once, however often it is sent.
    pub(in crate::cli) fn post(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::POST, path, true)
    }

    /// A request that changes something.
    pub(in crate::cli) fn patch(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::PATCH, path, false)
    }

    /// A request that deletes something.
    pub(in crate::cli) fn delete(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::DELETE, path, false)
    }

    fn call(&self, method: Method, path: impl Into<String>, is_repeatable: bool) -> Call<'_> {
        Call {
            client: self,
            method,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            timeout: TIMEOUT,
            is_repeatable,
        }
    }

    /// The error of a request that could not be sent.
    fn unreachable(&self, error: &reqwest::Error) -> CliError {
        let said = innermost(error);
        if error.is_timeout() {
            return CliError::Other(format!("{} did not answer in time: {said}; try again", self.url));
        }
        CliError::Other(format!("cannot reach {}: {said}; is the server running at this URL?", self.url))
    }
}

impl Call<'_> {
    /// Adds a parameter of the query.
    #[must_use]
    pub(in crate::cli) fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// Adds a parameter of the query, if there is a value.
    #[must_use]
    pub(in crate::cli) fn query_if(self, name: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Sends JSON.
    #[must_use]
    pub(in crate::cli) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Sends a body of this media type.
    #[must_use]
    pub(in crate::cli) fn body(mut self, media: &'static str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some((media, body.into()));
        self
    }

    /// Only if the object has this entity tag.
    #[must_use]
    pub(in crate::cli) fn if_match(mut self, tag: Option<&str>) -> Self {
        if let Some(tag) = tag {
            self.headers.push((header::IF_MATCH, tag.to_owned()));
        }
        self
    }

    /// Says which media type is wanted.
    #[must_use]
    pub(in crate::cli) fn accept(mut self, media: &'static str) -> Self {
        self.headers.push((header::ACCEPT, media.to_owned()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub(in crate::cli) fn header(mut self, name: header::HeaderName, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Waits for the answer as long as this.
    #[must_use]
    pub(in crate::cli) fn patient(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends the request and returns the body of the response.
    pub(in crate::cli) async fn send(self) -> Result<Answer, CliError> {
        let url = self.client.url.clone();
        self.try_send().await.map_err(|failure| failure.at(&url))
    }

    /// Sends the request. An error of the API is returned as it is.
    pub(in crate::cli) async fn try_send(self) -> Result<Answer, Failure> {
        let mut pause = PAUSE;
        // The same on each attempt, so that the server carries it out once.
        let key = (self.method == Method::POST).then(|| Uuid::now_v7().to_string());
        for attempt in 1.. {
            let outcome = self.attempt(key.as_deref()).await;
            let wait = match &outcome {
                Ok(response) if attempt < ATTEMPTS && self.may_repeat(response.status()) => Some(retry_after(response).unwrap_or(pause)),
                // Without a connection nothing was carried out.
                Err(error) if attempt < ATTEMPTS && (self.is_repeatable && !error.is_timeout()) => Some(pause),
                _ => None,
            };
            let Some(wait) = wait else {
                return match outcome {
                    Ok(response) => answer(self.client, response).await,
                    Err(error) => Err(Failure::Other(self.client.unreachable(&error))),
                };
            };
            tokio::time::sleep(wait.min(PAUSE_MAX)).await;
            pause *= 2;
        }
        unreachable!("the last attempt returns")
    }

    /// Sends the request and returns the response while its body is still arriving.
    pub(in crate::cli) async fn stream(self) -> Result<Response, Failure> {
        let response = self.attempt(None).await;
        let response = response.map_err(|error| Failure::Other(self.client.unreachable(&error)))?;
        if response.status().is_success() {
            return Ok(response);
        }
        answer(self.client, response).await.and_then(|_| {
            Err(Failure::Other(CliError::Other(
                "the server answered with an error that has no body".to_owned(),
            )))
        })
    }

    /// Whether the request is sent again after this status. 429 says that nothing was done.
    fn may_repeat(&self, status: StatusCode) -> bool {
        match status {
            StatusCode::TOO_MANY_REQUESTS => true,
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => self.is_repeatable,
            _ => false,
        }
    }

    async fn attempt(&self, key: Option<&str>) -> reqwest::Result<Response> {
        let mut url = self.client.url.clone();
        // The path of the server's URL stays, for servers behind a prefix.
        let path = format!("{}api/v1{}", url.path(), self.path);
        url.set_path("");
        let joined = url.join(&path);
        if let Ok(joined) = joined {
            url = joined;
        }
        if !self.query.is_empty() {
            url.query_pairs_mut()
                .extend_pairs(self.query.iter().map(|(name, value)| (*name, value.as_str())));
        }
        let mut request = self
            .client
            .http
            .request(self.method.clone(), url)
            .bearer_auth(self.client.key.as_str());
        if !self.timeout.is_zero() {
            request = request.timeout(self.timeout);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", format!("\"{key}\""));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some((media, body)) = &self.body {
            request = request.header(header::CONTENT_TYPE, *media).body(body.clone());
        }
        request.send().await
    }
}

async fn answer(client: &Client, response: Response) -> Result<Answer, Failure> {
    let status = response.status();
    let text = response.text().await.map_err(|error| Failure::Other(client.unreachable(&error)))?;
    if status.is_success() {
        return Ok(Answer { text });
    }
    Err(Failure::Refused(status, text))
}

/// What the server asks for (RFC 9110, section 10.2.3).
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

impl Failure {
    /// The error as one line. `url` is that of the server.
    pub(in crate::cli) fn at(self, url: &url::Url) -> CliError {
        match self {
            Self::Refused(status, body) => CliError::Other(format!("{url} answered {}", problem::line(status.as_u16(), &body))),
            Self::Other(error) => error,
        }
    }
}

impl Answer {
    /// The body as it was received.
    pub(in crate::cli) fn text(&self) -> &str {
        &self.text
    }

    /// The body as JSON of this form.
    pub(in crate::cli) fn read<T: DeserializeOwned>(&self) -> Result<T, CliError> {
        serde_json::from_str(&self.text).map_err(|error| {
            CliError::Other(format!(
                "the answer of the server cannot be read: {error}; is the URL that of a clearhook server, of the same version?"
            ))
        })
    }

    /// The body as JSON.
    pub(in crate::cli) fn json(&self) -> Result<Value, CliError> {
        self.read()
    }
}
