//! The journal's writer: takes a group from the queue, stores it in one transaction, and answers.

use std::{panic::AssertUnwindSafe, sync::Arc, thread, time::Duration};

use futures_util::FutureExt;
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};

use crate::{
    domain::{id::NodeId, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        journal::{
            batcher::{Batcher, Group},
            committed::{Committed, Slot, Slots},
            entry::Publish,
            finished::{Finished, Next, Recorded},
            group_transaction::{GroupTransaction, StoredGroup},
            heartbeat::Heartbeat,
            results::recorded,
            subscriptions::Subscriptions,
        },
        partitions::Month,
    },
};

/// The minimum time between the starts of two groups. Under load this makes groups larger, so that each commit stores more. The first entry
/// after a pause is not delayed.
const GROUP_INTERVAL: Duration = Duration::from_millis(1);
/// The first pause before results are stored again after a failure. Each further pause is twice as long.
const RETRY_PAUSE: Duration = Duration::from_millis(20);
/// The longest of these pauses.
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(2);

pub(super) struct Writer {
    pub(super) store: Store,
    pub(super) node: NodeId,
    slots: Arc<dyn Slots>,
    committed: mpsc::UnboundedSender<Committed>,
    heartbeat: Arc<Heartbeat>,
    subscriptions: Subscriptions,
}

impl Writer {
    pub(super) fn new(
        store: Store,
        node: NodeId,
        slots: Arc<dyn Slots>,
        committed: mpsc::UnboundedSender<Committed>,
        heartbeat: Arc<Heartbeat>,
    ) -> Self {
        Self {
            subscriptions: Subscriptions::new(store.catalogue.clone()),
            store,
            node,
            slots,
            committed,
            heartbeat,
        }
    }

    /// Runs until all senders are dropped. On SQLite the writer runs on its own thread, because its statements block while they wait for the disk.
    pub(super) fn start(self, batcher: Arc<Batcher>) {
        let runtime = Handle::current();
        if self.store.is_shared() {
            runtime.spawn(self.watched(batcher));
            return;
        }
        let heartbeat = self.heartbeat.clone();
        let thread = thread::Builder::new().name("journal".to_owned());
        if let Err(error) = thread.spawn(move || runtime.block_on(self.watched(batcher))) {
            heartbeat.writer_ended();
            tracing::error!(%error, "cannot start the thread of the database writer, so nothing can be stored; restart clearhook: {error}");
        }
    }

    /// Runs the writer and records a panic: the entries of its current group are lost, and it stores nothing any more.
    async fn watched(self, batcher: Arc<Batcher>) {
        let heartbeat = self.heartbeat.clone();
        if AssertUnwindSafe(self.run(batcher)).catch_unwind().await.is_err() {
            heartbeat.writer_ended();
            tracing::error!("fault in clearhook: a database writer panicked; restart clearhook");
        }
    }

    async fn run(mut self, batcher: Arc<Batcher>) {
        let mut began = Instant::now();
        while let Some((group, writing)) = batcher.next(async || self.keep_pace(began).await).await {
            began = Instant::now();
            self.heartbeat.group_began();
            let flushes = self.write(&batcher, group).await;
            self.heartbeat.group_ended();
            drop(writing);
            batcher.answer_flushes(flushes).await;
        }
    }

    async fn keep_pace(&self, began: Instant) {
        let next = began + GROUP_INTERVAL;
        if self.store.is_shared() {
            sleep_until(next).await;
        } else {
            // The thread belongs to the writer alone, and tokio's timer is too coarse for this.
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    }

    /// Stores a group in one transaction. If that fails, entries are stored separately, so that an invalid entry does not affect the
    /// others.
    async fn write(&mut self, batcher: &Batcher, group: Group) -> Vec<oneshot::Sender<()>> {
        let Group {
            mut publishes,
            results,
            flushes,
            ..
        } = group;
        // The other requests were answered with an error meanwhile.
        publishes.retain(|publish| publish.until > Instant::now());
        let error = match self.store_group(&publishes, &results).await {
            Ok(stored) => {
                batcher.set_fan_out(stored.events(), stored.deliveries());
                self.report(stored, publishes);
                return flushes;
            }
            Err(error) => error,
        };
        tracing::warn!(%error, "a transaction with {} publish requests and {} attempt results failed: {error}", publishes.len(), results.len());
        self.publish_again(publishes, error).await;
        self.record_each(results).await;
        flushes
    }

    /// Reports a committed group to the dispatcher, and answers its publish requests.
    fn report(&self, stored: StoredGroup, publishes: Vec<Publish>) {
        let (committed, answers) = stored.into_parts();
        self.send(committed);
        for (publish, answer) in publishes.into_iter().zip(answers) {
            // The publisher may have disconnected. Its events are stored anyway.
            let _ = publish.answer.send(Ok(answer));
        }
    }

    fn send(&self, committed: Committed) {
        // The receiver is dropped only at the end of a shutdown. Deliveries in the message are then released in the database.
        let _ = self.committed.send(committed);
    }

    /// Retries the publish requests of a failed group. If the database rejected a value, they are stored one by one, so that only the
    /// invalid one fails. If the database cannot be reached, all fail at once, instead of each waiting for its own timeout.
    async fn publish_again(&mut self, publishes: Vec<Publish>, error: StoreError) {
        let mut error = error;
        if publishes.is_empty() {
            return;
        }
        // A lost connection only shows at the next statement, and a new connection may work, so the group is tried once more. After a
        // timeout, or if another process held the lock, the callers have waited long enough.
        let waited = matches!(error, StoreError::Silent(_) | StoreError::FileGone) || error.is_busy();
        if !error.is_refusal() && !waited {
            match self.store_group(&publishes, &[]).await {
                Ok(stored) => return self.report(stored, publishes),
                Err(again) => error = again,
            }
        }
        let one_by_one = error.is_refusal() && publishes.len() > 1;
        let mut left = publishes.into_iter();
        while one_by_one && let Some(publish) = left.next() {
            match self.store_group(std::slice::from_ref(&publish), &[]).await {
                Ok(stored) => self.report(stored, vec![publish]),
                Err(rejected) if rejected.is_refusal() => reject(publish, rejected),
                Err(unavailable) => {
                    reject(publish, unavailable.again());
                    error = unavailable;
                    break;
                }
            }
        }
        for publish in left {
            reject(publish, error.again());
        }
    }

    /// Removes the results that are already stored: a commit may have succeeded although its answer was lost.
    async fn remove_stored(&self, results: &mut Vec<Finished>) -> Result<(), StoreError> {
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
        }
        self.send_recorded(recorded);
        Ok(())
    }

