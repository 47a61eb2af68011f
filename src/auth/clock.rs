//! The clock by which sign-in and sessions go.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use crate::domain::timestamp::Timestamp;

/// The system's clock, and how far it is put forward: nobody need wait for what happens in a week.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// What time it is.
    pub fn now(&self) -> Timestamp {
        Timestamp(Timestamp::now().0.saturating_add(self.0.load(Ordering::Relaxed)))
    }

    /// Puts it forward.
    pub fn forward(&self, span: Duration) {
        self.0
            .fetch_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}
