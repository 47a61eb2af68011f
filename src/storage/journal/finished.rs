//! Results of attempts, as the dispatcher passes them to the journal and the journal confirms them.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    domain::{
        disabled::DisabledReason,
        id::{DeliveryId, WebhookId},
        timestamp::Timestamp,
    },
    storage::{callbacks::NewCallback, deliveries::Job},
};

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

/// What happens to a delivery next. Times are those of the monotonic clock: the system clock may be changed before the result is stored, and
/// a time by the old clock would then be hours too late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It has succeeded.
    Succeeded,
    /// It is retried at this time.
    RetryAt(Instant),
    /// It has failed for good, for this reason.
    Failed(String),
    /// It was not attempted, because somebody cancelled it.
    Cancelled(String),
    /// It was not attempted and is held, because the webhook is disabled.
    Held,
    /// It was not attempted, because the database was not available. It is attempted at this time.
    Postponed(Instant),
    /// The attempt panicked. It is retried at this time, or fails for good if that happened too often.
    Panicked(Instant),
}

impl Next {
    /// When the delivery is attempted again, if it is.
    pub const fn again_at(&self) -> Option<Instant> {
        match self {
            Self::RetryAt(at) | Self::Postponed(at) | Self::Panicked(at) => Some(*at),
            Self::Succeeded | Self::Failed(_) | Self::Cancelled(_) | Self::Held => None,
        }
    }
}

/// The time by the clock of deliveries that belongs to a time by the monotonic clock, if that clock shows `now` at this moment.
pub fn due_time(at: Instant, now: Timestamp) -> Timestamp {
    let current = Instant::now();
    match at.checked_duration_since(current) {
        Some(left) => now.plus(left),
        None => now.minus(current.duration_since(at)),
    }
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
    pub again_at: Option<Instant>,
}
