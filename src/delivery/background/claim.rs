//! The claimer: claims due deliveries from the database. Sleeps until the next delivery is due.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    delivery::{
        background::{repairs::Repairs, supervisor::BackgroundTask},
        engine::Engine,
        lease::Lease,
        wakeup::Wakeup,
    },
    domain::{
        id::{NodeId, WebhookId},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        deliveries::{Backlog, ClaimFilter},
    },
};

/// Longest sleep. Other nodes notify this one of manual requests, but not of retries that they store and of deliveries that they have no slot
/// for, so it polls. A poll is one reading of the backlogs and the claims that follow.
const SLEEP_MAX: Duration = Duration::from_secs(5);
/// Pause after a poll that claimed nothing, because another node was claiming the same deliveries at that moment, or the term of the
/// lease had ended.
const CONTENTION_PAUSE: Duration = Duration::from_millis(50);
/// Maximum number of deliveries in one claim.
const BATCH: usize = 256;
/// Maximum number of claims in one poll, so that a lost lease or a shutdown is noticed in time.
const CLAIMS_MAX: usize = 64;

pub(in crate::delivery) struct Claimer {
    pub(in crate::delivery) store: Store,
    pub(in crate::delivery) node: NodeId,
    pub(in crate::delivery) engine: Arc<Engine>,
    pub(in crate::delivery) lease: Arc<Lease>,
    pub(in crate::delivery) wakeup: Arc<Wakeup>,
    pub(in crate::delivery) repairs: Repairs,
}

/// A webhook, which of its deliveries to claim, and how many at most.
type PlannedClaim = (WebhookId, ClaimFilter, usize);

impl BackgroundTask for Claimer {
    const NAME: &'static str = "claim";

    /// Retries with exponential backoff when the database fails.
    async fn run(&mut self, shutdown: &CancellationToken) {
        let mut failures = 0;
        loop {
            let pause = match self.claim_all_due(shutdown).await {
                Ok(pause) => {
                    failures = 0;
                    pause
                }
                Err(error) => {
                    failures += 1;
                    tracing::warn!(%error, "due deliveries cannot be read from the database; trying again: {error}");
                    SLEEP_MAX.min(Duration::from_millis(100 << failures.min(6)))
                }
            };
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = self.wakeup.woken() => {}
                () = sleep(pause) => {}
            }
        }
    }
}

impl Claimer {
    /// Claims due deliveries until there are none left. Returns how long to sleep.
    async fn claim_all_due(&mut self, shutdown: &CancellationToken) -> Result<Duration, StoreError> {
        // Repairs come first, because a jump of the clock changes which deliveries are due.
        self.repairs.run().await?;
        loop {
            self.wakeup.forget_due_times();
            // The term is read before the time: `Store::release` tells by the time what was claimed in a later term.
            let term = self.engine.queues().term();
            let now = self.store.now();
            let backlogs = self.store.backlogs().await?;
            self.wakeup.note_poll();
            let (claims, next_due) = self.plan(&backlogs, now);
            if claims.is_empty() || shutdown.is_cancelled() || !self.lease.is_held() {
                // `plan` may have set the time of the next probe of an open circuit breaker. `start_attempts` wakes the task that waits for it.
                self.engine.start_attempts();
                let next_due = next_due.map_or(self.wakeup.earliest_due(), |due| due.min(self.wakeup.earliest_due()));
                return Ok(next_due.since(self.store.now()).min(SLEEP_MAX));
            }
            let mut claimed = 0;
            for (webhook, filter, limit) in claims.into_iter().take(CLAIMS_MAX) {
                if term != self.engine.queues().term() {
                    break;
                }
                let jobs = self.store.claim(self.node, webhook, filter, now, limit as u64).await?;
                claimed += jobs.len();
                self.engine.enqueue_claimed(webhook, jobs, now, term).await;
            }
            if claimed == 0 {
                return Ok(CONTENTION_PAUSE);
            }
            tracing::debug!(claimed, "claimed {claimed} deliveries");
        }
    }

    /// Decides what to claim: as many due deliveries of each webhook as its queue has free slots. Also returns when the first delivery that
    /// is not due yet will be. Marks webhooks without free slots, so that their queues request a claim when slots are free.
    fn plan(&self, backlogs: &[Backlog], now: Timestamp) -> (Vec<PlannedClaim>, Option<Timestamp>) {
        let (mut next_due, mut manual, mut others) = (None::<Timestamp>, Vec::new(), Vec::new());
        let mut queues = self.engine.queues();
        for backlog in backlogs {
            let webhook = backlog.webhook;
            if !backlog.is_due(now) {
                next_due = Some(next_due.map_or(backlog.due, |next| next.min(backlog.due)));
                continue;
            }
            let free = queues.free_slots_for_manual(webhook);
            if backlog.manual && free > 0 {
                // The webhook's other deliveries are claimed in the next iteration, which follows at once.
                manual.push((webhook, ClaimFilter::ManualOnly, free.min(BATCH)));
                continue;
            }
            match queues.free_slots(webhook) {
                0 => queues.request_refill_later(webhook),
                free => others.push((webhook, ClaimFilter::AllDue, free.min(BATCH))),
            }
        }
        // Manual deliveries of all webhooks come first, because people wait for them.
        manual.extend(others);
        (manual, next_due)
    }
}
