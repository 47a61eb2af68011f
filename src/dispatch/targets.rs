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
        mask::{HIDDEN, Mask},
        queues::Queues,
    },
    domain::{disabled::DisabledReason, id::WebhookId, secret::SigningSecret, timestamp::Timestamp, url::UrlPolicy, webhook::RateLimit},
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
    /// Hides their values where the receiver repeats them.
    pub(super) mask: Mask,
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

impl Receiver {
    fn new(target: OpenTarget, policy: &UrlPolicy) -> Self {
        let mut headers = HeaderMap::new();
        for header in &target.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(header.name.as_bytes()), HeaderValue::from_str(&header.value)) {
                headers.append(name, value);
            }
        }
        Self {
            // A host that is an address never reaches the resolver, and what was permitted when the webhook was saved may not be any more.
            url: policy.check(&target.url).map_err(|wrong| wrong.to_string()),
            url_text: target.url.into(),
            headers,
            mask: Mask::of(target.headers.iter().map(|header| header.value.as_str())),
            shown: target.headers.into_iter().map(|header| (header.name, HIDDEN.to_owned())).collect(),
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

    /// Notes how an attempt ended, and tells what that changes.
    pub(super) fn note(&self, works: bool, at: Timestamp, disable_after: std::time::Duration) -> Option<Health> {
        if works {
            return (self.failing_since.swap(0, Ordering::Relaxed) != 0).then_some(Health::Works);
        }
        let first = self.failing_since.compare_exchange(0, at.0, Ordering::Relaxed, Ordering::Relaxed);
        let Err(since) = first else {
            return Some(Health::FailingSince(at));
        };
        let since = Timestamp(since);
        if at.since(since) < disable_after {
            return None;
        }
        Some(Health::Hopeless(
            since,
            DisabledReason::AllFailed(std::time::Duration::from_secs(disable_after.as_secs())).to_string(),
        ))
    }
}
