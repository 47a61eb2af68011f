//! The HTTP client for callbacks: keep-alive pool, no redirects, no proxies, limits for the time and the size of responses.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, header::RETRY_AFTER};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{self, Client as HttpClient},
    rt::{TokioExecutor, TokioTimer},
};
use thiserror::Error;

use crate::{
    delivery::{
        connect_error::ConnectError,
        connector::{ConnectionState, Connector},
        endpoint_cache::Endpoint,
        failures::{self, span},
        opening::Opening,
        redact::Redactor,
        resolver::GuardedResolver,
        response_body::{self, BodyReader, ReceivedBody},
        settings::DeliverySettings,
        tls::{self, Tls},
    },
    domain::{
        answer::{Answer, Failure},
        connection::{Certificate, Phases},
        retry::retry_after,
        url::UrlPolicy,
    },
    error_chain::find,
    storage::callbacks::{Received, ShownHeaders},
    tls_provider,
};

/// Maximum size of the response headers that are stored, in bytes.
const HEADERS_KEPT: usize = 16 * 1024;
/// Idle timeout of connections. The pool closes an idle connection within twice this time. Receivers close idle connections after 2 s
/// (Gunicorn), 5 s (Node, Apache) or more, and a request that is sent while the receiver closes the connection is lost.
const IDLE: Duration = Duration::from_secs(1);
/// The connect timeout is the timeout of an attempt divided by this number.
pub(super) const CONNECT_SHARE: u32 = 3;

