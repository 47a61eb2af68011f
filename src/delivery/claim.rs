//! The claimer: claims due deliveries from the database, and recovers those of dead nodes. Sleeps until the next delivery is due.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use crate::{
    delivery::{classify_response::RETRY_AFTER_MAX, engine::Engine},
    domain::{id::DeliveryId, timestamp::Timestamp},
    storage::{StoreError, deliveries::Claim},
};

/// Longest sleep. Deliveries that other nodes stored become due without a notification to this one.
const LOOK: Duration = Duration::from_secs(5);
/// How often to look for deliveries whose node has died.
const ORPHANS: Duration = Duration::from_secs(10);
/// How often to look for deliveries that this node owns in the database but does not have in memory.
const STRAYS: Duration = Duration::from_secs(20);
/// How often to look for due times that are too late because the clock was ahead when they were set. Also done at the start and after a
/// clock jump.
const FUTURE: Duration = Duration::from_mins(10);
/// Maximum number of deliveries in one claim.
const BATCH: usize = 256;
/// Maximum number of claims in one iteration, so that a lost lease or a shutdown is noticed in time.
const CLAIMS: usize = 64;

pub(super) struct Claimer {
    engine: Arc<Engine>,
    orphans_at: Instant,
    strays_at: Instant,
    /// When to look for due times that are too late because the clock was ahead.
    future_at: Instant,
    /// Deliveries that were not in memory at the last check for strays.
    suspects: HashSet<DeliveryId>,
}

impl Claimer {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        let now = Instant::now();
        Self {
            engine,
            orphans_at: now,
            strays_at: now + STRAYS,
            future_at: now,
            suspects: HashSet::new(),
        }
    }

    /// Runs until the node stops. Retries with exponential backoff when the database fails.
    pub(super) async fn run(mut self) {
        let mut trouble = 0;
        loop {
            let pause = match self.look().await {
                Ok(pause) => {
                    trouble = 0;
                    pause
                }
                Err(error) => {
                    trouble += 1;
                    tracing::warn!(%error, "due deliveries cannot be read from the database; trying again: {error}");
                    LOOK.min(Duration::from_millis(100 << trouble.min(6)))
                }
            };
            tokio::select! {
                () = self.engine.stop.cancelled() => return,
                () = self.engine.due.news() => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// Claims due deliveries until there are none left. Returns how long to sleep.
    async fn look(&mut self) -> Result<Duration, StoreError> {
        self.tend().await?;
        loop {
            self.engine.due.begin();
            let now = Timestamp::now();
            let (mut next, mut asked, mut hungry) = (None::<Timestamp>, Vec::new(), Vec::new());
            let store = &self.engine.store;
            let backlogs = store.backlogs().await?;
            self.engine.is_alive();
            {
                let mut queues = self.engine.queues();
                for backlog in backlogs {
                    if backlog.due > now {
                        next = Some(next.map_or(backlog.due, |next| next.min(backlog.due)));
                        continue;
                    }
                    let room = queues.room_for_asked(backlog.webhook);
                    if backlog.asked && room > 0 {
                        // The webhook's other deliveries are claimed in the next iteration, which follows at once.
                        asked.push((backlog.webhook, Claim::Asked, room.min(BATCH)));
                        continue;
                    }
                    match queues.room(backlog.webhook) {
                        0 => queues.starve(backlog.webhook),
                        room => hungry.push((backlog.webhook, Claim::Due, room.min(BATCH))),
                    }
                }
            }
            // Manual deliveries of all webhooks come first, because people wait for them.
            asked.extend(hungry);
            if asked.is_empty() || self.engine.stop.is_cancelled() || !self.engine.lease.is_held() {
                // `starve` may have delayed a webhook until the time of its probe. `pump` wakes `watch_delays`, which waits for that time.
                self.engine.pump();
                let next = next.map_or(self.engine.due.earliest(), |next| next.min(self.engine.due.earliest()));
                return Ok(next.since(Timestamp::now()).min(LOOK));
            }
            let mut claimed = 0;
            for (webhook, which, room) in asked.into_iter().take(CLAIMS) {
                let jobs = store.claim(self.engine.node, webhook, which, now, room as u64).await?;
                claimed += jobs.len();
                self.engine.take_claimed(webhook, jobs).await;
            }
            if claimed == 0 {
                // Another node is claiming the same deliveries at this moment.
                return Ok(Duration::from_millis(50));
            }
            tracing::debug!(claimed, "claimed {claimed} deliveries");
        }
    }

    /// Periodic repairs: clock jumps, due times that are too late, deliveries of dead nodes, and strays.
    async fn tend(&mut self) -> Result<(), StoreError> {
        let (engine, now) = (&self.engine, Instant::now());
        let (step, reading) = engine.sender.clock.step();
        if let Some(step) = step {
            // If other nodes run, their clocks may be right, so the due times stay as they are.
            if engine.store.is_alone(engine.node).await? {
                tracing::warn!(
                    step_ms = step,
                    "the system clock jumped by {step} ms; the due times of deliveries are moved by the same time"
                );
                engine.store.patient().shift_due(step).await?;
            } else {
                tracing::warn!(
                    step_ms = step,
                    "the system clock jumped by {step} ms; due times are not moved because other nodes are running"
                );
            }
            self.future_at = now;
        }
        engine.sender.clock.keep(reading);
        if now >= self.future_at {
            let schedule = &engine.sender.settings.schedule;
            let store = engine.store.patient();
            let count = store.correct_future(Timestamp::now(), schedule, RETRY_AFTER_MAX).await?;
            if count > 0 {
                tracing::warn!(
                    count,
                    "the due times of {count} deliveries were set while the system clock was ahead; they are corrected by the retry schedule"
                );
            }
            self.future_at = now + FUTURE;
        }
        if engine.store.is_shared() && now >= self.orphans_at {
            let count = engine.store.patient().release_orphans(Timestamp::now()).await?;
            if count > 0 {
                tracing::warn!(
                    count,
                    "{count} deliveries of a node that has stopped without finishing them are sent by this node"
                );
            }
            self.orphans_at = now + ORPHANS;
        }
        if now >= self.strays_at {
            // If the reply to a COMMIT is lost, this node owns deliveries that are not in its memory. A delivery that is only on its way
            // into
            // memory is not missing in two checks in a row.
            let owned = engine.store.owned(engine.node).await?;
            let strays: HashSet<_> = {
                let queues = engine.queues();
                owned.into_iter().filter(|delivery| !queues.has(*delivery)).collect()
            };
            let lost: Vec<_> = strays.intersection(&self.suspects).copied().collect();
            if !lost.is_empty() {
                tracing::warn!(
                    count = lost.len(),
                    "{} deliveries that this node owns in the database were missing in its memory; they are sent now",
                    lost.len()
                );
                engine.store.patient().release(engine.node, &lost).await?;
            }
            self.suspects = strays;
            self.strays_at = now + STRAYS;
        }
        Ok(())
    }
}
