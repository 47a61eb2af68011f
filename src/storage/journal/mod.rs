//! The journal: everything that publishing and sending write, many at a time in one transaction. While one group is being made
//! durable, the next one gathers, so an idle publisher never waits and a busy one shares the cost.

mod inside;
mod publish;
mod pulse;
mod results;
mod subscriptions;
mod way;
mod writer;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::DbBackend;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

pub(super) use self::publish::{NewDelivery, add_deliveries, add_events, add_keys};
use self::{pulse::Pulse, way::Way, writer::Writer};
use crate::{
    domain::{
        disabled::DisabledReason,
        id::{DeliveryId, EventId, NodeId, WebhookId},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        callbacks::NewCallback,
        events::{EventKey, NewEvent},
        queue::Job,
    },
};

/// Most events that wait to be stored.
const EVENTS: usize = 10_000;
/// Most of their bodies' bytes, in KiB.
const KIB: usize = 64 * 1024;
/// Most results that wait to be stored; then attempts wait.
const RESULTS: usize = 4_096;

/// Writers of publishes on PostgreSQL.
const PUBLISHERS: u32 = 2;

/// Why deliveries of a disabled webhook are held.
pub const DISABLED: &str = "The webhook is disabled.";

/// The way into the journal. Cheap to clone.
#[derive(Clone)]
pub struct Journal {
    publishes: mpsc::UnboundedSender<Entry>,
    results: mpsc::UnboundedSender<Entry>,
    events: Arc<Semaphore>,
    kib: Arc<Semaphore>,
    unrecorded: Arc<Semaphore>,
    short_of_space: Arc<AtomicBool>,
    pulses: Arc<[Arc<Pulse>]>,
}

/// Who sends what the journal has stored.
pub trait Intake: Send + Sync + 'static {
    /// Whether there is room in memory for a delivery; if so, its place is kept until it is taken or given up.
    fn reserve(&self, place: Place) -> bool;
    /// Gives places back whose deliveries were not stored.
    fn give_up(&self, reserved: &[Place]);
    /// Takes deliveries that are stored as this node's own.
    fn take(&self, jobs: Vec<Job>);
    /// Results are stored.
    fn recorded(&self, recorded: Vec<Recorded>);
    /// So many events are stored, and so many were published before.
    fn published(&self, events: u64, duplicates: u64);
    /// There is something to claim, by this node or others.
    fn pending(&self);
    /// The results disabled this webhook.
    fn disabled(&self, disabled: DisabledWebhook);
    /// Another node logged a success of this webhook, which this node took for failing.
    fn health_unclear(&self, webhook: WebhookId);
}

/// A place in memory for a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// In whose queue.
    pub webhook: WebhookId,
    /// Whose place.
    pub delivery: DeliveryId,
    /// Length of the body.
    pub bytes: usize,
}

/// What became of a published event.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Accepted {
    /// Its id; that of the first one when it was published before.
    pub id: EventId,
    /// Whether an event of this source with this id was published before.
    pub duplicate: bool,
    /// How many webhooks hear of it.
    pub deliveries: u64,
}

/// Why events cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Too many wait.
    #[error("too many events wait to be stored")]
    Full,
    /// The disk is nearly full: what is left of it is for what was promised already.
    #[error("the disk is nearly full")]
    NoSpace,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An attempt that is over, or a delivery that is set aside without one.
#[derive(Debug)]
pub struct Finished {
    /// Of what.
    pub job: Job,
    /// What is logged, if there was an attempt.
    pub callback: Option<NewCallback>,
    /// How the delivery goes on.
    pub next: Next,
    /// What changed about the webhook.
    pub health: Option<Health>,
}

/// How a delivery goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is done.
    Succeeded,
    /// Try again then.
    RetryAt(Timestamp),
    /// No more attempts, for this reason.
    Failed(String),
    /// Not tried: the webhook is disabled.
    Held,
    /// Not tried, for want of the database; try then.
    Postponed(Timestamp),
    /// The attempt broke the code; try again then, or give up when that happened too often.
    Broke(Timestamp),
}

/// What an attempt changed about its webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It begins to fail.
    FailingSince(Timestamp),
    /// It works again.
    Works,
    /// The receiver answered 410: disable it.
    Gone,
    /// A delivery exhausted its attempts. After several in a row over so long a time the webhook is disabled.
    Exhausted {
        /// When.
        at: Timestamp,
        /// How long before that the first one of the row must have exhausted its attempts.
        disable_after: Duration,
    },
}

/// A webhook that clearhook has disabled.
#[derive(Clone, Debug)]
pub struct DisabledWebhook {
    /// Which.
    pub webhook: WebhookId,
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: DisabledReason,
}

/// A result that is stored.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// When it is tried again.
    pub again_at: Option<Timestamp>,
}

enum Entry {
    Publish(Publish),
    Result(Box<Finished>, OwnedSemaphorePermit),
    Flush(oneshot::Sender<()>),
}

struct Publish {
    events: Vec<(EventKey, NewEvent)>,
    answer: oneshot::Sender<Result<Vec<Accepted>, StoreError>>,
    #[expect(dead_code, reason = "kept until the events are stored")]
    places: (OwnedSemaphorePermit, OwnedSemaphorePermit),
}

impl Journal {
    /// Starts to write. It ends when the last clone is gone.
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
        // SQLite has one writer, and one commit for both kinds costs half as much as two. On PostgreSQL neither waits for the other,
        // and while one group of publishes is on its way there and back the next one is, too.
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
            pulses: pulses.into(),
        }
    }

    /// Stores events with the deliveries that they owe. Once it answers, they are durable.
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
        let entry = Entry::Publish(Publish { events, answer, places });
        self.publishes.send(entry).map_err(|_| StoreError::Stopping)?;
        Ok(answered.await.map_err(|_| StoreError::Stopping)??)
    }

    /// Has a result stored; waits while too many are waiting.
    pub async fn record(&self, finished: Finished) {
        let Ok(place) = self.unrecorded.clone().acquire_owned().await else {
            return;
        };
        if self.results.send(Entry::Result(Box::new(finished), place)).is_err() {
            tracing::error!("the result of an attempt came too late to be stored before the shutdown; its delivery is sent again");
        }
    }

    /// Waits until everything that was given before is stored.
    pub async fn flush(&self) {
        for way in [&self.publishes, &self.results] {
            let (done, flushed) = oneshot::channel();
            if way.send(Entry::Flush(done)).is_ok() {
                // An error means that the writer is gone, and with it everything that waited.
                let _ = flushed.await;
            }
        }
    }

    /// Takes no more events while the disk is nearly full; answers whether it was so before.
    pub fn set_short_of_space(&self, is_short: bool) -> bool {
        self.short_of_space.swap(is_short, Ordering::Relaxed)
    }

    /// Why nothing more is stored, if one of its groups takes longer than this or who writes them is gone.
    pub fn trouble(&self, longest: Duration) -> Option<String> {
        self.pulses.iter().find_map(|pulse| pulse.trouble(longest))
    }

    /// Events that wait to be stored.
    pub fn waiting(&self) -> usize {
        EVENTS - self.events.available_permits()
    }
}
