//! Whether something can be stored: `/readyz` says so before publishers find out.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::storage::StoreError;

/// So many attempts in a row have to fail: one may be a connection that was lost.
const FAILURES: u32 = 2;

/// What the last attempts to store something say.
#[derive(Debug, Default)]
pub(super) struct Storable(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    why: String,
    /// What is known without an attempt: the disk is full, or the file is gone.
    obstacle: Option<String>,
}

impl Storable {
    /// Something was stored.
    pub(super) fn worked(&self) {
        self.state().failures = 0;
    }

    /// Something could not be stored.
    pub(super) fn failed(&self, error: &StoreError) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        state.why = error.to_string();
    }

    /// Whether the last attempt failed.
    pub(super) fn has_failed(&self) -> bool {
        self.state().failures > 0
    }

    /// Notes what is in the way, or that nothing is. Answers what was before.
    pub(super) fn set_obstacle(&self, obstacle: Option<String>) -> Option<String> {
        std::mem::replace(&mut self.state().obstacle, obstacle)
    }

    /// Why nothing can be stored, if it is so.
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
