//! Writes to the SQLite file periodically as a test: another process may hold the lock of the file. On PostgreSQL the renewals of the lease
//! show whether the database accepts writes.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    delivery::{background::supervisor::BackgroundTask, write_health::WriteHealth},
    storage::{Store, StoreError, probe::Probe},
};

/// Time between the starts of two test writes.
const INTERVAL: Duration = Duration::from_secs(3);
/// Shortest pause between two test writes.
const PAUSE_MIN: Duration = Duration::from_secs(1);

pub(in crate::delivery) struct WriteProbe {
    pub(in crate::delivery) store: Store,
    pub(in crate::delivery) write_health: Arc<WriteHealth>,
}

impl BackgroundTask for WriteProbe {
    const NAME: &'static str = "write probe";

    async fn run(&mut self, shutdown: &CancellationToken) {
        // A test write may wait for the lock, so the shutdown interrupts it.
        shutdown.run_until_cancelled(self.probe()).await;
    }
}

impl WriteProbe {
    async fn probe(&self) {
        let mut probe = None;
        loop {
            let began = Instant::now();
            match self.try_write(&mut probe).await {
                Ok(()) => self.write_health.succeeded(),
                Err(error) => {
                    if !self.write_health.has_failed() {
                        tracing::warn!(%error, "the database file cannot be written; trying again: {error}");
                    }
                    // The test write already waited for the lock, so a single failure counts as two.
                    self.write_health.failed(&error);
                    self.write_health.failed(&error);
                }
            }
            sleep(INTERVAL.saturating_sub(began.elapsed()).max(PAUSE_MIN)).await;
        }
    }

    async fn try_write(&self, probe: &mut Option<Probe>) -> Result<(), StoreError> {
        if probe.is_none() {
            *probe = self.store.probe().await?;
        }
        match probe {
            Some(probe) => probe.try_write().await,
            None => Ok(()),
        }
    }
}
