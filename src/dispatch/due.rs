//! When there is something to claim, so that who looks for it can sleep until then.

use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::Notify;

use crate::domain::timestamp::Timestamp;

/// When the next delivery is due, as far as this node knows.
pub(super) struct Due {
    earliest: AtomicI64,
    notify: Notify,
}

impl Due {
    pub(super) fn new() -> Self {
        Self {
            earliest: AtomicI64::new(i64::MAX),
            notify: Notify::new(),
        }
    }

    /// Something is due then; who sleeps longer is woken.
    pub(super) fn at(&self, at: Timestamp) {
        if self.earliest.fetch_min(at.0, Ordering::SeqCst) > at.0 {
            self.notify.notify_one();
        }
    }

    /// There may be something due already.
    pub(super) fn now(&self) {
        self.at(Timestamp(i64::MIN));
    }

    /// Begins to look: what comes from now on is news.
    pub(super) fn begin(&self) {
        self.earliest.store(i64::MAX, Ordering::SeqCst);
    }

    /// How long until something is due, of what is known.
    pub(super) fn earliest(&self) -> Timestamp {
        Timestamp(self.earliest.load(Ordering::SeqCst))
    }

    pub(super) async fn news(&self) {
        self.notify.notified().await;
    }
}
