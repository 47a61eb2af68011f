//! This node's lease on what it owns: renewed again and again; a node that cannot renew it in time begins nothing more. And nothing is
//! begun that could last longer than the lease: another node may own it by then.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::dispatch::{LEASE, engine::Engine};

/// It counts as ended so much earlier for the node itself than for others.
const MARGIN: Duration = Duration::from_secs(3);
/// What is left of a lease, beside the longest attempt, to begin attempts in.
const SPARE: Duration = Duration::from_secs(12);
/// How long a renewal may take.
const RENEWAL: Duration = Duration::from_secs(4);
/// Pause after one that failed.
const AGAIN: Duration = Duration::from_secs(1);
/// Renewals in that time: one may be late.
const RENEWALS: u32 = 2;

pub(super) struct Lease {
    /// When it ends; nothing where there are no other nodes.
    until: Option<Mutex<Instant>>,
    attempt: Duration,
}

impl Lease {
    /// A lease under which attempts take so long at most.
    pub(super) fn new(is_shared: bool, attempt: Duration) -> Self {
        Self {
            until: is_shared.then(|| Mutex::new(Instant::now())),
            attempt,
        }
    }

    /// How long it lasts without being renewed: longer than usual when attempts may take long.
    pub(super) fn length(&self) -> Duration {
        LEASE.max(self.attempt + SPARE + MARGIN)
    }

    pub(super) fn is_held(&self) -> bool {
        self.is_held_until(Instant::now())
    }

    /// Whether it outlasts an attempt that begins now.
    pub(super) fn outlasts_attempt(&self) -> bool {
        self.is_held_until(Instant::now() + self.attempt)
    }

    fn is_held_until(&self, at: Instant) -> bool {
        self.until
            .as_ref()
            .is_none_or(|until| *until.lock().unwrap_or_else(PoisonError::into_inner) > at)
    }

    fn renewed(&self, began: Instant) {
        if let Some(until) = &self.until {
            *until.lock().unwrap_or_else(PoisonError::into_inner) = began + self.length() - MARGIN;
        }
    }

    /// When to renew it again.
    fn pause(&self) -> Duration {
        if !self.is_held() {
            return Duration::from_secs(1);
        }
        self.length().saturating_sub(MARGIN + self.attempt) / (RENEWALS + 1)
    }
}

impl Engine {
    /// Takes or renews the lease. What this node held in memory while it had none may belong to others by now.
    pub(super) async fn renew(&self) {
        let (began, was_held) = (Instant::now(), self.lease.is_held());
        let limit = RENEWAL.min(self.sender.settings.patience / 3);
        match self.store.within(limit).renew_lease(self.node, self.lease.length()).await {
            Ok(()) => {
                self.storable.worked();
                if !was_held {
                    self.drop_all();
                }
                self.lease.renewed(began);
                self.pump();
            }
            Err(error) => {
                self.storable.failed(&error);
                tracing::warn!(%error, "the lease of this node in the database cannot be renewed; trying again: {error}");
            }
        }
    }

    /// When to renew it again: soon when it failed, for a lease is also the way to notice that nothing can be stored.
    fn pause(&self) -> Duration {
        if self.storable.has_failed() {
            return self.lease.pause().min(AGAIN);
        }
        self.lease.pause()
    }

    /// Keeps the lease until the node stops.
    pub(super) async fn keep_lease(self: Arc<Self>) {
        if !self.store.is_shared() {
            return;
        }
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = sleep(self.pause()) => self.renew().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_attempt_lasts_longer_than_the_lease_and_renewals_come_in_time() {
        for (attempt, length) in [(1, 30), (15, 30), (60, 75), (600, 615)].map(|(a, b)| (Duration::from_secs(a), Duration::from_secs(b))) {
            let lease = Lease::new(true, attempt);
            assert!(!lease.is_held() && !lease.outlasts_attempt());
            let renewed = |ago: Duration| {
                lease.renewed(Instant::now().checked_sub(ago).unwrap());
                (lease.is_held(), lease.outlasts_attempt())
            };
            assert_eq!((lease.length(), renewed(Duration::ZERO)), (length, (true, true)));
            let pause = lease.pause();
            let late = length.saturating_sub(MARGIN + attempt);
            assert_eq!(renewed(late + Duration::from_millis(10)), (true, false), "{attempt:?}");
            assert_eq!(renewed(late.saturating_sub(Duration::from_secs(1))), (true, true));
            assert_eq!(renewed(length.saturating_sub(MARGIN)), (false, false));
            assert!(pause * RENEWALS < late, "{attempt:?}: {pause:?}");
        }
    }

    #[tokio::test]
    async fn who_is_alone_needs_none() {
        assert!(Lease::new(false, Duration::from_secs(60)).outlasts_attempt());
    }
}
