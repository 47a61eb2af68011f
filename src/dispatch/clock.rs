//! Notices that the system's clock was set, by comparing it with one that only runs forward.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::timestamp::Timestamp;

/// What counts as a step: more than any correction by and by.
const STEP_MS: i64 = 2_000;

pub(super) struct Clock {
    wall: Timestamp,
    steady: Instant,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            wall: Timestamp::now(),
            steady: Instant::now(),
        }
    }

    /// By how many milliseconds the clock was set since the last look.
    pub(super) fn step(&mut self) -> Option<i64> {
        let (wall, steady) = (Timestamp::now(), Instant::now());
        let step = step(self.wall, wall, steady - self.steady);
        (self.wall, self.steady) = (wall, steady);
        step
    }
}

fn step(before: Timestamp, after: Timestamp, passed: Duration) -> Option<i64> {
    let passed = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX);
    let step = after.0.saturating_sub(before.0).saturating_sub(passed);
    (step.abs() >= STEP_MS).then_some(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_in_both_directions_are_noticed_and_drift_is_not() {
        let (before, passed) = (Timestamp(1_000_000), Duration::from_secs(5));
        assert_eq!(step(before, Timestamp(1_005_100), passed), None);
        assert_eq!(step(before, Timestamp(1_000_000 - 3_600_000), passed), Some(-3_605_000));
        assert_eq!(step(before, Timestamp(1_005_000 + 3_600_000), passed), Some(3_600_000));
    }
}
