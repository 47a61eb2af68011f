//! Entries of the journal's queues.

use tokio::{
    sync::{OwnedSemaphorePermit, oneshot},
    time::Instant,
};

use crate::{
    domain::id::EventId,
    storage::{
        StoreError,
        events::{EventKey, NewEvent},
        journal::finished::Finished,
    },
};

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

pub(super) enum Entry {
    Publish(Publish),
    /// A result, and its permit, which is released when the result is stored.
    Result(Box<Finished>, OwnedSemaphorePermit),
    /// Answered when all earlier entries are stored.
    Flush(oneshot::Sender<()>),
}

/// A request to store events.
pub(super) struct Publish {
    pub(super) events: Vec<(EventKey, NewEvent)>,
    /// When the request is answered with an error if its transaction has not ended.
    pub(super) until: Instant,
    pub(super) answer: oneshot::Sender<Result<Vec<Accepted>, StoreError>>,
    #[expect(dead_code, reason = "held until the events are stored")]
    pub(super) permits: (OwnedSemaphorePermit, OwnedSemaphorePermit),
}
