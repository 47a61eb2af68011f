//! Has the database fold its log while there is something to fold.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use crate::dispatch::engine::Engine;

/// Pause between two looks, which cost nothing when nothing was committed.
const PAUSE: Duration = Duration::from_millis(200);
/// Folding delays the commits beside it a little, so it waits until there is enough to fold,
const ENOUGH: u64 = 3_000;
/// or until it was a long time ago.
const LONG: Duration = Duration::from_secs(10);

impl Engine {
    /// Folds until the node stops.
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
