//! The journal's writer task: takes a group from the queue, stores it in one transaction, and answers.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Weak},
    thread,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use tokio::{runtime::Handle, sync::oneshot};

use crate::{
    domain::{id::NodeId, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        journal::{
            Finished, Intake, Next, Place, Publish, Recorded,
            batcher::{Group, Way},
            group_transaction::{Done, Inside, tell},
            heartbeat::Pulse,
            results::recorded,
            subscriptions::Subscriptions,
        },
        sqlite_connection::Direct,
    },
};

/// The minimum time between the starts of two groups. Under load this makes groups larger, so that each commit stores more. The first entry
/// after a pause is not delayed.
const PACE: Duration = Duration::from_millis(1);
/// The maximum delay between two attempts to store results.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) struct Writer {
    pub(super) store: Store,
    pub(super) node: NodeId,
    intake: Weak<dyn Intake>,
    pulse: Arc<Pulse>,
    subscriptions: Subscriptions,
    /// The direct connection to the SQLite file, once it is open.
    direct: Option<Direct>,
}

impl Writer {
    pub(super) fn new(store: Store, node: NodeId, intake: Weak<dyn Intake>, pulse: Arc<Pulse>) -> Self {
        Self {
            store,
            node,
            intake,
            pulse,
            subscriptions: Subscriptions::default(),
            direct: None,
        }
    }

    /// Runs until all senders are dropped. On SQLite the writer has a thread of its own, because its statements block on the disk.
    pub(super) fn start(self, way: Arc<Way>) {
        let runtime = Handle::current();
        if self.store.is_shared() {
            runtime.spawn(self.watched(way));
            return;
        }
        let pulse = self.pulse.clone();
        let thread = thread::Builder::new().name("journal".to_owned());
        if let Err(error) = thread.spawn(move || runtime.block_on(self.watched(way))) {
            pulse.is_gone();
            tracing::error!(%error, "cannot start the thread of the database writer, so nothing can be stored; restart clearhook: {error}");
        }
    }

    /// Runs the writer and records a panic: the entries of its current group are lost, and it stores nothing any more.
    async fn watched(self, way: Arc<Way>) {
        let pulse = self.pulse.clone();
        if AssertUnwindSafe(self.run(way)).catch_unwind().await.is_err() {
            pulse.is_gone();
            tracing::error!("fault in clearhook: a database writer panicked; restart clearhook");
        }
    }

    async fn run(mut self, way: Arc<Way>) {
        let mut began = Instant::now();
        while let Some((group, writing)) = way.next(async || self.keep_pace(began).await).await {
            began = Instant::now();
            self.pulse.begins();
            let flushes = self.write(&way, group).await;
            self.pulse.ends();
            drop(writing);
            way.flushed(flushes).await;
        }
    }

    async fn keep_pace(&self, began: Instant) {
        let early = PACE.saturating_sub(began.elapsed());
        if early.is_zero() {
            return;
        }
        if self.store.is_shared() {
            tokio::time::sleep(early).await;
        } else {
            // The thread belongs to the journal alone, and tokio's timer is too coarse for this.
            thread::sleep(early);
        }
    }

    /// Stores a group in one transaction. If that fails, entries are stored separately, so that an invalid entry does not affect the
    /// others.
    async fn write(&mut self, way: &Way, group: Group) -> Vec<oneshot::Sender<()>> {
        let Some(intake) = self.intake.upgrade() else {
            return Vec::new();
        };
        let Group {
            mut publishes,
            results,
            flushes,
            ..
        } = group;
        // Their requests were answered with an error meanwhile.
        publishes.retain(|publish| publish.until > Instant::now());
        let error = match self.store_group(&*intake, &publishes, &results).await {
            Ok(done) => {
                way.note(done.events(), done.deliveries());
                tell(&*intake, publishes, done);
                return flushes;
            }
            Err(error) => error,
        };
        tracing::warn!(%error, "a transaction with {} publish requests and {} attempt results failed: {error}", publishes.len(), results.len());
        self.publish_again(&*intake, publishes, error).await;
        self.record_each(&intake, results).await;
        flushes
    }

    /// Retries the publish requests of a failed group. If the database rejected a value, they are stored one by one, so that only the
    /// invalid one fails. If the database cannot be reached, all fail at once, instead of each waiting for its own timeout.
    async fn publish_again(&mut self, intake: &dyn Intake, publishes: Vec<Publish>, error: StoreError) {
        let mut error = error;
        if publishes.is_empty() {
            return;
        }
        // A lost connection only shows at the next statement, and a new connection may work, so the group is tried once more. After a
        // timeout, or if another process held the lock, the callers have waited long enough.
        let waited = matches!(error, StoreError::Silent(_) | StoreError::FileGone) || error.is_busy();
        if !error.is_refusal() && !waited {
            match self.store_group(intake, &publishes, &[]).await {
                Ok(done) => return tell(intake, publishes, done),
                Err(again) => error = again,
            }
        }
        let one_by_one = error.is_refusal() && publishes.len() > 1;
        let mut left = publishes.into_iter();
        while one_by_one && let Some(publish) = left.next() {
            match self.store_group(intake, std::slice::from_ref(&publish), &[]).await {
                Ok(done) => tell(intake, vec![publish], done),
                Err(refused) if refused.is_refusal() => refuse(publish, refused),
                Err(away) => {
                    refuse(publish, away.again());
                    error = away;
                    break;
                }
            }
        }
        for publish in left {
            refuse(publish, error.again());
        }
    }

