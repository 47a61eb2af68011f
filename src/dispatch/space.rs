//! Watches the disk: no more events are taken before it is full, so that what was taken can still be sent and logged.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::dispatch::engine::Engine;

/// Pause between two looks. Publishing at full speed fills some 50 MiB in that time.
const PAUSE: Duration = Duration::from_secs(1);

impl Engine {
    /// Looks until the node stops.
    pub(super) async fn watch_space(self: Arc<Self>) {
        while !self.stop.is_cancelled() && !self.store.is_shared() {
            let is_short = self.store.is_short_of_space(self.sender.settings.spare_space);
            match (self.journal().set_short_of_space(is_short), is_short) {
                (false, true) => tracing::error!("the disk of the database is nearly full: no more events are taken until there is room"),
                (true, false) => tracing::info!("the disk of the database has room again: events are taken"),
                _ => {}
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = sleep(PAUSE) => {}
            }
        }
    }
}
