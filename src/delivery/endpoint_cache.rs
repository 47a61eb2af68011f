//! Cache of receivers: what is needed to call a webhook's endpoint, kept until the webhook changes.

use std::{
    collections::HashMap,
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use reqwest::{
    Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};

use tokio::time::Instant;

use crate::{
    delivery::{
        queues::Queues,
        redact::{HIDDEN, Redactor},
    },
    domain::{headers::Header, id::WebhookId, secret::SigningSecret, timestamp::Timestamp, url::UrlPolicy, webhook::RateLimit},
    storage::{
        Store, StoreError,
        callbacks::ShownHeaders,
        journal::Health,
        webhooks::{OpenTarget, Target},
    },
};

/// Maximum number of cached receivers.
const MOST: usize = 10_000;

/// State of a webhook: whether and how its receiver is called.
pub(super) enum Ready {
    Open(Box<Receiver>),
    Disabled,
    Deleted,
}

/// The data for calls of a webhook's endpoint.
pub(super) struct Receiver {
    /// The URL, or the reason why it may not be called.
    pub(super) url: Result<Url, String>,
    pub(super) url_text: Arc<str>,
    /// Additional headers.
    pub(super) headers: HeaderMap,
    /// Additional headers as they are logged: credentials are hidden.
    pub(super) shown: ShownHeaders,
    /// Hides credentials that the receiver repeats in its responses.
    pub(super) redactor: Redactor,
    pub(super) rate: Option<RateLimit>,
    secrets: Vec<(SigningSecret, Option<Timestamp>)>,
    /// Time of the first failure since the last success, or 0 if there is none.
    failing_since: AtomicI64,
}

/// The cache.
pub(super) struct Targets {
    store: Store,
    policy: Arc<UrlPolicy>,
    known: RwLock<HashMap<WebhookId, Arc<Ready>>>,
    /// Counts invalidations. A value that was read from the database before an invalidation is not inserted after it.
    forgotten: AtomicU64,
}

impl Targets {
    pub(super) fn new(store: Store, policy: Arc<UrlPolicy>) -> Self {
        Self {
            store,
            policy,
            known: RwLock::default(),
            forgotten: AtomicU64::new(0),
        }
    }

    pub(super) async fn get(&self, webhook: WebhookId) -> Result<Arc<Ready>, StoreError> {
        loop {
            if let Some(known) = self.known().get(&webhook) {
                return Ok(known.clone());
            }
            let before = self.forgotten.load(Ordering::SeqCst);
            let ready = Arc::new(match self.store.target(webhook).await? {
                Target::Open(target) => Ready::Open(Box::new(Receiver::new(target, &self.policy))),
                Target::Disabled => Ready::Disabled,
                Target::Deleted => Ready::Deleted,
            });
            let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            if self.forgotten.load(Ordering::SeqCst) == before {
                if known.len() >= MOST {
                    known.clear();
                }
                known.insert(webhook, ready.clone());
                return Ok(ready);
            }
        }
    }

    /// Sets the rate limit of a cached receiver. Returns false if the receiver is not cached and has to be read first.
    pub(super) fn is_limited(&self, webhook: WebhookId, queues: &mut Queues) -> bool {
        match self.known().get(&webhook).map(|known| &**known) {
            None => false,
            Some(Ready::Open(receiver)) => {
                if receiver.rate.is_some() {
                    queues.limit(webhook, receiver.rate, Instant::now());
                }
                true
            }
            Some(_) => true,
        }
    }

    pub(super) fn forget(&self, webhook: WebhookId) {
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        known.remove(&webhook);
    }

    pub(super) fn forget_all(&self) {
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        known.clear();
    }

    fn known(&self) -> std::sync::RwLockReadGuard<'_, HashMap<WebhookId, Arc<Ready>>> {
        self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner)
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

impl Receiver {
    fn new(target: OpenTarget, policy: &UrlPolicy) -> Self {
        let mut headers = HeaderMap::new();
        for header in &target.headers {
            if let (Ok(name), Ok(mut value)) = (HeaderName::from_bytes(header.name.as_bytes()), HeaderValue::from_str(&header.value)) {
                // Marked as sensitive, a value is omitted from debug output and from the HPACK tables (RFC 7541, section 7.1.3).
                value.set_sensitive(header.is_hidden());
                headers.append(name, value);
            }
        }
        let redactor = Redactor::new(&target.headers, target.secrets.iter().map(|(secret, _)| secret));
        Self {
            // The URL was checked when the webhook was saved, but the policy may have changed since then. The resolver does not check a
            // host that is an IP address.
            url: policy.check(&target.url).map_err(|wrong| wrong.to_string()),
            url_text: target.url.into(),
            headers,
            shown: target.headers.into_iter().map(|header| shown(header, &redactor)).collect(),
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