    /// Removes the results that are already stored: a commit may have succeeded although its answer was lost.
    async fn not_stored(&self, intake: &dyn Intake, results: &mut Vec<Finished>) -> Result<(), StoreError> {
        let id = |finished: &Finished| finished.callback.as_ref()?.id.get().map(|id| id.0);
        let ids: Vec<_> = results.iter().filter_map(id).collect();
        let stored = self.store.stored_callbacks(ids).await?;
        let gone = results.extract_if(.., |finished| id(finished).is_some_and(|id| stored.contains(&id)));
        let recorded: Vec<_> = gone.map(|finished| recorded(&finished)).collect();
        if !recorded.is_empty() {
            tracing::info!(
                "{} attempt results were already stored although the database reported an error",
                recorded.len()
            );
            intake.recorded(recorded);
        }
        Ok(())
    }

    /// Stores results until it succeeds, because their callbacks have been sent. Only a result that the database rejects is given up.
    async fn record_each(&mut self, intake: &Arc<dyn Intake>, results: Vec<Finished>) {
        let mut pause = Duration::from_millis(20);
        let mut left = results;
        let mut one_by_one = false;
        while !left.is_empty() {
            let count = if one_by_one { 1 } else { left.len() };
            let rest = left.split_off(count);
            let stored = match self.not_stored(&**intake, &mut left).await {
                Ok(()) => self.store_group(&**intake, &[], &left).await,
                Err(error) => Err(error),
            };
            match stored {
                Ok(done) => {
                    tell(&**intake, Vec::new(), done);
                    left = rest;
                    pause = Duration::from_millis(20);
                }
                Err(error) if error.is_refusal() && left.len() > 1 => {
                    one_by_one = true;
                    left.extend(rest);
                }
                Err(error) if error.is_refusal() => {
                    tracing::error!(%error, "the database rejects the result of an attempt; its delivery is marked as failed and not sent again: {error}");
                    left = set_aside(&**intake, left, &error).into_iter().chain(rest).collect();
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot store {} attempt results; retrying: {error}", left.len() + rest.len());
                    left.extend(rest);
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PATIENCE);
                }
            }
        }
    }

    async fn store_group(&mut self, intake: &dyn Intake, publishes: &[Publish], results: &[Finished]) -> Result<Done, StoreError> {
        let now = Timestamp::now();
        let mut reserved = Vec::new();
        let stored = self.try_store_group(intake, publishes, results, now, &mut reserved).await;
        if stored.is_err() {
            intake.give_up(&reserved);
        }
        stored
    }

    async fn try_store_group(
        &mut self,
        intake: &dyn Intake,
        publishes: &[Publish],
        results: &[Finished],
        now: Timestamp,
        reserved: &mut Vec<Place>,
    ) -> Result<Done, StoreError> {
        if self.direct.is_none() {
            self.direct = self.store.direct()?;
        }
        let group = Inside {
            node: self.node,
            now,
            intake,
            reserved,
        };
        let done = if let Some(direct) = &self.direct {
            let _turn = self.store.write.turn().await;
            let limit = self.store.write.limit();
            limit.check_content()?;
            let stored = async {
                let transaction = direct.begin()?;
                let done = group.store(&transaction, &mut self.subscriptions, publishes, results).await?;
                transaction.commit()?;
                Ok(done)
            };
            stored.await.map_err(|error| match error {
                StoreError::Database(error) => limit.explained(error).into(),
                error => error,
            })?
        } else {
            let transaction = self.store.patient().begin().await?;
            let done = group.store(&transaction, &mut self.subscriptions, publishes, results).await?;
            transaction.commit().await?;
            done
        };
        let events: usize = publishes.iter().map(|publish| publish.events.len()).sum();
        self.store.count_commit(events + results.len());
        Ok(done)
    }
}

fn refuse(publish: Publish, error: StoreError) {
    let _ = publish.answer.send(Err(error));
}

/// The fallback for results that the database rejects: only the failure and its reason are stored, without the callback. If that is
/// rejected too, the result is dropped.
fn set_aside(intake: &dyn Intake, refused: Vec<Finished>, error: &StoreError) -> Vec<Finished> {
    let (again, gone): (Vec<_>, Vec<_>) = refused.into_iter().partition(|finished| finished.callback.is_some());
    let recorded = gone.into_iter().map(|finished| Recorded {
        delivery: finished.job.delivery,
        again_at: None,
    });
    intake.recorded(recorded.collect());
    let without_callback = |finished: Finished| Finished {
        callback: None,
        next: Next::Failed(format!("The callback was sent, but the database rejected its log entry: {error}.")),
        ..finished
    };
    again.into_iter().map(without_callback).collect()
}
