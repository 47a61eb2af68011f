//! The journal: group commit of published events and attempt results. While one group is committed, the next one collects, so that a single
//! publisher is not delayed and many publishers share the cost of a commit.

mod batcher;
mod committed;
mod entry;
mod finished;
mod group_transaction;
mod heartbeat;
mod publish;
mod results;
mod subscriptions;
mod webhook_health;
mod writer;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::DbBackend;
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    time::{Instant, timeout},
};

pub(super) use self::publish::{NewDelivery, add_events, add_keys};
use self::{
    batcher::Batcher,
    entry::{Entry, Publish},
    heartbeat::Heartbeat,
    writer::Writer,
};
pub use self::{
    committed::{Committed, LeaseTerm, Slot, Slots},
    entry::{Accepted, PublishError},
    finished::{DisabledWebhook, Finished, Health, Next, Recorded, due_time},
    results::DISABLED,
};
use crate::{
    domain::id::NodeId,
    storage::{
        Store, StoreError,
        events::{EventKey, NewEvent},
    },
};

/// Maximum number of events that wait to be stored.
const EVENTS_MAX: usize = 10_000;
/// Maximum total size of their bodies, in KiB.
const KIB_MAX: usize = 64 * 1024;
/// Maximum number of results that wait to be stored. If it is reached, attempts wait.
const RESULTS_MAX: usize = 4_096;

/// Number of writers for publish requests on PostgreSQL.
const PUBLISHERS: u32 = 2;

/// A handle to the journal. Cheap to clone.
#[derive(Clone)]
pub struct Journal {
    publishes: mpsc::UnboundedSender<Entry>,
    results: mpsc::UnboundedSender<Entry>,
    /// One permit per event that may wait.
    events: Arc<Semaphore>,
    /// One permit per KiB of their bodies.
    kib: Arc<Semaphore>,
    /// One permit per result that may wait.
    unrecorded: Arc<Semaphore>,
    short_of_space: Arc<AtomicBool>,
    /// How long a publish request waits to be stored, including the transaction before its own.
    publish_limit: Duration,
    heartbeats: Arc<[Arc<Heartbeat>]>,
}

impl Journal {
    /// Starts the writers. They end when all clones of the journal are dropped. Each committed group is reported in one message to
    /// `committed`, before the publishers are answered. If its receiver is dropped, the journal stores entries nevertheless.
    pub fn start(store: &Store, node: NodeId, slots: &Arc<impl Slots>, committed: &mpsc::UnboundedSender<Committed>) -> Self {
        let (publishes, to_publish) = mpsc::unbounded_channel();
        let mut heartbeats = Vec::new();
        let mut start = |entries, writers| {
            let batcher = Batcher::new(entries, writers);
            for _ in 0..writers {
                let heartbeat = Arc::new(Heartbeat::new());
                heartbeats.push(heartbeat.clone());
                Writer::new(store.clone(), node, slots.clone(), committed.clone(), heartbeat).start(batcher.clone());
            }
        };
        // SQLite has one writer, and one commit for both kinds of entries costs half as much as two. On PostgreSQL publish requests and
        // results have separate writers and do not wait for each other, and two writers of publish requests overlap their round trips.
        let results = if store.backend() == DbBackend::Postgres {
            start(to_publish, PUBLISHERS);
            let (results, to_record) = mpsc::unbounded_channel();
            start(to_record, 1);
            results
        } else {
            start(to_publish, 1);
            publishes.clone()
        };
        Self {
            publishes,
            results,
            events: Arc::new(Semaphore::new(EVENTS_MAX)),
            kib: Arc::new(Semaphore::new(KIB_MAX)),
            unrecorded: Arc::new(Semaphore::new(RESULTS_MAX)),
            short_of_space: Arc::default(),
            publish_limit: store.publish_limit(),
            heartbeats: heartbeats.into(),
        }
    }

    /// Stores events and their deliveries. When it returns successfully, they are durable. If it fails after the time limit, they may be stored
    /// nevertheless.
    pub async fn publish(&self, events: Vec<(EventKey, NewEvent)>) -> Result<Vec<Accepted>, PublishError> {
        if self.short_of_space.load(Ordering::Relaxed) {
            return Err(PublishError::NoSpace);
        }
        let size = events.iter().map(|(_, event)| event.body.len()).sum::<usize>().div_ceil(1024);
        let acquire = |permits: &Arc<Semaphore>, count: usize| {
            let count = u32::try_from(count).map_err(|_| PublishError::Full)?;
            permits.clone().try_acquire_many_owned(count).map_err(|_| PublishError::Full)
        };
        let permits = (acquire(&self.events, events.len())?, acquire(&self.kib, size)?);
        let (answer, answered) = oneshot::channel();
        let entry = Entry::Publish(Publish {
            events,
            until: Instant::now() + self.publish_limit,
            answer,
            permits,
        });
        self.publishes.send(entry).map_err(|_| StoreError::Stopping)?;
        let answer = timeout(self.publish_limit, answered)
            .await
            .map_err(|_| StoreError::Silent(self.publish_limit))?;
        Ok(answer.map_err(|_| StoreError::Stopping)??)
    }

    /// Queues a result to be stored. Waits while too many are waiting.
    pub async fn record(&self, finished: Finished) {
        let Ok(permit) = self.unrecorded.clone().acquire_owned().await else {
            return;
        };
        if self.results.send(Entry::Result(Box::new(finished), permit)).is_err() {
            tracing::error!("the result of an attempt was not stored before the shutdown; its delivery will be sent again");
        }
    }

    /// Waits until everything queued before is stored.
    pub async fn flush(&self) {
        for entries in [&self.publishes, &self.results] {
            let (done, flushed) = oneshot::channel();
            if entries.send(Entry::Flush(done)).is_ok() {
                // An error means that the writer has stopped, and nothing is waiting any more.
                let _ = flushed.await;
            }
        }
    }

    /// Rejects new events while the disk is nearly full. Returns the previous state.
    pub fn set_short_of_space(&self, is_short: bool) -> bool {
        self.short_of_space.swap(is_short, Ordering::Relaxed)
    }

    /// Why nothing is stored any more: a group takes longer than `longest`, or a writer has panicked.
    pub fn trouble(&self, longest: Duration) -> Option<String> {
        self.heartbeats.iter().find_map(|heartbeat| heartbeat.trouble(longest))
    }

    /// Number of events that are waiting to be stored.
    pub fn waiting(&self) -> usize {
        EVENTS_MAX - self.events.available_permits()
    }
}
