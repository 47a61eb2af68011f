//! Receives notifications of other nodes (PostgreSQL LISTEN), so that changes of webhooks and new deliveries to claim take effect at once.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::{
    delivery::{background::supervisor::BackgroundTask, engine::Engine, wakeup::Wakeup},
    domain::id::NodeId,
    storage::{
        Store, StoreError,
        listen::{Listener, Notification},
    },
};

/// Pause before reconnecting.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);
/// How often to check for missed notifications.
const CHECK_INTERVAL: Duration = Duration::from_secs(10);
/// Shortest time between two terms that begin because events were erased. A large erasure sends many notifications.
const TERM_PAUSE: Duration = Duration::from_secs(1);

pub(in crate::delivery) struct Notifications {
    store: Store,
    node: NodeId,
    engine: Arc<Engine>,
    wakeup: Arc<Wakeup>,
    /// Revision of the last webhook change that this node has applied.
    applied: i64,
    /// When the last term began because events were erased.
    term_began: Option<Instant>,
    /// When the next one begins, if one is due.
    term_due: Option<Instant>,
}

impl BackgroundTask for Notifications {
    const NAME: &'static str = "notifications";

    async fn run(&mut self, shutdown: &CancellationToken) {
        loop {
            match shutdown.run_until_cancelled(self.listen()).await {
                None | Some(Ok(())) => return,
                Some(Err(error)) => {
                    tracing::warn!(%error, "notifications of other nodes (LISTEN) cannot be received; trying again: {error}");
                }
            }
            if shutdown.run_until_cancelled(sleep(RECONNECT_PAUSE)).await.is_none() {
                return;
            }
        }
    }
}

impl Notifications {
    pub(in crate::delivery) const fn new(store: Store, node: NodeId, engine: Arc<Engine>, wakeup: Arc<Wakeup>) -> Self {
        Self {
            store,
            node,
            engine,
            wakeup,
            applied: 0,
            term_began: None,
            term_due: None,
        }
    }

    /// Receives notifications until the connection fails. Returns at once on SQLite, where there are no other nodes.
    async fn listen(&mut self) -> Result<(), StoreError> {
        let Some(mut listener) = self.store.listen().await? else {
            return Ok(());
        };
        // Notifications that were sent before the connection was made are lost.
        self.apply(Notification::Missed).await?;
        self.receive(&mut listener).await
    }

    async fn receive(&mut self, listener: &mut Listener) -> Result<(), StoreError> {
        let mut missed_before = false;
        loop {
            tokio::select! {
                biased;
                () = sleep_until(self.term_due.unwrap_or_else(Instant::now)), if self.term_due.is_some() => self.begin_term(),
                notification = listener.recv() => {
                    missed_before = false;
                    self.apply(notification?).await?;
                }
                () = sleep(CHECK_INTERVAL) => {
                    // A dead connection looks like a quiet one. A newer revision in the database reveals missed notifications.
                    if self.store.revision().await? > self.applied {
                        self.apply(Notification::Missed).await?;
                        if missed_before {
                            return Err(StoreError::Silent(CHECK_INTERVAL));
                        }
                        missed_before = true;
                    }
                }
            }
        }
    }

    async fn apply(&mut self, notification: Notification) -> Result<(), StoreError> {
        match notification {
            Notification::Pending => {}
            Notification::Keys | Notification::EventTypes => return Ok(()),
            Notification::Changed(webhook, revision) => {
                self.engine.apply_change(webhook).await;
                self.acknowledge(revision).await?;
            }
            Notification::Erased(revision) => {
                let soonest = self.term_began.map_or_else(Instant::now, |began| began + TERM_PAUSE);
                self.term_due.get_or_insert(soonest);
                return self.acknowledge(revision).await;
            }
            // Deliveries that wait in memory are held when they are due, because the webhook is read again then.
            Notification::ManyChanged(revision) => {
                self.engine.forget_all_endpoints();
                self.acknowledge(revision).await?;
            }
            Notification::Missed => {
                let revision = self.store.revision().await?;
                self.engine.forget_all_endpoints();
                // Events may have been erased.
                self.begin_term();
                self.acknowledge(revision).await?;
            }
        }
        self.wakeup.now();
        Ok(())
    }

    /// Gives the deliveries in memory back, so that those of erased events are cancelled when they are claimed.
    fn begin_term(&mut self) {
        (self.term_began, self.term_due) = (Some(Instant::now()), None);
        self.engine.begin_term();
        self.wakeup.now();
    }

    async fn acknowledge(&mut self, revision: i64) -> Result<(), StoreError> {
        self.applied = self.applied.max(revision);
        self.store.acknowledge(self.node, revision).await
    }
}
