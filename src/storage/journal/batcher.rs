//! A queue of entries for the journal, processed by one or more writers.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, SemaphorePermit, mpsc, oneshot};

use crate::storage::journal::{
    entry::{Entry, Publish},
    finished::Finished,
};

/// The maximum number of entries per transaction.
const ENTRIES_MAX: usize = 512;
/// The maximum number of rows per transaction (events and deliveries), estimated. Other writers wait for the transaction, and its rows are
/// all in memory.
const ROWS_MAX: usize = 10_000;

/// A queue of entries, shared by its writers.
pub(super) struct Batcher {
    entries: Mutex<mpsc::UnboundedReceiver<Entry>>,
    /// Deliveries per event in the last group, rounded up.
    fan_out: AtomicUsize,
    /// One permit per writer, held while it writes.
    writing: Semaphore,
    writers: u32,
}

impl Batcher {
    pub(super) fn new(entries: mpsc::UnboundedReceiver<Entry>, writers: u32) -> Arc<Self> {
        Arc::new(Self {
            entries: Mutex::new(entries),
            fan_out: AtomicUsize::new(1),
            writing: Semaphore::new(writers as usize),
            writers,
        })
    }

    /// Waits for the next group and a permit to write it. `pace` delays the group after its first entry has arrived. Returns `None` when
    /// all senders are dropped.
    pub(super) async fn next(&self, pace: impl AsyncFnOnce()) -> Option<(Group, SemaphorePermit<'_>)> {
        let mut buffer = Vec::with_capacity(ENTRIES_MAX);
        let mut entries = self.entries.lock().await;
        buffer.push(entries.recv().await?);
        pace().await;
        let mut rows = self.rows(&buffer);
        while buffer.len() < ENTRIES_MAX
            && rows < ROWS_MAX
            && let Ok(entry) = entries.try_recv()
        {
            rows += self.rows(std::slice::from_ref(&entry));
            buffer.push(entry);
        }
        let writing = self.writing.acquire().await.ok()?;
        Some((Group::of(buffer), writing))
    }

    /// The estimated number of rows for these entries.
    fn rows(&self, entries: &[Entry]) -> usize {
        let fan_out = self.fan_out.load(Ordering::Relaxed);
        let events = entries.iter().map(|entry| match entry {
            Entry::Publish(publish) => publish.events.len(),
            Entry::Result(..) | Entry::Flush(_) => 0,
        });
        events.sum::<usize>() * (1 + fan_out)
    }

    /// Stores the number of deliveries per event for the next estimate.
    pub(super) fn set_fan_out(&self, events: usize, deliveries: usize) {
        if events > 0 {
            self.fan_out.store(deliveries.div_ceil(events), Ordering::Relaxed);
        }
    }

    /// Answers flush requests once everything queued before them is stored. Acquires all permits, because other writers may still be
    /// writing earlier entries.
    pub(super) async fn answer_flushes(&self, flushes: Vec<oneshot::Sender<()>>) {
        if flushes.is_empty() || self.writing.acquire_many(self.writers).await.is_err() {
            return;
        }
        for flush in flushes {
            // The receiver may have been dropped.
            let _ = flush.send(());
        }
    }
}

/// The entries of one transaction, by kind.
#[derive(Default)]
pub(super) struct Group {
    pub(super) publishes: Vec<Publish>,
    pub(super) results: Vec<Finished>,
    /// Flush requests in this group.
    pub(super) flushes: Vec<oneshot::Sender<()>>,
    /// Permits of the results. They are released when the results are stored.
    permits: Vec<OwnedSemaphorePermit>,
}

impl Group {
    fn of(entries: Vec<Entry>) -> Self {
        let mut group = Self::default();
        for entry in entries {
            match entry {
                Entry::Publish(publish) => group.publishes.push(publish),
                Entry::Result(finished, permit) => {
                    group.results.push(*finished);
                    group.permits.push(permit);
                }
                Entry::Flush(done) => group.flushes.push(done),
            }
        }
        group
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{event_type::EventType, timestamp::Timestamp},
        storage::{
            events::{EventKey, NewEvent},
            new_id,
        },
    };

    fn publish(events: usize) -> Entry {
        let event = |number: usize| {
            let event = NewEvent {
                id: new_id(),
                event_type: EventType::of_stored("identity.created"),
                source: String::new(),
                ce_id: number.to_string(),
                subject: None,
                extensions: None,
                trace: None,
                occurred_at: Timestamp(0),
                body: "{}".into(),
            };
            (EventKey::of("", &event.ce_id), event)
        };
        let permit = || Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        Entry::Publish(Publish {
            events: (0..events).map(event).collect(),
            until: tokio::time::Instant::now(),
            answer: oneshot::channel().0,
            permits: (permit(), permit()),
        })
    }

    #[tokio::test]
    async fn the_size_of_a_group_is_limited_by_entries_and_by_rows() {
        let (to_publish, entries) = mpsc::unbounded_channel();
        let batcher = Batcher::new(entries, 1);
        let next = async || batcher.next(async || ()).await.unwrap().0.publishes.len();
        let send = |count, events| (0..count).for_each(|_| assert!(to_publish.send(publish(events)).is_ok()));
        send(16, 1_000);
        assert_eq!(next().await, 5, "1,000 events and 1,000 deliveries each");
        batcher.set_fan_out(1_000, 9_000);
        assert_eq!(next().await, 1, "1,000 events and 9,000 deliveries each");
        batcher.set_fan_out(1_000, 0);
        assert_eq!(next().await, 10, "1,000 events each without deliveries");
        send(600, 1);
        assert_eq!((next().await, next().await), (512, 88));
    }
}
