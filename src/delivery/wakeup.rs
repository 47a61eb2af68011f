//! Wakes the claimer when a delivery is due.

use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::Notify;

use crate::domain::timestamp::Timestamp;

/// The earliest due time that this node knows of.
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

    /// Notes that a delivery is due at `at`. Wakes the claimer if this is earlier than all due times noted since its last poll.
    pub(super) fn at(&self, at: Timestamp) {
        if self.earliest.fetch_min(at.0, Ordering::SeqCst) > at.0 {
            self.notify.notify_one();
        }
    }

    /// Wakes the claimer: deliveries may be due already.
    pub(super) fn now(&self) {
        self.at(Timestamp(i64::MIN));
    }

    /// Called when the claimer begins a poll. Forgets all due times noted before, because the poll reads them from the database.
    pub(super) fn begin(&self) {
        self.earliest.store(i64::MAX, Ordering::SeqCst);
    }

    /// The earliest due time noted since the last poll began.
    pub(super) fn earliest(&self) -> Timestamp {
        Timestamp(self.earliest.load(Ordering::SeqCst))
    }

    pub(super) async fn news(&self) {
        self.notify.notified().await;
    }
}