/// The client cannot be created.
#[derive(Debug, Error)]
#[error(
    "cannot make the HTTP client: {0}; are the system's certificates installed (Debian: ca-certificates)? If SSL_CERT_FILE or SSL_CERT_DIR is set, it must name PEM certificates; unset it otherwise"
)]
pub struct ClientError(#[from] rustls::Error);

type Http = HttpClient<Connector, Full<Bytes>>;

/// The headers of one attempt. Names are in lower case.
pub(super) type AttemptHeaders = Vec<(&'static str, String)>;

/// Sends callbacks to receivers.
pub(super) struct Client {
    /// Over HTTP/2 or HTTP/1.1, as the receiver chooses.
    any_version: Connections,
    /// Over HTTP/1.1, for receivers that require it.
    http1: Connections,
    timeout: Duration,
    body_timeout: Duration,
}

struct Connections {
    /// Reuses connections.
    pooled: Http,
    /// Opens a connection for each request.
    unpooled: Http,
}

/// Why a request has no response.
struct SendError {
    error: legacy::Error,
    /// Whether the receiver refused the request over HTTP/2 and this error is that of HTTP/1.1.
    http1_required: bool,
}

/// The result of a call.
pub(super) struct Called {
    pub(super) answer: Answer,
    /// Details of a failure, in a sentence.
    pub(super) detail: Option<String>,
    /// Time until the head of the response was received, or until the call failed.
    pub(super) took: Duration,
    pub(super) phases: Phases,
    /// The certificates that were refused.
    pub(super) certificates: Vec<Certificate>,
    pub(super) received: Option<Received>,
    /// The value of `Retry-After`.
    pub(super) retry_after: Option<Duration>,
    /// The rest of the response body, if it had not arrived soon after the headers.
    pub(super) late_body: Option<BodyReader>,
}

impl Client {
    pub(super) fn new(policy: Arc<UrlPolicy>, settings: &DeliverySettings) -> Result<Self, ClientError> {
        tls_provider::install();
        let resolver = || GuardedResolver {
            policy: policy.clone(),
            dns: settings.dns.clone(),
        };
        let limit = settings.timeout / CONNECT_SHARE;
        let tls = Tls::new(&settings.more_roots)?;
        let http1_only = Connector::new(resolver(), tls.http1_only(), limit);
        Ok(Self {
            any_version: Connections::new(Connector::new(resolver(), tls, limit)),
            http1: Connections::new(http1_only),
            timeout: settings.timeout,
            body_timeout: settings.body_timeout,
        })
    }

    /// Sends a POST request. Never fails: errors are part of the result.
    pub(super) async fn call(&self, endpoint: &Endpoint, own: &AttemptHeaders, body: Bytes) -> Called {
        let (began, opening) = (Instant::now(), Arc::new(Opening::default()));
        let failed = |failure, detail, phases, certificates| Called {
            answer: Answer::None(failure),
            detail: Some(detail),
            took: began.elapsed(),
            phases,
            certificates,
            received: None,
            retry_after: None,
            late_body: None,
        };
        let uri = match &endpoint.uri {
            Ok(uri) => uri,
            Err(blocked) => return failed(Failure::AddressBlocked, blocked.clone(), Phases::default(), Vec::new()),
        };
        let request = || request(uri.clone(), headers(own, &endpoint.headers), body.clone());
        let sent = opening.measure(tokio::time::timeout(self.timeout, self.send(endpoint, request)));
        match sent.await {
            Ok(Ok(response)) => {
                let phases = phases(response.extensions().get(), &opening, began.elapsed());
                self.receive(response, &endpoint.redactor, began.elapsed(), phases).await
            }
            Ok(Err(error)) => {
                let (failure, detail) = explain(&error);
                let phases = phases(connection(&error.error).as_ref(), &opening, began.elapsed());
                let certificates = find::<ConnectError>(&error.error).map(|error| error.certificates.clone());
                failed(failure, detail, phases, certificates.unwrap_or_default())
            }
            Err(_) => failed(
                Failure::TimedOut,
                format!("The receiver sent no response within {}.", span(self.timeout)),
                opening.phases(began.elapsed()),
                Vec::new(),
            ),
        }
    }

    /// Sends a request and waits for the head of the response. If the receiver requires HTTP/1.1 (RFC 9113 §7), the request is repeated over
    /// HTTP/1.1, and later requests to this receiver begin with HTTP/1.1.
    async fn send(&self, endpoint: &Endpoint, request: impl Fn() -> Request<Full<Bytes>>) -> Result<Response<Incoming>, SendError> {
        let is_known = endpoint.requires_http1.load(Ordering::Relaxed);
        if !is_known {
            match self.any_version.send(&request).await {
                Err(error) if requires_http1(&error) => {
                    tracing::debug!(%error, "the receiver requires HTTP/1.1; the request is repeated over HTTP/1.1");
                }
                result => {
                    return result.map_err(|error| SendError {
                        error,
                        http1_required: false,
                    });
                }
            }
        }
        let response = self.http1.send(&request).await.map_err(|error| SendError {
            error,
            http1_required: !is_known,
        })?;
        endpoint.requires_http1.store(true, Ordering::Relaxed);
        Ok(response)
    }

    /// Reads the response. The outcome depends on the status code only; headers and body are for the log.
    async fn receive(&self, response: Response<Incoming>, redactor: &Redactor, took: Duration, phases: Phases) -> Called {
        let (head, body) = response.into_parts();
        let retry_after = head
            .headers
            .get(RETRY_AFTER)
            .and_then(|value| retry_after(value.as_bytes(), SystemTime::now()));
        let (body, late_body) = response_body::read(body, self.body_timeout).await;
        Called {
            answer: Answer::Status(head.status.as_u16()),
            detail: None,
            took,
            phases,
            certificates: Vec::new(),
            received: Some(redacted(shown(&head.headers, redactor), body, redactor)),
            retry_after,
            late_body,
        }
    }
}

/// The response as it is logged.
pub(super) fn redacted(headers: ShownHeaders, body: ReceivedBody, redactor: &Redactor) -> Received {
    let is_cut = body.truncated || body.incomplete.is_some();
    Received {
        headers,
        body: redactor.body(body.bytes, is_cut),
        truncated: body.truncated,
        incomplete: body.incomplete,
    }
}

impl Connections {
    fn new(connector: Connector) -> Self {
        let mut builder = HttpClient::builder(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            // Malformed response headers are tolerated: failing here would resend a delivery that the receiver has accepted.
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_ignore_invalid_headers_in_responses(true);
        Self {
            pooled: builder.build(connector.clone()),
            unpooled: builder.pool_max_idle_per_host(0).build(connector),
        }
    }

    /// Sends a request and waits for the head of the response. A request that the receiver certainly or very probably did not process is
    /// repeated once on a new connection. This is safe because of its `webhook-id` (RFC 9110 §9.2.2).
    async fn send(&self, request: &impl Fn() -> Request<Full<Bytes>>) -> Result<Response<Incoming>, legacy::Error> {
        let began = Instant::now();
        match self.pooled.request(request()).await {
            Ok(response) => {
                if let Some(state) = response.extensions().get::<Arc<ConnectionState>>() {
                    state.responded();
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
}

/// Whether a failed request can be repeated at once: the receiver stated that it did not process the request, or the connection was open
/// before the request and was closed before any part of the response was received.
fn is_repeatable(error: &legacy::Error, began: Instant) -> bool {
    // HTTP/1.1 is used for the repetition if the receiver requires it.
    if error.is_connect() || requires_http1(error) {
        return false;
    }
    if let Some(error) = find::<h2::Error>(error) {
        // Only these two state that the request was not processed (RFC 9113 §8.7). h2 reports a GOAWAY for streams above its last stream only;
        // the others go on until the connection ends.
        if error.is_go_away() {
            return error.is_remote();
        }
        if error.is_reset() {
            return error.is_remote() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
        }
    }
    let Some(state) = connection(error) else { return false };
    let is_reused = state.was_used.load(Ordering::Relaxed) || state.opened < began;
    if !is_reused || state.response_began() {
        return false;
    }
    matches!(failures::classify(error).0, Failure::ConnectionReset | Failure::TlsError)
}

/// Whether the receiver refused a request because it came over HTTP/2 (RFC 9113 §7).
fn requires_http1(error: &legacy::Error) -> bool {
    find::<h2::Error>(error).is_some_and(|error| error.is_remote() && error.reason() == Some(h2::Reason::HTTP_1_1_REQUIRED))
}

/// The connection on which a request failed.
fn connection(error: &legacy::Error) -> Option<Arc<ConnectionState>> {
    let mut extras = Extensions::new();
    error.connect_info()?.get_extras(&mut extras);
    extras.remove()
}

/// How long the parts of a request took. If its connection was opened for another request, there is nothing but the wait.
fn phases(connection: Option<&Arc<ConnectionState>>, opening: &Arc<Opening>, took: Duration) -> Phases {
    match connection {
        Some(connection) if !Arc::ptr_eq(&connection.opening, opening) => Phases::on_open_connection(took),
        _ => opening.phases(took),
    }
}

/// Why there is no response: the kind of failure and a sentence.
fn explain(SendError { error, http1_required }: &SendError) -> (Failure, String) {
    let (failure, mut detail) = failures::classify(error);
    if *http1_required {
        detail = format!("The receiver requires HTTP/1.1 (HTTP_1_1_REQUIRED), but the request failed over HTTP/1.1, too: {detail}");
    }
    // With TLS 1.3, the receiver rejects a missing client certificate only after the handshake.
    let asked = connection(error).is_some_and(|state| state.wants_client_certificate && !state.was_used.load(Ordering::Relaxed));
    match failure {
        Failure::ConnectionReset | Failure::TlsError if asked => (Failure::TlsError, tls::missing_client_certificate(&detail)),
        _ => (failure, detail),
    }
}

fn request(uri: Uri, headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    request
}

/// The headers of a request. Those of the attempt are inserted last, so that additional headers cannot replace them.
fn headers(own: &AttemptHeaders, same: &HeaderMap) -> HeaderMap {
    let mut headers = same.clone();
    for (name, value) in own {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
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
