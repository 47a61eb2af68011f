//! Runs checkpoints of SQLite's write-ahead log.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::{delivery::background::supervisor::BackgroundTask, storage::Store};

/// Pause between two checks. A check costs nothing if nothing was committed.
const PAUSE: Duration = Duration::from_millis(200);
/// Number of journal entries since the last checkpoint that trigger the next one. A checkpoint slows down concurrent commits a little, so
/// it is worth waiting for many entries.
const ENTRIES_MIN: u64 = 3_000;
/// With fewer new entries, a checkpoint runs when the last one is this old.
const INTERVAL_MAX: Duration = Duration::from_secs(10);

pub(in crate::delivery) struct Checkpoints {
    pub(in crate::delivery) store: Store,
}

impl BackgroundTask for Checkpoints {
    const NAME: &'static str = "checkpoints";

    async fn run(&mut self, shutdown: &CancellationToken) {
        let (mut done, mut at) = (0, Instant::now());
        while !shutdown.is_cancelled() {
            let new = self.store.entries() - done;
            if new >= ENTRIES_MIN || new > 0 && at.elapsed() >= INTERVAL_MAX {
                (done, at) = (done + new, Instant::now());
                if let Err(error) = self.store.checkpoint().await {
                    tracing::warn!(%error, "the checkpoint of the SQLite write-ahead log failed; a later one is tried: {error}");
                }
            }
            shutdown.run_until_cancelled(sleep(PAUSE)).await;
        }
    }
}
