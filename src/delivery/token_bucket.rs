//! The rate limit of one webhook: a token bucket. Several nodes on one database share the limit evenly, because each may send for every webhook.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::webhook::RateLimit;

/// A token bucket. Each attempt takes one token.
#[derive(Clone, Copy, Debug)]
pub(super) struct TokenBucket {
    limit: RateLimit,
    tokens: f64,
    filled_at: Instant,
}

impl TokenBucket {
    pub(super) fn new(limit: RateLimit, now: Instant) -> Self {
        Self {
            limit,
            tokens: f64::from(limit.burst),
            filled_at: now,
        }
    }

    pub(super) const fn limit(&self) -> RateLimit {
        self.limit
    }

    /// Takes a token from this node's share of the limit of so many nodes. The error is the time when the next token is available. A burst that
    /// is smaller than the number of nodes is one for each node.
    pub(super) fn take(&mut self, now: Instant, nodes: u32) -> Result<(), Instant> {
        let share = f64::from(nodes.max(1));
        let rate = f64::from(self.limit.per_second) / share;
        let filled = now.saturating_duration_since(self.filled_at).as_secs_f64() * rate;
        self.tokens = (self.tokens + filled).min((f64::from(self.limit.burst) / share).max(1.0));
        self.filled_at = now;
        // Rounding errors may leave slightly less than a whole token.
        if self.tokens >= 0.999_999 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(now + Duration::from_secs_f64((1.0 - self.tokens) / rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_allow_a_burst_and_then_the_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(RateLimit { per_second: 10, burst: 3 }, start);
        assert!((0..3).all(|_| bucket.take(start, 1).is_ok()));
        let next = bucket.take(start, 1).unwrap_err();
        assert_eq!((next - start).as_millis(), 100);
        assert!(bucket.take(next, 1).is_ok() && bucket.take(next, 1).is_err());
        let later = next + Duration::from_secs(60);
        assert!((0..3).all(|_| bucket.take(later, 1).is_ok()) && bucket.take(later, 1).is_err());
    }

    #[test]
    fn nodes_share_the_rate_and_the_burst() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(RateLimit { per_second: 10, burst: 6 }, start);
        assert!((0..3).all(|_| bucket.take(start, 2).is_ok()));
        let next = bucket.take(start, 2).unwrap_err();
        assert_eq!((next - start).as_millis(), 200);
        // The other node has ended.
        assert_eq!((bucket.take(start, 1).unwrap_err() - start).as_millis(), 100);
        // A whole token is needed, however many nodes there are.
        let later = next + Duration::from_secs(60);
        assert!(bucket.take(later, 100).is_ok() && bucket.take(later, 100).is_err());
    }
}
