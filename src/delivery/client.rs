//! The HTTP client for callbacks: keep-alive pool, no redirects, no proxies, limits for the time and the size of responses.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http::{
    Extensions, Method, Request, Response, Uri,
    header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{self, Client as HttpClient},
    rt::{TokioExecutor, TokioTimer},
};
use thiserror::Error;

use crate::{
    delivery::{
        DispatchSettings,
        connector::{ConnectionState, Connector},
        endpoint_cache::Receiver,
        failures::{self, find, span},
        redact::Redactor,
        resolver::GuardedResolver,
        response_body,
        tls::{self, Tls},
    },
    domain::{
        answer::{Answer, Failure},
        retry::retry_after,
        url::UrlPolicy,
    },
    storage::callbacks::{Received, ShownHeaders},
};

/// Maximum size of the response headers that are stored, in bytes.
const HEADERS_KEPT: usize = 16 * 1024;
/// Idle timeout of connections. The pool closes an idle connection within twice this time. Receivers close idle connections after 2 s
/// (Gunicorn), 5 s (Node, Apache) or more, and a request that is sent while the receiver closes the connection is lost.
const IDLE: Duration = Duration::from_secs(1);
/// The connect timeout is the timeout of an attempt divided by this number.
const CONNECT_SHARE: u32 = 3;

