//! Receives notifications of other nodes (PostgreSQL LISTEN), so that changes of webhooks and new deliveries to claim take effect at once.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{
    delivery::engine::Engine,
    storage::{StoreError, listen::Word},
};

/// Pause before reconnecting.
const AGAIN: Duration = Duration::from_secs(1);
/// How often to check for missed notifications.
const LOOK: Duration = Duration::from_secs(10);
/// Longest pause between two checks whether the other nodes have applied a change.
const SLOW: Duration = Duration::from_millis(50);

impl Engine {
    /// Listens until the node stops.
    pub(super) async fn hear_nodes(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                heard = self.hear() => match heard {
                    Ok(()) => return,
                    Err(error) => tracing::warn!(%error, "notifications of other nodes (LISTEN) cannot be received; trying again: {error}"),
                },
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = sleep(AGAIN) => {}
            }
        }
    }

    async fn hear(&self) -> Result<(), StoreError> {
        let Some(mut listener) = self.store.listen().await? else {
            return Ok(());
        };
        // Notifications that were sent before the connection was made are lost.
        self.heard(Word::Missed).await?;
        let mut was_deaf = false;
        loop {
            tokio::select! {
                word = listener.hear() => {
                    was_deaf = false;
                    self.heard(word?).await?;
                }
                () = sleep(LOOK) => {
                    // A dead connection looks like a quiet one. A newer revision in the database reveals missed notifications.
                    let revision = self.store.revision().await?;
                    if revision > self.heard.load(Ordering::Relaxed) {
                        self.heard(Word::Missed).await?;
                        if was_deaf {
                            return Err(StoreError::Silent(LOOK));
                        }
                        was_deaf = true;
                    }
                }
            }
        }
    }

    async fn heard(&self, word: Word) -> Result<(), StoreError> {
        match word {
            Word::Pending | Word::Keys => {}
            Word::Changed(webhook, revision) => {
                self.changed(webhook).await;
                self.acknowledge(revision).await?;
            }
            Word::Missed => {
                let revision = self.store.revision().await?;
                self.sender.targets.forget_all();
                self.acknowledge(revision).await?;
            }
        }
        self.due.now();
        Ok(())
    }

    async fn acknowledge(&self, revision: i64) -> Result<(), StoreError> {
        self.heard.fetch_max(revision, Ordering::Relaxed);
        self.store.acknowledge(self.node, revision).await
    }

    /// Waits until every other node has applied the changes so far, or its lease has expired: then it begins no attempts.
    pub(super) async fn wait_for_nodes(&self) {
        if !self.store.is_shared() {
            return;
        }
        // The change itself is already stored, so an error here is only logged.
        if let Err(error) = self.until_acknowledged().await {
            tracing::warn!(%error, "other nodes have not confirmed a change of a webhook; they apply it within {} s: {error}", self.lease.length().as_secs());
        }
    }

    async fn until_acknowledged(&self) -> Result<(), StoreError> {
        let revision = self.store.revision().await?;
        let (until, mut pause) = (Instant::now() + self.lease.length(), Duration::from_millis(1));
        while !self.store.is_acknowledged(self.node, revision).await? && Instant::now() < until {
            sleep(pause).await;
            pause = (pause * 2).min(SLOW);
        }
        Ok(())
    }
}
