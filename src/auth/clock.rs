//! The clock for sign-in and sessions.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::domain::timestamp::Timestamp;

/// The system clock, or a clock that tests can advance.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// A clock that stands still at this time until it is advanced.
    #[cfg(feature = "test-support")]
    pub fn standing(at: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.0))))
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.0
            .as_ref()
            .map_or_else(Timestamp::now, |at| Timestamp(at.load(Ordering::Relaxed)))
    }

    /// Advances a clock that stands still. Does nothing to the system clock.
    #[cfg(feature = "test-support")]
    pub fn forward(&self, span: std::time::Duration) {
        if let Some(at) = &self.0 {
            at.fetch_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
        }
    }
}
