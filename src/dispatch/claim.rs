//! Finds deliveries that are due, and those whose node is gone. Asleep between due times.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{
    dispatch::LEASE,
    domain::{id::NodeId, timestamp::Timestamp},
    storage::{Store, StoreError, queue::Job},
};

/// Longest sleep: other nodes' deliveries become due without a word to this one.
const LOOK: Duration = Duration::from_secs(5);
/// How often it looks for deliveries whose node is gone.
const ORPHANS: Duration = Duration::from_secs(15);
/// Deliveries of one claim.
const BATCH: u64 = 200;

/// Claims deliveries and hands them to the dispatcher.
pub(super) struct Claimer {
    pub(super) store: Store,
    pub(super) node: NodeId,
    pub(super) wake: Arc<Notify>,
    pub(super) stop: CancellationToken,
    pub(super) inbox: mpsc::Sender<Vec<Job>>,
}

impl Claimer {
    /// Runs until it is stopped. A database that fails is asked again, ever less often.
    pub(super) async fn run(self) {
        let mut orphans_at = Instant::now();
        let mut trouble = 0;
        loop {
            let pause = match self.look(&mut orphans_at).await {
                Ok(pause) => {
                    trouble = 0;
                    pause
                }
                Err(error) => {
                    trouble += 1;
                    tracing::warn!(%error, "cannot look for due deliveries; trying again");
                    LOOK.min(Duration::from_millis(100 << trouble.min(6)))
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Claims what is due, and says how long to sleep.
    async fn look(&self, orphans_at: &mut Instant) -> Result<Duration, StoreError> {
        loop {
            let now = Timestamp::now();
            let next = self.store.next_due().await?;
            if next.is_none_or(|next| next > now) && Instant::now() < *orphans_at {
                return Ok(next.map_or(LOOK, |next| next.since(now).clamp(Duration::from_millis(5), LOOK)));
            }
            let jobs = self.store.claim(self.node, now, now.plus(LEASE), BATCH).await?;
            if (jobs.len() as u64) < BATCH {
                *orphans_at = Instant::now() + ORPHANS;
            }
            if jobs.is_empty() && next.is_some_and(|next| next <= now) {
                // Another node is claiming the same ones at this moment.
                return Ok(Duration::from_millis(50));
            }
            if !jobs.is_empty() {
                tracing::debug!(count = jobs.len(), "claimed {} deliveries", jobs.len());
                // Waits while the dispatcher is busy: what is not claimed stays for other nodes.
                if self.inbox.send(jobs).await.is_err() {
                    return Ok(LOOK);
                }
            }
        }
    }
}
