//! Whether the database accepts writes. `/readyz` reports it, so that publishers are routed away before their requests fail.

use std::sync::{Mutex, MutexGuard};

use crate::{storage::StoreError, sync::locked};

/// Number of failures in a row after which the database counts as unavailable. A single failure may be a lost connection.
const FAILURES: u32 = 2;

/// The results of the last writes.
#[derive(Debug, Default)]
pub(super) struct WriteHealth(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    why: String,
    /// A reason that is known without a write: the disk is full, or the file is gone.
    obstacle: Option<String>,
}

impl WriteHealth {
    /// Notes a successful write.
    pub(super) fn succeeded(&self) {
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
        locked(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_reported_after_two_failures_or_for_a_known_obstacle() {
        let health = WriteHealth::default();
        health.failed(&StoreError::Stopping);
        assert_eq!((health.trouble(), health.has_failed()), (None, true));
        health.failed(&StoreError::Stopping);
        assert!(health.trouble().unwrap().contains("stopping"));
        health.succeeded();
        assert_eq!((health.trouble(), health.has_failed()), (None, false));
        assert_eq!(health.set_obstacle(Some("the disk is full".to_owned())), None);
        assert!(health.trouble().unwrap().contains("the disk is full"));
        assert!(health.set_obstacle(None).is_some());
        assert_eq!(health.trouble(), None);
    }
}
