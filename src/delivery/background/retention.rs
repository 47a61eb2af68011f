//! Retention: deletes old data in small batches, with pauses between them so that deliveries are not slowed down.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    delivery::{attempt::DELETED, background::supervisor::BackgroundTask},
    domain::{delivery::DeliveryState, timestamp::Timestamp},
    storage::{
        Store, StoreError, idempotency,
        retention::{Expired, TOGETHER},
        sessions, sign_in_limits,
    },
};

/// Pause between two rounds.
const PAUSE: Duration = Duration::from_secs(600);

pub(in crate::delivery) struct Retention {
    pub(in crate::delivery) store: Store,
    /// How long callbacks and events are kept.
    pub(in crate::delivery) retention: Duration,
}

impl BackgroundTask for Retention {
    const NAME: &'static str = "retention";

    async fn run(&mut self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            for what in Expired::ALL {
                if let Err(error) = self.delete_old(what, shutdown).await {
                    tracing::warn!(%error, "old events and callbacks cannot be deleted now; trying again later: {error}");
                }
            }
            if let Err(error) = self.fail_held().await {
                tracing::warn!(%error, "held deliveries of deleted webhooks cannot be marked as failed now; trying again later: {error}");
            }
            shutdown.run_until_cancelled(sleep(PAUSE)).await;
        }
    }
}

impl Retention {
    /// Marks held deliveries of deleted webhooks as failed. They exist if a delivery was held while its webhook was being deleted, or if a
    /// node stopped in the middle of a deletion.
    async fn fail_held(&self) -> Result<(), StoreError> {
        for webhook in self.store.deleted_with_held().await? {
            let store = self.store.patient();
            store.withdraw(webhook, DeliveryState::Failed, DELETED, Timestamp::now()).await?;
        }
        Ok(())
    }

    async fn delete_old(&self, what: Expired, shutdown: &CancellationToken) -> Result<(), StoreError> {
        let age = match what {
            Expired::Sessions => sessions::IDLE,
            Expired::SignInLimits => sign_in_limits::MEMORY,
            Expired::IdempotencyKeys => idempotency::MEMORY,
            // Events are deleted after the deliveries of the same time.
            Expired::Events => self.retention.saturating_add(TOGETHER.min(self.retention / 10)),
            Expired::Callbacks | Expired::Deliveries | Expired::Stats => self.retention,
        };
        while !shutdown.is_cancelled() {
            let began = Instant::now();
            let before = Timestamp::now().minus(age);
            if !self.store.patient().delete_expired(what, before).await? {
                return Ok(());
            }
            // Uses at most a quarter of the time of the database's writer.
            sleep(began.elapsed() * 3).await;
        }
        Ok(())
    }
}
