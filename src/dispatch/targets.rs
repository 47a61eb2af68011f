//! Receivers, made ready for calls and remembered until their webhook changes.

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
    dispatch::{
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

/// Most receivers that are remembered.
const MOST: usize = 10_000;

/// Whom to call.
pub(super) enum Ready {
    Open(Box<Receiver>),
    Disabled,
    Deleted,
}

/// A receiver, ready to be called.
pub(super) struct Receiver {
    /// The URL, or why it may not be called.
    pub(super) url: Result<Url, String>,
    pub(super) url_text: Arc<str>,
    /// Additional headers.
    pub(super) headers: HeaderMap,
    /// The same as they are logged.
    pub(super) shown: ShownHeaders,
    /// Hides credentials where the receiver repeats them.
    pub(super) redactor: Redactor,
    pub(super) rate: Option<RateLimit>,
    secrets: Vec<(SigningSecret, Option<Timestamp>)>,
    /// Since when it only fails, 0 when it does not.
    failing_since: AtomicI64,
}

/// All receivers that are known.
pub(super) struct Targets {
    store: Store,
    policy: Arc<UrlPolicy>,
    known: RwLock<HashMap<WebhookId, Arc<Ready>>>,
    /// Counts what was forgotten, so that what was read before is not remembered after.
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

    /// Whether a receiver is known; if so, its rate limit is set. One that is not known has to be read first.
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

/// A header as it is logged: its name as it was typed (case does not matter), and its value unless that is a credential.
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
                // Traces of the HTTP client leave it out, and HTTP/2 keeps it out of its tables (RFC 7541, section 7.1.3).
                value.set_sensitive(header.is_hidden());
                headers.append(name, value);
            }
        }
        let redactor = Redactor::new(&target.headers, target.secrets.iter().map(|(secret, _)| secret));
        Self {
            // A host that is an address never reaches the resolver, and what was permitted when the webhook was saved may not be any more.
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

    /// The value of `webhook-signature`: one entry for each live secret, newest first.
    pub(super) fn sign(&self, message_id: &str, at: Timestamp, body: &[u8]) -> String {
        let live = self.secrets.iter().filter(|(_, ends)| ends.is_none_or(|ends| ends > at));
        let signatures: Vec<_> = live.map(|(secret, _)| secret.sign(message_id, at, body)).collect();
        signatures.join(" ")
    }

    /// Notes a success. There is nothing to store when the receiver worked before.
    pub(super) fn succeeded(&self) -> Option<Health> {
        (self.failing_since.swap(0, Ordering::Relaxed) != 0).then_some(Health::Works)
    }

    /// Notes a failed attempt. Only the first one after a success is stored.
    pub(super) fn failed(&self, at: Timestamp) -> Option<Health> {
        let first = self.failing_since.compare_exchange(0, at.0, Ordering::Relaxed, Ordering::Relaxed);
        first.is_ok().then_some(Health::FailingSince(at))
    }

    /// Notes that a delivery exhausted its attempts, which is always stored.
    pub(super) fn exhausted(&self, at: Timestamp, disable_after: std::time::Duration) -> Health {
        let _ = self.failing_since.compare_exchange(0, at.0, Ordering::Relaxed, Ordering::Relaxed);
        Health::Exhausted { at, disable_after }
    }
}
