//! Cache of endpoints: what is needed to call the receiver of a webhook, kept until the webhook changes.

use std::{
    collections::HashMap,
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
};

use http::{
    Uri,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT},
};
use url::Url;

use crate::{
    delivery::redact::{HIDDEN, Redactor},
    domain::{headers::Header, id::WebhookId, secret::SigningSecret, timestamp::Timestamp, url::UrlPolicy, webhook::RateLimit},
    storage::{
        Store, StoreError,
        callbacks::ShownHeaders,
        journal::Health,
        webhooks::{OpenTarget, Target},
    },
    sync::{read_locked, write_locked},
};

/// Maximum number of cached endpoints.
const ENDPOINTS_MAX: usize = 10_000;
/// Headers that a webhook may replace.
const DEFAULTS: [(HeaderName, &str); 2] = [(USER_AGENT, concat!("clearhook/", env!("CARGO_PKG_VERSION"))), (ACCEPT, "*/*")];

/// State of a webhook: whether and how its receiver is called.
pub(super) enum CachedEndpoint {
    Open(Box<Endpoint>),
    Disabled,
    Deleted,
}

/// The data for calls of a webhook's receiver.
pub(super) struct Endpoint {
    /// The URL, or the reason why it may not be called.
    pub(super) uri: Result<Uri, String>,
    pub(super) url_text: Arc<str>,
    /// The headers that are the same in all requests: additional headers, content type and defaults.
    pub(super) headers: HeaderMap,
    /// The host, the content type and the defaults as they are logged.
    pub(super) shown_first: ShownHeaders,
    /// Additional headers as they are logged: credentials are hidden.
    pub(super) shown_additional: ShownHeaders,
    /// Whether the receiver refused HTTP/2 with `HTTP_1_1_REQUIRED` (RFC 9113 §7). Kept until the webhook changes or the service restarts.
    pub(super) requires_http1: AtomicBool,
    /// Hides credentials that the receiver repeats in its responses.
    pub(super) redactor: Redactor,
    pub(super) rate: Option<RateLimit>,
    secrets: Vec<(SigningSecret, Option<Timestamp>)>,
    /// Time of the first failure since the last success, or 0 if there is none.
    failing_since: AtomicI64,
}

/// The endpoint of a webhook is not cached and has to be read from the database.
pub(super) struct NotCached;

/// The cache.
pub(super) struct EndpointCache {
    store: Store,
    policy: Arc<UrlPolicy>,
    known: RwLock<HashMap<WebhookId, Arc<CachedEndpoint>>>,
    /// Counts invalidations. A value that was read from the database before an invalidation is not inserted after it.
    forgotten: AtomicU64,
}

impl EndpointCache {
    pub(super) fn new(store: Store, policy: Arc<UrlPolicy>) -> Self {
        Self {
            store,
            policy,
            known: RwLock::default(),
            forgotten: AtomicU64::new(0),
        }
    }

    pub(super) async fn get(&self, webhook: WebhookId) -> Result<Arc<CachedEndpoint>, StoreError> {
        loop {
            if let Some(known) = self.known().get(&webhook) {
                return Ok(known.clone());
            }
            let before = self.forgotten.load(Ordering::SeqCst);
            let ready = Arc::new(match self.store.target(webhook).await? {
                Target::Open(target) => CachedEndpoint::Open(Box::new(Endpoint::new(target, &self.policy))),
                Target::Disabled => CachedEndpoint::Disabled,
                Target::Deleted => CachedEndpoint::Deleted,
            });
            let mut known = write_locked(&self.known);
            if self.forgotten.load(Ordering::SeqCst) == before {
                if known.len() >= ENDPOINTS_MAX {
                    known.clear();
                }
                known.insert(webhook, ready.clone());
                return Ok(ready);
            }
        }
    }

    /// The rate limit of a webhook, if its endpoint is cached. A webhook that is not called has none.
    pub(super) fn rate_if_cached(&self, webhook: WebhookId) -> Result<Option<RateLimit>, NotCached> {
        match self.known().get(&webhook).map(|known| &**known) {
            None => Err(NotCached),
            Some(CachedEndpoint::Open(endpoint)) => Ok(endpoint.rate),
            Some(CachedEndpoint::Disabled | CachedEndpoint::Deleted) => Ok(None),
        }
    }

