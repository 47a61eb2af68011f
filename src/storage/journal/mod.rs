//! The journal: group commit of published events and attempt results. While one group is committed, the next one collects, so that a single
//! publisher is not delayed and many publishers share the cost of a commit.

mod batcher;
mod group_transaction;
mod heartbeat;
mod publish;
mod results;
mod subscriptions;
mod writer;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sea_orm::DbBackend;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    time::timeout,
};

pub(super) use self::publish::{NewDelivery, add_deliveries, add_events, add_keys};
use self::{batcher::Way, heartbeat::Pulse, writer::Writer};
use crate::{
    domain::{
        disabled::DisabledReason,
        id::{DeliveryId, EventId, NodeId, WebhookId},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        callbacks::NewCallback,
        deliveries::Job,
        events::{EventKey, NewEvent},
    },
};

/// Maximum number of events that wait to be stored.
const EVENTS: usize = 10_000;
/// Maximum total size of their bodies, in KiB.
const KIB: usize = 64 * 1024;
/// Maximum number of results that wait to be stored. If it is reached, attempts wait.
const RESULTS: usize = 4_096;

/// Number of writers for publish requests on PostgreSQL.
const PUBLISHERS: u32 = 2;

/// Why deliveries of a disabled webhook are held.
pub const DISABLED: &str = "The webhook is disabled.";

/// A handle to the journal. Cheap to clone.
#[derive(Clone)]
pub struct Journal {
    publishes: mpsc::UnboundedSender<Entry>,
    results: mpsc::UnboundedSender<Entry>,
    events: Arc<Semaphore>,
    kib: Arc<Semaphore>,
    unrecorded: Arc<Semaphore>,
    short_of_space: Arc<AtomicBool>,
    /// How long a publish request waits to be stored, including the transaction before its own.
    longest: Duration,
    pulses: Arc<[Arc<Pulse>]>,
}

/// The dispatcher, as seen by the journal.
pub trait Intake: Send + Sync + 'static {
    /// Reserves a slot in memory for a delivery, if there is one. It stays reserved until `take` or `give_up`.
    fn reserve(&self, place: Place) -> bool;
    /// Releases reserved slots whose deliveries were not stored.
    fn give_up(&self, reserved: &[Place]);
    /// Enqueues stored deliveries that this node owns.
    fn take(&self, jobs: Vec<Job>);
    /// Called when results are stored.
    fn recorded(&self, recorded: Vec<Recorded>);
    /// Called when events are stored, with the number of new ones and of duplicates.
    fn published(&self, events: u64, duplicates: u64);
    /// Called when there are deliveries to claim, by this node or another.
    fn pending(&self);
    /// Called when results have disabled a webhook.
    fn disabled(&self, disabled: DisabledWebhook);
    /// Called when another node logged a success of a webhook that this node considered failing.
    fn health_unclear(&self, webhook: WebhookId);
}

/// A slot in memory for a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The webhook, which determines the queue.
    pub webhook: WebhookId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// The length of the request body.
    pub bytes: usize,
}

/// The result of publishing an event.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Accepted {
    /// The event's id. For a duplicate, the id of the event that was stored first.
    pub id: EventId,
    /// Whether an event with the same source and id was published before.
    pub duplicate: bool,
    /// The number of webhooks that it is delivered to.
    pub deliveries: u64,
}

/// Why events cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Too many events are waiting.
    #[error("too many events are waiting to be stored")]
    Full,
    /// The disk is nearly full. The remaining space is needed for results of deliveries that were accepted before.
    #[error("the disk is nearly full")]
    NoSpace,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A finished attempt, or a delivery that ends or is postponed without one.
#[derive(Debug)]
pub struct Finished {
    /// The delivery.
    pub job: Job,
    /// The callback to log, if there was an attempt.
    pub callback: Option<NewCallback>,
    /// What happens to the delivery next.
    pub next: Next,
    /// The change of the webhook's health, if there is one.
    pub health: Option<Health>,
}

/// What happens to a delivery next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It has succeeded.
    Succeeded,
    /// It is retried at this time.
    RetryAt(Timestamp),
    /// It has failed for good, for this reason.
    Failed(String),
    /// It was not attempted and is held, because the webhook is disabled.
    Held,
    /// It was not attempted, because the database was not available. It is attempted at this time.
    Postponed(Timestamp),
    /// The attempt panicked. It is retried at this time, or fails for good if that happened too often.
    Broke(Timestamp),
}

/// The change of a webhook's health after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// The first failure after a success.
    FailingSince(Timestamp),
    /// The first success after a failure.
    Works,
    /// The receiver answered 410, so the webhook is disabled.
    Gone,
    /// A delivery exhausted its attempts. After several in a row over a long enough period the webhook is disabled.
    Exhausted {
        /// When it did.
        at: Timestamp,
        /// How long before that the first one in the row must have exhausted its attempts.
        disable_after: Duration,
    },
}