    /// Stores results until it succeeds, because their callbacks have been sent. Only a result that the database rejects is given up.
    async fn record_each(&mut self, results: Vec<Finished>) {
        let mut pause = RETRY_PAUSE;
        let mut left = results;
        let mut one_by_one = false;
        while !left.is_empty() {
            let count = if one_by_one { 1 } else { left.len() };
            let rest = left.split_off(count);
            let stored = match self.remove_stored(&mut left).await {
                Ok(()) => self.store_group(&[], &left).await,
                Err(error) => Err(error),
            };
            match stored {
                Ok(stored) => {
                    self.report(stored, Vec::new());
                    left = rest;
                    pause = RETRY_PAUSE;
                }
                Err(error) if error.is_refusal() && left.len() > 1 => {
                    one_by_one = true;
                    left.extend(rest);
                }
                Err(error) if error.is_refusal() => {
                    tracing::error!(%error, "the database rejects the result of an attempt; its delivery is marked as failed and not sent again: {error}");
                    left = self.without_callbacks(left, &error).into_iter().chain(rest).collect();
                }
                Err(error) if self.committed.is_closed() => {
                    tracing::error!(%error, "the results of {} attempts were not stored before the shutdown; their deliveries will be sent again: {error}", left.len() + rest.len());
                    return;
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot store {} attempt results; retrying: {error}", left.len() + rest.len());
                    left.extend(rest);
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(RETRY_PAUSE_MAX);
                }
            }
        }
    }

    /// The fallback for results that the database rejects: only the failure and its reason are stored, without the callback. If that is
    /// rejected too, the result is dropped.
    fn without_callbacks(&self, rejected: Vec<Finished>, error: &StoreError) -> Vec<Finished> {
        let (again, dropped): (Vec<_>, Vec<_>) = rejected.into_iter().partition(|finished| finished.callback.is_some());
        let recorded = dropped.into_iter().map(|finished| Recorded {
            delivery: finished.job.delivery,
            again_at: None,
        });
        self.send_recorded(recorded.collect());
        let without_callback = |finished: Finished| Finished {
            callback: None,
            next: Next::Failed(format!("The callback was sent, but the database rejected its log entry: {error}.")),
            ..finished
        };
        again.into_iter().map(without_callback).collect()
    }

    fn send_recorded(&self, recorded: Vec<Recorded>) {
        if !recorded.is_empty() {
            self.send(Committed {
                recorded,
                ..Committed::default()
            });
        }
    }

    async fn store_group(&mut self, publishes: &[Publish], results: &[Finished]) -> Result<StoredGroup, StoreError> {
        let error = match self.try_store_group(publishes, results).await {
            Err(error) if error.is_missing_partition() => error,
            stored => return stored,
        };
        let events = publishes.iter().flat_map(|publish| &publish.events);
        let events = events.map(|(_, event)| Month::of_id(event.id.0));
        let callbacks = results.iter().filter_map(|finished| finished.callback.as_ref());
        let months: Vec<_> = events.chain(callbacks.map(|callback| Month::of(callback.at))).collect();
        if self.store.repairs_partitions(&error, months).await {
            self.try_store_group(publishes, results).await
        } else {
            Err(error)
        }
    }

    async fn try_store_group(&mut self, publishes: &[Publish], results: &[Finished]) -> Result<StoredGroup, StoreError> {
        let mut reserved = Vec::new();
        let stored = self.store_and_commit(publishes, results, &mut reserved).await;
        if stored.is_err() {
            self.slots.release(&reserved);
        }
        stored
    }

    async fn store_and_commit(
        &mut self,
        publishes: &[Publish],
        results: &[Finished],
        reserved: &mut Vec<Slot>,
    ) -> Result<StoredGroup, StoreError> {
        let group = GroupTransaction {
            node: self.node,
            received: Timestamp::now(),
            now: self.store.now(),
            slots: &*self.slots,
            reserved,
        };
        let done = if let Some(direct) = &self.store.direct {
            let _guard = self.store.write.lock().await;
            let limit = self.store.write.limit();
            limit.check_content()?;
            let stored = async {
                let transaction = direct.begin()?;
                let done = group.store(&transaction, &mut self.subscriptions, publishes, results).await?;
                // The file may have been replaced while the transaction waited for a lock.
                limit.check_content()?;
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

fn reject(publish: Publish, error: StoreError) {
    let _ = publish.answer.send(Err(error));
}
