//! Reasons for which clearhook disables a webhook automatically.

use std::{fmt, time::Duration};

use crate::domain::timestamp::Timestamp;

/// A webhook is disabled only after at least this many deliveries in a row have exhausted their attempts.
pub const EXHAUSTED_MIN: u32 = 3;

/// The stored text of [`DisabledReason::Gone`]. It is compared with rows of the database, so it never changes; pages have texts of their own.
pub const GONE: &str = "The receiver answered 410 Gone: it wants no more callbacks.";
/// The stored text of [`DisabledReason::Exhausted`], between the number of deliveries and the time, and after it. It never changes either.
const EXHAUSTED: (&str, &str) = (
    " deliveries in a row used up all their attempts and failed, the first of them at ",
    ".",
);

/// Why clearhook disabled a webhook. Stored as an English sentence, which the API shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisabledReason {
    /// The receiver answered 410.
    Gone,
    /// Several deliveries in a row exhausted their attempts.
    Exhausted {
        /// Number of these deliveries.
        deliveries: u32,
        /// When the first of them exhausted its attempts.
        since: Timestamp,
    },
}

/// Whether a webhook is to be disabled after `deliveries` in a row have exhausted their attempts, the first of them at `since`.
pub fn is_exhausted(deliveries: u32, since: Timestamp, now: Timestamp, disable_after: Duration) -> bool {
    deliveries >= EXHAUSTED_MIN && now.since(since) >= disable_after
}

impl DisabledReason {
    /// Parses the stored text.
    pub fn parse(text: &str) -> Option<Self> {
        if text == GONE {
            return Some(Self::Gone);
        }
        let (between, after) = EXHAUSTED;
        let (deliveries, since) = text.strip_suffix(after)?.split_once(between)?;
        Some(Self::Exhausted {
            deliveries: deliveries.parse().ok()?,
            since: Timestamp::parse(since).ok()?,
        })
    }
}

impl fmt::Display for DisabledReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str(GONE),
            Self::Exhausted { deliveries, since } => {
                let (between, after) = EXHAUSTED;
                write!(f, "{deliveries}{between}{since}{after}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_reason_is_read_back() {
        let exhausted = DisabledReason::Exhausted {
            deliveries: 1_234,
            since: Timestamp(1_763_892_131_000),
        };
        for reason in [DisabledReason::Gone, exhausted] {
            assert_eq!(DisabledReason::parse(&reason.to_string()), Some(reason));
        }
        // As version 0.1.0 stored it.
        assert_eq!(
            exhausted.to_string(),
            "1234 deliveries in a row used up all their attempts and failed, the first of them at 2025-11-23T10:02:11.000Z."
        );
        assert_eq!(DisabledReason::parse("It was full moon."), None);
    }

    #[test]
    fn webhook_is_disabled_after_three_deliveries_and_the_whole_period() {
        let (start, after) = (Timestamp(1_000_000), Duration::from_secs(10));
        let later = |ms| Timestamp(start.0 + ms);
        assert!(
            !is_exhausted(2, start, later(1_000_000), after),
            "two deliveries are too few after any time"
        );
        assert!(
            !is_exhausted(100, start, later(9_999), after),
            "any number of deliveries is too soon"
        );
        assert!(is_exhausted(3, start, later(10_000), after));
        assert!(!is_exhausted(3, later(20_000), start, after), "a start in the future is no period");
        assert!(is_exhausted(3, start, start, Duration::ZERO));
    }
}
