//! The lease of this node on the deliveries that it owns. A node that cannot renew its lease in time begins no more attempts. An attempt
//! begins only if the lease outlasts its timeout: after the lease, another node may send the same delivery.

use std::{sync::Mutex, time::Duration};

use tokio::time::Instant;

use crate::sync::locked;

/// Shortest lifetime of a node's lease. Other nodes take over the deliveries of a node whose lease has expired.
pub const LEASE: Duration = Duration::from_secs(30);

/// The node itself considers its lease expired this much earlier than other nodes do.
const MARGIN: Duration = Duration::from_secs(3);
/// The part of a lease, besides the longest attempt, in which attempts may begin.
const SPARE: Duration = Duration::from_secs(12);
/// Renewals in the time in which attempts may begin. The second one is in reserve.
const RENEWALS: u32 = 2;

pub(super) struct Lease {
    /// When the lease expires for this node. None on SQLite, where there are no other nodes.
    until: Option<Mutex<Instant>>,
    attempt: Duration,
}

impl Lease {
    /// Creates a lease that is not held yet. `attempt` is the longest duration of an attempt.
    pub(super) fn new(is_shared: bool, attempt: Duration) -> Self {
        Self {
            until: is_shared.then(|| Mutex::new(Instant::now())),
            attempt,
        }
    }

    /// Lifetime of the lease without renewal: [`LEASE`], or more if attempts may take long.
    pub(super) fn length(&self) -> Duration {
        LEASE.max(self.attempt + SPARE + MARGIN)
    }

    pub(super) fn is_held(&self) -> bool {
        self.is_held_until(Instant::now())
    }

    /// Whether the lease outlasts an attempt that begins now.
    pub(super) fn outlasts_attempt(&self) -> bool {
        self.is_held_until(Instant::now() + self.attempt)
    }

    fn is_held_until(&self, at: Instant) -> bool {
        self.until.as_ref().is_none_or(|until| *locked(until) > at)
    }

    /// Notes a renewal that began at this time.
    pub(super) fn renewed(&self, began: Instant) {
        if let Some(until) = &self.until {
            *locked(until) = began + self.length() - MARGIN;
        }
    }

    /// Notes that the lease has expired earlier than expected, by the clock of the database.
    pub(super) fn expired(&self) {
        if let Some(until) = &self.until {
            *locked(until) = Instant::now();
        }
    }

    /// Time until the next renewal.
    pub(super) fn pause(&self) -> Duration {
        if !self.is_held() {
            return Duration::from_secs(1);
        }
        self.length().saturating_sub(MARGIN + self.attempt) / (RENEWALS + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_lease_outlasts_attempts_and_leaves_time_for_renewals() {
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
            assert_eq!(renewed(Duration::ZERO), (true, true));
            lease.expired();
            assert!(!lease.is_held() && !lease.outlasts_attempt());
            assert!(pause * RENEWALS < late, "{attempt:?}: {pause:?}");
        }
    }

    #[tokio::test]
    async fn a_node_without_other_nodes_always_holds_its_lease() {
        assert!(Lease::new(false, Duration::from_secs(60)).outlasts_attempt());
    }
}