    pub(super) fn forget(&self, webhook: WebhookId) {
        let mut known = write_locked(&self.known);
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        known.remove(&webhook);
    }

    pub(super) fn forget_all(&self) {
        let mut known = write_locked(&self.known);
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        known.clear();
    }

    fn known(&self) -> std::sync::RwLockReadGuard<'_, HashMap<WebhookId, Arc<CachedEndpoint>>> {
        read_locked(&self.known)
    }
}

/// A header as it is logged: the name is spelled as in the webhook's settings, and the value is hidden if it is a credential.
fn shown(header: Header, redactor: &Redactor) -> (String, String) {
    let value = if header.is_hidden() {
        HIDDEN.to_owned()
    } else {
        redactor.text(header.value.as_bytes())
    };
    (header.name, value)
}

/// The `host` header, which the HTTP client derives from the URL.
fn host_header(url: &Url) -> Option<(String, String)> {
    let host = url.host_str()?;
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Some(("host".to_owned(), host))
}

impl Endpoint {
    fn new(target: OpenTarget, policy: &UrlPolicy) -> Self {
        let mut headers = HeaderMap::new();
        for header in &target.headers {
            if let (Ok(name), Ok(mut value)) = (HeaderName::from_bytes(header.name.as_bytes()), HeaderValue::from_str(&header.value)) {
                // Marked as sensitive, a value is omitted from debug output and from the HPACK tables (RFC 7541, section 7.1.3).
                value.set_sensitive(header.is_hidden());
                headers.append(name, value);
            }
        }
        // Inserted after the additional headers, which cannot replace it.
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // The URL was checked when the webhook was saved, but the policy may have changed since then. The resolver does not check a host
        // that is an IP address.
        let url = policy.check(&target.url).map_err(|wrong| wrong.to_string());
        let mut shown_first: ShownHeaders = url.as_ref().ok().and_then(host_header).into_iter().collect();
        shown_first.push((CONTENT_TYPE.to_string(), "application/json".to_owned()));
        for (name, value) in DEFAULTS {
            if !headers.contains_key(&name) {
                shown_first.push((name.to_string(), value.to_owned()));
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
        let redactor = Redactor::new(&target.headers, target.secrets.iter().map(|(secret, _)| secret));
        Self {
            uri: url.and_then(|url| url.as_str().parse().map_err(|error| format!("The URL cannot be called: {error}."))),
            url_text: target.url.into(),
            headers,
            shown_first,
            shown_additional: target.headers.into_iter().map(|header| shown(header, &redactor)).collect(),
            requires_http1: AtomicBool::new(false),
            redactor,
            rate: target.rate,
            secrets: target.secrets,
            failing_since: AtomicI64::new(target.failing_since.map_or(0, |since| since.0)),
        }
    }

    /// The value of `webhook-signature`: one signature for each secret that has not expired, newest first.
    pub(super) fn sign(&self, message_id: &str, at: Timestamp, body: &[u8]) -> String {
        let live = self.secrets.iter().filter(|(_, ends)| ends.is_none_or(|ends| ends > at));
        let signatures: Vec<_> = live.map(|(secret, _)| secret.sign(message_id, at, body)).collect();
        signatures.join(" ")
    }

    /// Notes a success. It is stored only if the receiver failed before.
    pub(super) fn succeeded(&self) -> Option<Health> {
        (self.failing_since.swap(0, Ordering::Relaxed) != 0).then_some(Health::Works)
    }

    /// Notes a failed attempt. Only the first failure after a success is stored.
    pub(super) fn failed(&self, at: Timestamp) -> Option<Health> {
        let first = self.failing_since.compare_exchange(0, at.0, Ordering::Relaxed, Ordering::Relaxed);
        first.is_ok().then_some(Health::FailingSince(at))
    }

    /// Notes that a delivery exhausted its attempts. This is always stored.
    pub(super) fn exhausted(&self, at: Timestamp, disable_after: std::time::Duration) -> Health {
        let _ = self.failing_since.compare_exchange(0, at.0, Ordering::Relaxed, Ordering::Relaxed);
        Health::Exhausted { at, disable_after }
    }
}
