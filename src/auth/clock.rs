//! The clock by which sign-in and sessions go.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use crate::domain::timestamp::Timestamp;

/// The system's clock, or one that stands still until it is put forward: nobody need wait for what happens in a week.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// A clock that stands still at this moment.
    pub fn standing(at: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.0))))
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.0
            .as_ref()
            .map_or_else(Timestamp::now, |at| Timestamp(at.load(Ordering::Relaxed)))
    }

    /// Puts a clock forward that stands still; the system's goes on as it does.
    pub fn forward(&self, span: Duration) {
        if let Some(at) = &self.0 {
            at.fetch_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
        }
    }
}
