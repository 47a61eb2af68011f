//! Runs checkpoints of SQLite's write-ahead log.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use crate::delivery::engine::Engine;

/// Pause between two checks. A check costs nothing if nothing was committed.
const PAUSE: Duration = Duration::from_millis(200);
/// Number of journal entries since the last checkpoint that trigger the next one. A checkpoint slows down concurrent commits a little, so
/// it is worth waiting for many entries.
const ENOUGH: u64 = 3_000;
/// With fewer new entries, a checkpoint runs when the last one is this old.
const LONG: Duration = Duration::from_secs(10);

impl Engine {
    /// Runs checkpoints until the node stops.
    pub(super) async fn fold_log(self: Arc<Self>) {
        let (mut folded, mut at) = (0, Instant::now());
        while !self.stop.is_cancelled() && !self.store.is_shared() {
            let new = self.store.entries() - folded;
            if new >= ENOUGH || new > 0 && at.elapsed() >= LONG {
                (folded, at) = (folded + new, Instant::now());
                if let Err(error) = self.store.checkpoint().await {
                    tracing::warn!(%error, "the checkpoint of the SQLite write-ahead log failed; a later one is tried: {error}");
                }
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = sleep(PAUSE) => {}
            }
        }
    }
}
