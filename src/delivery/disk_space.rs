//! Watches the SQLite file and its disk. Events are refused before the disk is full, so that accepted events can still be sent and logged.
//! They are also refused when the file was deleted, replaced or overwritten, because they would be lost.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use crate::{delivery::engine::Engine, storage::StoreError};

/// Pause between two checks. Publishing at full speed writes about 50 MiB in that time.
const PAUSE: Duration = Duration::from_secs(1);
/// Time between two test writes.
const PROBE: Duration = Duration::from_secs(3);

impl Engine {
    /// Watches until the node stops. Does nothing on PostgreSQL, where lease renewals show whether the database accepts writes.
    pub(super) async fn watch_space(self: Arc<Self>) {
        if self.store.is_shared() {
            return;
        }
        let looks = async {
            loop {
                self.look_at_file();
                sleep(PAUSE).await;
            }
        };
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = looks => {}
            () = self.probe_file() => {}
        }
    }

    fn look_at_file(&self) {
        let is_short = self.store.is_short_of_space(self.sender.settings.spare_space);
        match (self.journal().set_short_of_space(is_short), is_short) {
            (false, true) => {
                tracing::error!("the disk of the database is nearly full: new events are refused with 429 until there is free space");
            }
            (true, false) => tracing::info!("the disk of the database has free space again: new events are accepted"),
            _ => {}
        }
        let trouble = self.store.file_trouble();
        let obstacle = trouble
            .clone()
            .or(is_short.then(|| "the disk of the database is nearly full".to_owned()));
        let before = self.storable.set_obstacle(obstacle.clone());
        if let Some(trouble) = trouble.filter(|_| before != obstacle) {
            tracing::error!("nothing can be stored: {trouble}");
        }
    }

    /// Writes to the database periodically as a test: another process may hold the lock of the file.
    async fn probe_file(&self) {
        let mut probe = None;
        loop {
            let began = Instant::now();
            match self.try_write(&mut probe).await {
                Ok(()) => self.storable.worked(),
                Err(error) => {
                    if !self.storable.has_failed() {
                        tracing::warn!(%error, "the database file cannot be written; trying again: {error}");
                    }
                    // The test write already waited for the lock, so a single failure counts as two.
                    self.storable.failed(&error);
                    self.storable.failed(&error);
                }
            }
            sleep(PROBE.saturating_sub(began.elapsed()).max(PAUSE)).await;
        }
    }

    async fn try_write(&self, probe: &mut Option<crate::storage::probe::Probe>) -> Result<(), StoreError> {
        if probe.is_none() {
            *probe = self.store.probe().await?;
        }
        match probe {
            Some(probe) => probe.try_write().await,
            None => Ok(()),
        }
    }
}
