//! Finds deliveries that are due, and those whose node is gone. Asleep between due times.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use crate::{
    dispatch::{engine::Engine, outcome::RETRY_AFTER_MAX},
    domain::{id::DeliveryId, timestamp::Timestamp},
    storage::{StoreError, queue::Claim},
};

/// Longest sleep: another node's deliveries become due without a word to this one.
const LOOK: Duration = Duration::from_secs(5);
/// How often it looks for deliveries whose node is gone.
const ORPHANS: Duration = Duration::from_secs(10);
/// How often it looks for deliveries that this node owns without knowing.
const STRAYS: Duration = Duration::from_secs(20);
/// How often it looks for due times that were set by a clock that was ahead; also at the start, and when the clock was set.
const FUTURE: Duration = Duration::from_mins(10);
/// Deliveries of one claim.
const BATCH: usize = 256;
/// Claims of one look, so that a lease or a stop is not kept waiting.
const CLAIMS: usize = 64;

pub(super) struct Claimer {
    engine: Arc<Engine>,
    orphans_at: Instant,
    strays_at: Instant,
    /// When it looks for due times that a clock set which was ahead.
    future_at: Instant,
    /// Deliveries that seemed to be strays at the last look.
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

    /// Runs until it is stopped. A database that fails is asked again, ever less often.
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

    /// Claims what is due, and says how long to sleep.
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
                        // The others have their turn at the next look, at once.
                        asked.push((backlog.webhook, Claim::Asked, room.min(BATCH)));
                        continue;
                    }
                    match queues.room(backlog.webhook) {
                        0 => queues.starve(backlog.webhook),
                        room => hungry.push((backlog.webhook, Claim::Due, room.min(BATCH))),
                    }
                }
            }
            // People wait for what they asked for: it goes first, of all webhooks.
            asked.extend(hungry);
            if asked.is_empty() || self.engine.stop.is_cancelled() || !self.engine.lease.is_held() {
                // Whoever waits for the end of a pause has to know of it.
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
                // Another node is claiming the same ones at this moment.
                return Ok(Duration::from_millis(50));
            }
            tracing::debug!(claimed, "claimed {claimed} deliveries");
        }
    }

    /// Looks after what nobody else does.
    async fn tend(&mut self) -> Result<(), StoreError> {
        let (engine, now) = (&self.engine, Instant::now());
        let (step, reading) = engine.sender.clock.step();
        if let Some(step) = step {
            // Other nodes have clocks of their own, which say when something is due.
            if engine.store.is_alone(engine.node).await? {
                tracing::warn!(
                    step_ms = step,
                    "the system clock jumped by {step} ms; the due times of deliveries are moved by the same time"
                );
                engine.store.patient().shift_due(step).await?;
            } else {
                tracing::warn!(step_ms = step, "the system clock jumped by {step} ms; other nodes send what is due");
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
                    "the due times of {count} deliveries were set while the system's clock was ahead; they are due by the retry schedule now"
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
            // A commit whose answer was lost leaves deliveries that this node owns and does not know. What is on its way is not among them twice.
            let owned = engine.store.owned(engine.node).await?;
            let strays: HashSet<_> = {
                let queues = engine.queues();
                owned.into_iter().filter(|delivery| !queues.has(*delivery)).collect()
            };
            let lost: Vec<_> = strays.intersection(&self.suspects).copied().collect();
            if !lost.is_empty() {
                tracing::warn!(
                    count = lost.len(),
                    "{} deliveries that this node owns in the database, but had not in memory, are sent now",
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
