//! Waiting times in whole seconds, for texts and for the header `Retry-After`.

use std::time::Duration;

/// The waiting time rounded up, and at least one second.
pub fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_are_rounded_up() {
        for (millis, expected) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (61_500, 62)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), expected);
        }
    }
}
