//! The rate limit of one webhook: a token bucket.

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

    /// Takes a token. The error is the time when the next token is available.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Instant> {
        let rate = f64::from(self.limit.per_second);
        let filled = now.saturating_duration_since(self.filled_at).as_secs_f64() * rate;
        self.tokens = (self.tokens + filled).min(f64::from(self.limit.burst));
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
        assert!((0..3).all(|_| bucket.take(start).is_ok()));
        let next = bucket.take(start).unwrap_err();
        assert_eq!((next - start).as_millis(), 100);
        assert!(bucket.take(next).is_ok() && bucket.take(next).is_err());
        let later = next + Duration::from_secs(60);
        assert!((0..3).all(|_| bucket.take(later).is_ok()) && bucket.take(later).is_err());
    }
}
