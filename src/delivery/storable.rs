//! Whether the database accepts writes. `/readyz` reports it, so that publishers are routed away before their requests fail.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::storage::StoreError;

/// Number of failures in a row after which the database counts as unavailable. A single failure may be a lost connection.
const FAILURES: u32 = 2;

/// The results of the last writes.
#[derive(Debug, Default)]
pub(super) struct Storable(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    why: String,
    /// A reason that is known without a write: the disk is full, or the file is gone.
    obstacle: Option<String>,
}

impl Storable {
    /// Notes a successful write.
    pub(super) fn worked(&self) {
        self.state().failures = 0;
    }

    /// Notes a failed write.
    pub(super) fn failed(&self, error: &StoreError) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        state.why = error.to_string();
    }

    /// Whether the last write failed.
    pub(super) fn has_failed(&self) -> bool {
        self.state().failures > 0
    }

    /// Sets or clears the obstacle. Returns the previous one.
    pub(super) fn set_obstacle(&self, obstacle: Option<String>) -> Option<String> {
        std::mem::replace(&mut self.state().obstacle, obstacle)
    }

    /// The reason why nothing can be stored, if any.
    pub(super) fn trouble(&self) -> Option<String> {
        let state = self.state();
        let failed = (state.failures >= FAILURES).then(|| state.why.clone());
        let why = state.obstacle.clone().or(failed)?;
        Some(format!("nothing can be stored ({why})"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_is_no_trouble_and_an_obstacle_is() {
        let storable = Storable::default();
        storable.failed(&StoreError::Stopping);
        assert_eq!((storable.trouble(), storable.has_failed()), (None, true));
        storable.failed(&StoreError::Stopping);
        assert!(storable.trouble().unwrap().contains("stopping"));
        storable.worked();
        assert_eq!((storable.trouble(), storable.has_failed()), (None, false));
        assert_eq!(storable.set_obstacle(Some("the disk is full".to_owned())), None);
        assert!(storable.trouble().unwrap().contains("the disk is full"));
        assert!(storable.set_obstacle(None).is_some());
        assert_eq!(storable.trouble(), None);
    }
}
