//! Detects jumps of the system clock by comparing it with the monotonic clock.

use std::{sync::Mutex, time::Duration};

use tokio::time::Instant;

use crate::{
    domain::timestamp::{JUMP_MIN, Timestamp},
    sync::locked,
};

/// The system clock, and the last reading of both clocks that it is compared with.
pub(super) struct JumpDetector(Mutex<Reading>);

/// Both clocks at the same moment.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    wall: Timestamp,
    steady: Instant,
}

impl Reading {
    fn now() -> Self {
        Self {
            wall: Timestamp::now(),
            steady: Instant::now(),
        }
    }

    /// The jump of the system clock since an earlier reading, in milliseconds.
    fn jump_since(self, before: Self) -> Option<i64> {
        jump(before.wall, self.wall, self.steady.saturating_duration_since(before.steady))
    }
}

impl JumpDetector {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Reading::now()))
    }

    /// The jump of the system clock since the last kept reading, in milliseconds, and a new reading. The caller passes the reading to
    /// `keep` once it has handled the jump.
    pub(super) fn jump(&self) -> (Option<i64>, Reading) {
        let reading = Reading::now();
        (reading.jump_since(self.kept()), reading)
    }

    /// Keeps a reading as the base of later comparisons.
    pub(super) fn keep(&self, reading: Reading) {
        *locked(&self.0) = reading;
    }

    /// The current time without a jump that is not handled yet. Otherwise failures would look days old right after the clock was
    /// set forward by days.
    pub(super) fn now(&self) -> Timestamp {
        let reading = Reading::now();
        let jump = reading.jump_since(self.kept()).unwrap_or(0);
        Timestamp(reading.wall.0.saturating_sub(jump))
    }

    fn kept(&self) -> Reading {
        *locked(&self.0)
    }
}

fn jump(before: Timestamp, after: Timestamp, passed: Duration) -> Option<i64> {
    let passed = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX);
    let jump = after.0.saturating_sub(before.0).saturating_sub(passed);
    (u128::from(jump.unsigned_abs()) >= JUMP_MIN.as_millis()).then_some(jump)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_in_both_directions_are_noticed_and_drift_is_not() {
        let (before, passed) = (Timestamp(1_000_000), Duration::from_secs(5));
        assert_eq!(jump(before, Timestamp(1_005_100), passed), None);
        assert_eq!(jump(before, Timestamp(1_000_000 - 3_600_000), passed), Some(-3_605_000));
        assert_eq!(jump(before, Timestamp(1_005_000 + 3_600_000), passed), Some(3_600_000));
    }

    #[test]
    fn an_unhandled_jump_is_left_out_of_the_time_until_its_reading_is_kept() {
        let clock = JumpDetector::new();
        // A kept reading that is an hour behind looks the same as a clock that was set forward by an hour since then.
        let (_, mut reading) = clock.jump();
        reading.wall = reading.wall.minus(Duration::from_hours(1));
        clock.keep(reading);
        assert!(Timestamp::now().since(clock.now()) > Duration::from_mins(59));
        let (jump, reading) = clock.jump();
        assert!(jump.is_some_and(|jump| (3_590_000..3_610_000).contains(&jump)), "{jump:?}");
        clock.keep(reading);
        assert!(Timestamp::now().since(clock.now()) < Duration::from_mins(1));
    }
}
