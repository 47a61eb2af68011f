//! Limits how often secrets can be guessed by comparing them with the stored one.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use uuid::Uuid;

use crate::sync::locked;

/// As many wrong secrets can be compared with the same one in [`PERIOD`]. Whoever applies a file compares one per run.
const WRONG_MAX: u32 = 60;
/// The time after which wrong ones are forgotten.
const PERIOD: Duration = Duration::from_hours(1);
/// Above this number of objects, those whose time is over are removed.
const KEPT: usize = 10_000;

/// The wrong guesses of the last time, by object. They are counted in the memory of each node.
#[derive(Debug, Default)]
pub struct GuessLimit(Mutex<HashMap<Uuid, (Instant, u32)>>);

impl GuessLimit {
    /// Whether another secret may be compared with that of this object.
    pub fn permits(&self, object: Uuid) -> bool {
        let wrong = locked(&self.0);
        wrong
            .get(&object)
            .is_none_or(|(since, count)| *count < WRONG_MAX || since.elapsed() >= PERIOD)
    }

    /// Notes that a secret was different.
    pub fn note_wrong(&self, object: Uuid) {
        let mut wrong = locked(&self.0);
        if wrong.len() >= KEPT {
            wrong.retain(|_, (since, _)| since.elapsed() < PERIOD);
        }
        let entry = wrong.entry(object).or_insert_with(|| (Instant::now(), 0));
        if entry.0.elapsed() >= PERIOD {
            *entry = (Instant::now(), 0);
        }
        entry.1 += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_are_limited_per_object() {
        let (limit, one, other) = (GuessLimit::default(), Uuid::from_u128(1), Uuid::from_u128(2));
        for _ in 0..WRONG_MAX {
            assert!(limit.permits(one));
            limit.note_wrong(one);
        }
        assert!(!limit.permits(one) && limit.permits(other));
    }
}
