//! Watches the SQLite file and the free space of its disk. Events are refused before the disk is full, so that accepted events can still be
//! sent and logged. They are also refused when the file was deleted, replaced or overwritten, because they would be lost.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    delivery::{background::supervisor::BackgroundTask, write_health::WriteHealth},
    storage::{Store, journal::Journal},
};

/// Pause between two checks. Publishing at full speed writes about 50 MiB in that time.
const PAUSE: Duration = Duration::from_secs(1);

pub(in crate::delivery) struct DiskSpace {
    pub(in crate::delivery) store: Store,
    pub(in crate::delivery) journal: Journal,
    pub(in crate::delivery) write_health: Arc<WriteHealth>,
    /// Free space, in bytes, below which events are refused.
    pub(in crate::delivery) spare_space: u64,
}

impl BackgroundTask for DiskSpace {
    const NAME: &'static str = "disk space";

    async fn run(&mut self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            self.check();
            shutdown.run_until_cancelled(sleep(PAUSE)).await;
        }
    }
}

impl DiskSpace {
    fn check(&self) {
        let is_short = self.store.is_short_of_space(self.spare_space);
        match (self.journal.set_short_of_space(is_short), is_short) {
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
        let before = self.write_health.set_obstacle(obstacle.clone());
        if let Some(trouble) = trouble.filter(|_| before != obstacle) {
            tracing::error!("nothing can be stored: {trouble}");
        }
    }
}
