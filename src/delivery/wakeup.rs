//! Wakes the claimer when a delivery is due, and notes when it last polled the database.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use crate::domain::timestamp::Timestamp;

/// The earliest due time that this node knows of, and the last poll.
pub(super) struct Wakeup {
    earliest: AtomicI64,
    notify: Notify,
    created: Instant,
    /// When the claimer last read from the database, in milliseconds since `created`.
    polled: AtomicU64,
}

impl Wakeup {
    pub(super) fn new() -> Self {
        Self {
            earliest: AtomicI64::new(i64::MAX),
            notify: Notify::new(),
            created: Instant::now(),
            polled: AtomicU64::new(0),
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
    pub(super) fn forget_due_times(&self) {
        self.earliest.store(i64::MAX, Ordering::SeqCst);
    }

    /// The earliest due time noted since the last poll began.
    pub(super) fn earliest_due(&self) -> Timestamp {
        Timestamp(self.earliest.load(Ordering::SeqCst))
    }

    /// Waits until [`Self::at`] or [`Self::now`] wakes the claimer.
    pub(super) async fn woken(&self) {
        self.notify.notified().await;
    }

    /// Notes that the claimer has read the due times from the database.
    pub(super) fn note_poll(&self) {
        let now = u64::try_from(self.created.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.polled.store(now, Ordering::Relaxed);
    }

    /// Time since the claimer last read the due times, or since the start.
    pub(super) fn since_last_poll(&self) -> Duration {
        let polled = Duration::from_millis(self.polled.load(Ordering::Relaxed));
        self.created.elapsed().saturating_sub(polled)
    }
}
