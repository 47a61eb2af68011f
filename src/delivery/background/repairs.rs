//! Periodic repairs of due times and of the ownership of deliveries. The claimer runs them before it claims, because a jump of the
//! clock changes which deliveries are due.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    delivery::{classify_response::RETRY_AFTER_MAX, clock_jump::JumpDetector, engine::Engine},
    domain::{
        id::{DeliveryId, NodeId},
        retry::RetrySchedule,
    },
    storage::{Store, StoreError},
};

/// How often to look for deliveries whose node has died.
const ORPHANS_INTERVAL: Duration = Duration::from_secs(10);
/// How often to look for deliveries that this node owns in the database but does not have in memory.
const STRAYS_INTERVAL: Duration = Duration::from_secs(20);
/// How often to look for due times that are too late because the clock was ahead when they were set. Also done at the start and after a
/// clock jump.
const LATE_INTERVAL: Duration = Duration::from_mins(10);

pub(in crate::delivery) struct Repairs {
    store: Store,
    node: NodeId,
    engine: Arc<Engine>,
    clock: Arc<JumpDetector>,
    schedule: RetrySchedule,
    orphans_at: Instant,
    strays_at: Instant,
    late_at: Instant,
    /// Deliveries that were not in memory at the last check for strays.
    suspects: HashSet<DeliveryId>,
}

impl Repairs {
    pub(in crate::delivery) fn new(
        store: Store,
        node: NodeId,
        engine: Arc<Engine>,
        clock: Arc<JumpDetector>,
        schedule: RetrySchedule,
    ) -> Self {
        let now = Instant::now();
        Self {
            store,
            node,
            engine,
            clock,
            schedule,
            orphans_at: now,
            strays_at: now + STRAYS_INTERVAL,
            late_at: now,
            suspects: HashSet::new(),
        }
    }

    /// Runs the repairs that are due.
    pub(in crate::delivery) async fn run(&mut self) -> Result<(), StoreError> {
        let now = Instant::now();
        self.follow_clock(now).await?;
        if now >= self.late_at {
            self.correct_late_times().await?;
            self.late_at = now + LATE_INTERVAL;
        }
        if self.store.is_shared() && now >= self.orphans_at {
            self.release_orphans().await?;
            self.orphans_at = now + ORPHANS_INTERVAL;
        }
        if now >= self.strays_at {
            self.release_strays().await?;
            self.strays_at = now + STRAYS_INTERVAL;
        }
        Ok(())
    }

    /// Moves the due times by the same time as the clock by which they are due was changed.
    async fn follow_clock(&mut self, now: Instant) -> Result<(), StoreError> {
        let (jump, reading) = self.clock.jump();
        if let Some(jump) = jump {
            if self.store.is_shared() {
                tracing::warn!(
                    jump_ms = jump,
                    "the system clock jumped by {jump} ms; deliveries are due by the clock of the database, so their due times stay"
                );
            } else {
                tracing::warn!(
                    jump_ms = jump,
                    "the system clock jumped by {jump} ms; the due times of deliveries are moved by the same time"
                );
                self.store.patient().shift_due(jump).await?;
                self.late_at = now;
            }
        }
        self.clock.keep(reading);
        if let Some(jump) = self.store.database_clock_jump() {
            // Each of several nodes would move them.
            if self.store.is_alone(self.node).await? {
                tracing::warn!(
                    jump_ms = jump,
                    "the clock of the database jumped by {jump} ms; the due times of deliveries are moved by the same time"
                );
                self.store.patient().shift_due(jump).await?;
            } else {
                tracing::warn!(
                    jump_ms = jump,
                    "the clock of the database jumped by {jump} ms; due times are not moved because other nodes are running"
                );
            }
            self.store.handled_database_clock_jump(jump);
            self.late_at = now;
        }
        Ok(())
    }

    async fn correct_late_times(&self) -> Result<(), StoreError> {
        let store = self.store.patient();
        let count = store.correct_future(&self.schedule, RETRY_AFTER_MAX).await?;
        if count > 0 {
            tracing::warn!(
                count,
                "the due times of {count} deliveries were set while the clock was ahead; they are corrected by the retry schedule"
            );
        }
        Ok(())
    }

    /// Releases the deliveries of other nodes whose lease has expired.
    async fn release_orphans(&self) -> Result<(), StoreError> {
        let count = self.store.patient().release_orphans(self.node).await?;
        if count > 0 {
            tracing::warn!(
                count,
                "{count} deliveries of a node that has stopped without finishing them are sent by this node"
            );
        }
        Ok(())
    }

    /// Releases deliveries that this node owns in the database but does not have in memory: they exist if the reply to a COMMIT was lost. A
    /// delivery that is only on its way into memory is not missing in two checks in a row.
    async fn release_strays(&mut self) -> Result<(), StoreError> {
        let owned = self.store.owned(self.node).await?;
        let missing: HashSet<_> = {
            let queues = self.engine.queues();
            owned.into_iter().filter(|delivery| !queues.contains(*delivery)).collect()
        };
        let strays: Vec<_> = missing.intersection(&self.suspects).copied().collect();
        if !strays.is_empty() {
            tracing::warn!(
                count = strays.len(),
                "{} deliveries that this node owns in the database were missing in its memory; they are sent now",
                strays.len()
            );
            self.store.patient().release(self.node, &strays, None).await?;
        }
        self.suspects = missing;
        Ok(())
    }
}