/// A webhook that clearhook has disabled.
#[derive(Clone, Debug)]
pub struct DisabledWebhook {
    /// Its id.
    pub webhook: WebhookId,
    /// Its name.
    pub name: String,
    /// The reason.
    pub reason: DisabledReason,
}

/// A stored result.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    /// The delivery.
    pub delivery: DeliveryId,
    /// When it is attempted again, if it is.
    pub again_at: Option<Timestamp>,
}

enum Entry {
    Publish(Publish),
    Result(Box<Finished>, OwnedSemaphorePermit),
    Flush(oneshot::Sender<()>),
}

struct Publish {
    events: Vec<(EventKey, NewEvent)>,
    /// When the request is answered with an error if its transaction has not ended.
    until: Instant,
    answer: oneshot::Sender<Result<Vec<Accepted>, StoreError>>,
    #[expect(dead_code, reason = "kept until the events are stored")]
    places: (OwnedSemaphorePermit, OwnedSemaphorePermit),
}

impl Journal {
    /// Starts the writers. They end when all clones of the journal are dropped.
    pub fn start(store: &Store, node: NodeId, intake: &Arc<impl Intake>) -> Self {
        let (publishes, to_publish) = mpsc::unbounded_channel();
        let intake: Arc<dyn Intake> = intake.clone();
        let mut pulses = Vec::new();
        let mut write = |entries, writers| {
            let way = Way::new(entries, writers);
            for _ in 0..writers {
                let pulse = Arc::new(Pulse::new());
                pulses.push(pulse.clone());
                Writer::new(store.clone(), node, Arc::downgrade(&intake), pulse).start(way.clone());
            }
        };
        // SQLite has one writer, and one commit for both kinds of entries costs half as much as two. On PostgreSQL publish requests and
        // results have separate writers and do not wait for each other, and two writers of publish requests overlap their round trips.
        let results = if store.backend() == DbBackend::Postgres {
            write(to_publish, PUBLISHERS);
            let (results, to_record) = mpsc::unbounded_channel();
            write(to_record, 1);
            results
        } else {
            write(to_publish, 1);
            publishes.clone()
        };
        Self {
            publishes,
            results,
            events: Arc::new(Semaphore::new(EVENTS)),
            kib: Arc::new(Semaphore::new(KIB)),
            unrecorded: Arc::new(Semaphore::new(RESULTS)),
            short_of_space: Arc::default(),
            longest: store.publish_limit(),
            pulses: pulses.into(),
        }
    }

    /// Stores events and their deliveries. When it returns successfully, they are durable. If it fails after the time limit, they may be stored
    /// nevertheless.
    pub async fn publish(&self, events: Vec<(EventKey, NewEvent)>) -> Result<Vec<Accepted>, PublishError> {
        if self.short_of_space.load(Ordering::Relaxed) {
            return Err(PublishError::NoSpace);
        }
        let size = events.iter().map(|(_, event)| event.body.len()).sum::<usize>().div_ceil(1024);
        let places = |room: &Arc<Semaphore>, count: usize| {
            let count = u32::try_from(count).map_err(|_| PublishError::Full)?;
            room.clone().try_acquire_many_owned(count).map_err(|_| PublishError::Full)
        };
        let places = (places(&self.events, events.len())?, places(&self.kib, size)?);
        let (answer, answered) = oneshot::channel();
        let entry = Entry::Publish(Publish {
            events,
            until: Instant::now() + self.longest,
            answer,
            places,
        });
        self.publishes.send(entry).map_err(|_| StoreError::Stopping)?;
        let answer = timeout(self.longest, answered)
            .await
            .map_err(|_| StoreError::Silent(self.longest))?;
        Ok(answer.map_err(|_| StoreError::Stopping)??)
    }

    /// Queues a result to be stored. Waits while too many are waiting.
    pub async fn record(&self, finished: Finished) {
        let Ok(place) = self.unrecorded.clone().acquire_owned().await else {
            return;
        };
        if self.results.send(Entry::Result(Box::new(finished), place)).is_err() {
            tracing::error!("the result of an attempt was not stored before the shutdown; its delivery will be sent again");
        }
    }

    /// Waits until everything queued before is stored.
    pub async fn flush(&self) {
        for way in [&self.publishes, &self.results] {
            let (done, flushed) = oneshot::channel();
            if way.send(Entry::Flush(done)).is_ok() {
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
        self.pulses.iter().find_map(|pulse| pulse.trouble(longest))
    }

    /// Number of events that are waiting to be stored.
    pub fn waiting(&self) -> usize {
        EVENTS - self.events.available_permits()
    }
}
