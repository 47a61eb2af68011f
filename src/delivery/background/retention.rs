//! Retention: deletes old data in small batches, with pauses between them so that deliveries are not slowed down. An event type may keep the
//! payloads of its events for a shorter or longer time than the log.

use std::{collections::HashMap, time::Duration};

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    delivery::{attempt::DELETED, background::supervisor::BackgroundTask},
    domain::{delivery::DeliveryState, timestamp::Timestamp},
    storage::{
        Store, StoreError, idempotency,
        retention::{EventsOf, Expired, TOGETHER},
        sessions, sign_in_limits,
    },
};

/// Pause between two rounds.
const PAUSE: Duration = Duration::from_secs(600);
/// For how many rounds events that were seen are not read again: a day. What was kept because of an unfinished delivery is found then.
const ROUNDS: u32 = 144;

pub(in crate::delivery) struct Retention {
    store: Store,
    /// How long callbacks and events are kept.
    age: Duration,
    /// Up to where events were seen.
    seen: Seen,
}

/// The last event that was seen, by what was searched for, so that rows that stay are not read in every round.
#[derive(Default)]
struct Seen {
    round: u32,
    /// By event type, whose payloads were removed.
    payloads: HashMap<String, Uuid>,
    /// By event type whose events are kept longer than others, or `None` for all others.
    events: HashMap<Option<String>, Uuid>,
}

impl Seen {
    fn next_round(&mut self) {
        self.round += 1;
        if self.round.is_multiple_of(ROUNDS) {
            self.payloads.clear();
            self.events.clear();
        }
    }
}

impl BackgroundTask for Retention {
    const NAME: &'static str = "retention";

    async fn run(&mut self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            self.seen.next_round();
            self.partitions(shutdown).await;
            for what in Expired::ALL {
                let done = match what {
                    Expired::Events => self.delete_events(shutdown).await,
                    _ => self.delete_old(what, shutdown).await,
                };
                if let Err(error) = done {
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
    /// A task that keeps callbacks and events for this time.
    pub(in crate::delivery) fn new(store: Store, age: Duration) -> Self {
        Self {
            store,
            age,
            seen: Seen::default(),
        }
    }

    /// Creates the partitions of the next months, and drops old ones.
    async fn partitions(&self, shutdown: &CancellationToken) {
        if let Err(error) = self.store.create_partitions_ahead().await {
            tracing::error!(%error, "the partitions of the next months cannot be created now; trying again later: {error}");
        }
        let dropped = shutdown.run_until_cancelled(self.store.drop_old_partitions(self.age)).await;
        if let Some(Err(error)) = dropped {
            tracing::warn!(%error, "old partitions cannot be dropped now; trying again later: {error}");
        }
    }

    /// Marks held deliveries of deleted webhooks as failed. They exist if a delivery was held while its webhook was being deleted, or if a
    /// node stopped in the middle of a deletion.
    async fn fail_held(&self) -> Result<(), StoreError> {
        for webhook in self.store.deleted_with_held().await? {
            let store = self.store.patient();
            store.withdraw(webhook, DeliveryState::Failed, DELETED, store.now()).await?;
        }
        Ok(())
    }

    async fn delete_old(&self, what: Expired, shutdown: &CancellationToken) -> Result<(), StoreError> {
        let age = match what {
            Expired::Sessions => sessions::IDLE,
            Expired::SignInLimits => sign_in_limits::MEMORY,
            Expired::IdempotencyKeys => idempotency::MEMORY,
            Expired::Events => later(self.age),
            Expired::Callbacks | Expired::Deliveries | Expired::Stats => self.age,
        };
        while !shutdown.is_cancelled() {
            let began = Instant::now();
            let now = Timestamp::now();
            let before = match what {
                Expired::Callbacks | Expired::Deliveries => self.store.deletable_before(now, age),
                _ => now.minus(age),
            };
            if !self.store.patient().delete_expired(what, before).await? {
                return Ok(());
            }
            // Uses at most a quarter of the time of the database's writer.
            sleep(began.elapsed() * 3).await;
        }
        Ok(())
    }
    /// Removes the payloads of types that keep them for a shorter time than the log, and deletes old events. Those of types that keep them for a
    /// longer time stay without their deliveries.
    async fn delete_events(&mut self, shutdown: &CancellationToken) -> Result<(), StoreError> {
        let types = self.store.payload_retention().await?;
        let (longer, shorter): (Vec<_>, Vec<_>) = types.into_iter().partition(|(_, age)| *age > self.age);
        let store = self.store.patient();
        for (event_type, age) in shorter {
            let seen = self.seen.payloads.entry(event_type.clone()).or_default();
            in_batches(&store, Work::RemovePayloads(&event_type, age), seen, shutdown).await?;
        }
        let names: Vec<String> = longer.iter().map(|(name, _)| name.clone()).collect();
        let seen = self.seen.events.entry(None).or_default();
        if names.is_empty() {
            // Nothing of that age stays, except for a few events with unfinished deliveries.
            *seen = Uuid::nil();
        }
        let others = Work::Delete(EventsOf::AllExcept(&names), later(self.age));
        in_batches(&store, others, seen, shutdown).await?;
        for (event_type, age) in &longer {
            let seen = self.seen.events.entry(Some(event_type.clone())).or_default();
            in_batches(&store, Work::Delete(EventsOf::Type(event_type), *age), seen, shutdown).await?;
        }
        Ok(())
    }
}

/// The age at which events are deleted: after the deliveries of the same time.
fn later(retention: Duration) -> Duration {
    retention.saturating_add(TOGETHER.min(retention / 10))
}

/// What is done with events of an age.
#[derive(Clone, Copy)]
enum Work<'a> {
    /// Their payloads are removed.
    RemovePayloads(&'a str, Duration),
    /// They are deleted.
    Delete(EventsOf<'a>, Duration),
}

/// Works in batches from the last event that was seen on, until there are no more.
async fn in_batches(store: &Store, work: Work<'_>, seen: &mut Uuid, shutdown: &CancellationToken) -> Result<(), StoreError> {
    while !shutdown.is_cancelled() {
        let (began, now) = (Instant::now(), Timestamp::now());
        let last = match work {
            Work::RemovePayloads(event_type, age) => store.remove_payloads(event_type, now.minus(age), *seen).await?,
            // The period of a type is kept to the day. All others wait until their month can be dropped.
            Work::Delete(EventsOf::Type(name), age) => store.delete_events(EventsOf::Type(name), now.minus(age), *seen).await?,
            Work::Delete(which, age) => store.delete_events(which, store.deletable_before(now, age), *seen).await?,
        };
        match last {
            Some(last) => *seen = last,
            None => return Ok(()),
        }
        // Uses at most a quarter of the time of the database's writer.
        sleep(began.elapsed() * 3).await;
    }
    Ok(())
}