/// The client cannot be created.
#[derive(Debug, Error)]
#[error(
    "cannot make the HTTP client: {0}; are the system's certificates installed (Debian: ca-certificates)? If SSL_CERT_FILE or SSL_CERT_DIR is set, it must name PEM certificates; unset it otherwise"
)]
pub struct ClientError(#[from] rustls::Error);

type Http = HttpClient<Connector, Full<Bytes>>;

/// Sends callbacks to receivers.
pub(super) struct Client {
    /// Reuses connections.
    pooled: Http,
    /// Opens a connection for each request.
    unpooled: Http,
    timeout: Duration,
    body_timeout: Duration,
}

/// The result of a call.
pub(super) struct Called {
    pub(super) answer: Answer,
    /// Details of a failure, in a sentence.
    pub(super) detail: Option<String>,
    /// Time until the head of the response was received, or until the call failed.
    pub(super) took: Duration,
    pub(super) received: Option<Received>,
    /// The value of `Retry-After`.
    pub(super) retry_after: Option<Duration>,
}

impl Client {
    pub(super) fn new(policy: Arc<UrlPolicy>, settings: &DispatchSettings) -> Result<Self, ClientError> {
        // Other parts of the program use the process-wide default provider. If one is installed already, that one is used.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let resolver = GuardedResolver {
            policy,
            names: settings.names.clone(),
        };
        let connector = Connector::new(resolver, Tls::new(&settings.more_roots)?, settings.timeout / CONNECT_SHARE);
        let mut builder = HttpClient::builder(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            // Malformed response headers are tolerated: failing here would resend a delivery that the receiver has accepted.
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_ignore_invalid_headers_in_responses(true);
        let pooled = builder.build(connector.clone());
        let unpooled = builder.pool_max_idle_per_host(0).build(connector);
        Ok(Self {
            pooled,
            unpooled,
            timeout: settings.timeout,
            body_timeout: settings.body_timeout,
        })
    }

    /// Sends a POST request. Never fails: errors are part of the result.
    pub(super) async fn call(&self, receiver: &Receiver, own: &ShownHeaders, body: Bytes) -> Called {
        let began = Instant::now();
        let failed = |failure, detail| Called {
            answer: Answer::None(failure),
            detail: Some(detail),
            took: began.elapsed(),
            received: None,
            retry_after: None,
        };
        let uri = match &receiver.url {
            Ok(url) => url.as_str().parse::<Uri>(),
            Err(blocked) => return failed(Failure::AddressBlocked, blocked.clone()),
        };
        let uri = match uri {
            Ok(uri) => uri,
            Err(error) => return failed(Failure::AddressBlocked, format!("The URL cannot be called: {error}.")),
        };
        let request = || request(uri.clone(), own, &receiver.headers, body.clone());
        match tokio::time::timeout(self.timeout, self.send(request)).await {
            Ok(Ok(response)) => self.receive(response, &receiver.redactor, began.elapsed()).await,
            Ok(Err(error)) => {
                let (failure, detail) = explain(&error);
                failed(failure, detail)
            }
            Err(_) => failed(
                Failure::TimedOut,
                format!("The receiver sent no response within {}.", span(self.timeout)),
            ),
        }
    }

    /// Sends a request and waits for the head of the response. A request that the receiver certainly or very probably did not process is
    /// repeated once on a new connection. This is safe because of its `webhook-id` (RFC 9110 §9.2.2).
    async fn send(&self, request: impl Fn() -> Request<Full<Bytes>>) -> Result<Response<Incoming>, legacy::Error> {
        let began = Instant::now();
        match self.pooled.request(request()).await {
            Ok(response) => {
                if let Some(state) = response.extensions().get::<Arc<ConnectionState>>() {
                    state.was_used.store(true, Ordering::Relaxed);
                }
                Ok(response)
            }
            Err(error) if is_repeatable(&error, began) => {
                tracing::debug!(%error, "the connection was closed before the response; the request is repeated on a new connection");
                self.unpooled.request(request()).await
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the response. The outcome depends on the status code only; headers and body are for the log.
    async fn receive(&self, response: Response<Incoming>, redactor: &Redactor, took: Duration) -> Called {
        let (head, body) = response.into_parts();
        let retry_after = head
            .headers
            .get(RETRY_AFTER)
            .and_then(|value| retry_after(value.as_bytes(), SystemTime::now()));
        let body = response_body::read(body, self.body_timeout).await;
        let is_cut = body.truncated || body.incomplete.is_some();
        Called {
            answer: Answer::Status(head.status.as_u16()),
            detail: None,
            took,
            received: Some(Received {
                headers: shown(&head.headers, redactor),
                body: redactor.body(body.bytes, is_cut),
                truncated: body.truncated,
                incomplete: body.incomplete,
            }),
            retry_after,
        }
    }
}

/// Whether a failed request can be repeated at once: the receiver stated that it did not process the request (RFC 9113 §8.7), or the
/// connection was open before the request and was closed before any part of the response was received.
fn is_repeatable(error: &legacy::Error, began: Instant) -> bool {
    if error.is_connect() {
        return false;
    }
    if let Some(error) = find::<h2::Error>(error) {
        let is_refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
        if error.is_remote() && (is_refused || error.is_go_away()) {
            return true;
        }
    }
    let Some(state) = connection(error) else { return false };
    let is_reused = state.was_used.load(Ordering::Relaxed) || state.opened < began;
    if !is_reused || state.response_began() {
        return false;
    }
    matches!(failures::classify(error).0, Failure::ConnectionReset | Failure::TlsError)
}

/// The connection on which a request failed.
fn connection(error: &legacy::Error) -> Option<Arc<ConnectionState>> {
    let mut extras = Extensions::new();
    error.connect_info()?.get_extras(&mut extras);
    extras.remove()
}

/// Why there is no response: the kind of failure and a sentence.
fn explain(error: &legacy::Error) -> (Failure, String) {
    let (failure, detail) = failures::classify(error);
    // With TLS 1.3, the receiver rejects a missing client certificate only after the handshake.
    let asked = connection(error).is_some_and(|state| state.wants_client_certificate && !state.was_used.load(Ordering::Relaxed));
    match failure {
        Failure::ConnectionReset | Failure::TlsError if asked => (Failure::TlsError, tls::missing_client_certificate(&detail)),
        _ => (failure, detail),
    }
}

fn request(uri: Uri, own: &ShownHeaders, additional: &HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    let mut headers = headers(own, additional);
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    *request.headers_mut() = headers;
    request
}

/// The headers of a request. clearhook's own headers are inserted last, so that additional headers cannot replace them.
fn headers(own: &ShownHeaders, additional: &HeaderMap) -> HeaderMap {
    let mut headers = additional.clone();
    for (name, value) in own {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    headers
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
