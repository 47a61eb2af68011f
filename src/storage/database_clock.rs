//! The clock of PostgreSQL, which decides between nodes whose own clocks differ, are wrong or are changed.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    domain::timestamp::{JUMP_MIN, Timestamp},
    sync::locked,
};

/// SQL for the time of the database's clock, in milliseconds since 1970.
pub(super) const NOW: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// The clock of the database, as this node last read it.
#[derive(Clone, Debug, Default)]
pub(super) struct DatabaseClock(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    reading: Option<Reading>,
    /// Jumps of the database's clock that are not handled yet, in milliseconds.
    jumped: i64,
}

/// A time that the database answered.
#[derive(Clone, Copy, Debug)]
struct Reading {
    time: Timestamp,
    /// When the answer arrived.
    at: Instant,
    /// How long the database took to answer: `time` may be that old.
    took: Duration,
}

impl Reading {
    /// The time of the database's clock at this moment, if the clock has not been changed since the reading.
    fn continued(self, at: Instant) -> Timestamp {
        self.time.plus(at.saturating_duration_since(self.at))
    }
}

impl DatabaseClock {
    /// Notes an answer to a question that was asked at `asked`. If the clock was changed since the last answer, it notes the jump.
    pub(super) fn note(&self, time: Timestamp, asked: Instant) {
        let at = Instant::now();
        let mut reading = Reading {
            time,
            at,
            took: at.saturating_duration_since(asked),
        };
        let mut state = locked(&self.0);
        if let Some(before) = state.reading {
            let expected = before.continued(at);
            if (time..=time.plus(reading.took)).contains(&expected) {
                // The answer contradicts nothing. If it was slow, what is known already is more exact.
                return;
            }
            // The time that is possible and differs least from the expected one.
            reading.time = expected.clamp(time, time.plus(reading.took));
            let jump = reading.time.0.saturating_sub(expected.0);
            if u128::from(jump.unsigned_abs()) >= (JUMP_MIN + before.took).as_millis() {
                state.jumped = state.jumped.saturating_add(jump);
            }
        }
        state.reading = Some(reading);
    }

    /// The present time of the database's clock, if it was read.
    pub(super) fn now(&self) -> Option<Timestamp> {
        let reading = locked(&self.0).reading;
        reading.map(|reading| reading.continued(Instant::now()))
    }

    /// By how many milliseconds the clock was changed, as far as this is not handled yet.
    pub(super) fn jumped(&self) -> i64 {
        locked(&self.0).jumped
    }

    /// Notes that a jump is handled.
    pub(super) fn handled(&self, jump: i64) {
        locked(&self.0).jumped -= jump;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const BEGIN: Timestamp = Timestamp(1_800_000_000_000);

    #[tokio::test(start_paused = true)]
    async fn the_time_goes_on_between_readings_and_follows_each_reading() {
        let clock = DatabaseClock::default();
        assert_eq!(clock.now(), None);
        clock.note(BEGIN, Instant::now());
        advance(Duration::from_secs(5)).await;
        assert_eq!(clock.now(), Some(BEGIN.plus(Duration::from_secs(5))));
        clock.note(BEGIN, Instant::now());
        assert_eq!(clock.now(), Some(BEGIN));
    }

    #[tokio::test(start_paused = true)]
    async fn a_changed_clock_is_a_jump_and_a_slow_answer_is_not() {
        let clock = DatabaseClock::default();
        clock.note(BEGIN, Instant::now());
        let asked = Instant::now();
        advance(Duration::from_secs(10)).await;
        // The database read its clock at once, and the answer was slow.
        clock.note(BEGIN, asked);
        let ten_later = BEGIN.plus(Duration::from_secs(10));
        assert_eq!((clock.now(), clock.jumped()), (Some(ten_later), 0));
        clock.note(ten_later, Instant::now());
        assert_eq!(clock.jumped(), 0);
        // A slow answer is used only as far as it contradicts what is known.
        let asked = Instant::now();
        advance(Duration::from_secs(5)).await;
        clock.note(ten_later.minus(Duration::from_millis(1)), asked);
        let expected = ten_later.plus(Duration::from_millis(4_999));
        assert_eq!((clock.now(), clock.jumped()), (Some(expected), 0));
        clock.note(BEGIN.minus(Duration::from_hours(1)), Instant::now());
        assert_eq!(clock.jumped(), -3_614_999);
    }
}
