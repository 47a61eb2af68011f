//! Retention: deletes old data in small batches, with pauses between them so that deliveries are not slowed down.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use crate::{
    delivery::{attempt::DELETED, engine::Engine},
    domain::{delivery::DeliveryState, timestamp::Timestamp},
    storage::{
        StoreError,
        retention::{Forgotten, TOGETHER},
        sessions, sign_in_limits,
    },
};

/// Pause between two rounds.
const ROUND: Duration = Duration::from_secs(600);

impl Engine {
    /// Deletes old data until the node stops.
    pub(super) async fn forget_old(self: Arc<Self>) {
        loop {
            for what in Forgotten::ALL {
                if let Err(error) = self.forget_all(what).await {
                    tracing::warn!(%error, "old events and callbacks cannot be deleted now; trying again later: {error}");
                }
            }
            if let Err(error) = self.end_held().await {
                tracing::warn!(%error, "deliveries of deleted webhooks cannot be ended now; trying again later: {error}");
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = sleep(ROUND) => {}
            }
        }
    }

    /// Marks held deliveries of deleted webhooks as failed. They exist if a delivery was held while its webhook was being deleted, or if a
    /// node stopped in the middle of a deletion.
    async fn end_held(&self) -> Result<(), StoreError> {
        for webhook in self.store.deleted_with_held().await? {
            let store = self.store.patient();
            store.set_aside(webhook, DeliveryState::Failed, DELETED, Timestamp::now()).await?;
        }
        Ok(())
    }

    async fn forget_all(&self, what: Forgotten) -> Result<(), StoreError> {
        let retention = self.sender.settings.retention;
        let age = match what {
            Forgotten::Sessions => sessions::IDLE,
            Forgotten::SignInLimits => sign_in_limits::MEMORY,
            // Events are deleted after the deliveries of the same time.
            Forgotten::Events => retention.saturating_add(TOGETHER.min(retention / 10)),
            Forgotten::Callbacks | Forgotten::Deliveries | Forgotten::Stats => retention,
        };
        while !self.stop.is_cancelled() {
            let began = Instant::now();
            let before = Timestamp::now().minus(age);
            if !self.store.patient().forget(what, before).await? {
                return Ok(());
            }
            // Uses at most a quarter of the time of the database's writer.
            sleep(began.elapsed() * 3).await;
        }
        Ok(())
    }
}
