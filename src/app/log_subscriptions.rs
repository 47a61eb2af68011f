//! Limits the number of open streams that follow a log: pages of the console, and programs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use uuid::Uuid;

use crate::{
    domain::id::{ApiKeyId, UserId},
    sync::locked,
};

/// Maximum number of subscriptions.
const SUBSCRIPTIONS: usize = 256;
/// Maximum number of subscriptions of one user, which are open pages.
const SUBSCRIPTIONS_OF_USER: usize = 8;
/// Maximum number of subscriptions with one API key.
pub const SUBSCRIPTIONS_OF_KEY: usize = 32;

/// Whose subscription it is.
#[derive(Clone, Copy, Debug)]
pub enum Subscriber {
    /// A user of the console.
    User(UserId),
    /// A program with this key.
    Key(ApiKeyId),
}

/// The open subscriptions to logs.
#[derive(Debug)]
pub struct LogSubscriptions {
    permits: Arc<Semaphore>,
    by_subscriber: Arc<Mutex<HashMap<Uuid, usize>>>,
    stopped: CancellationToken,
}

/// One subscription. It is released on drop.
pub struct LogSubscription {
    subscriber: Uuid,
    by_subscriber: Arc<Mutex<HashMap<Uuid, usize>>>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for LogSubscription {
    fn drop(&mut self) {
        let mut by_subscriber = locked(&self.by_subscriber);
        if let Some(count) = by_subscriber.get_mut(&self.subscriber) {
            *count -= 1;
            if *count == 0 {
                by_subscriber.remove(&self.subscriber);
            }
        }
    }
}

impl Default for LogSubscriptions {
    fn default() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(SUBSCRIPTIONS)),
            by_subscriber: Arc::default(),
            stopped: CancellationToken::new(),
        }
    }
}

impl LogSubscriptions {
    /// Starts a subscription. `None` if a limit is reached.
    pub fn subscribe(&self, subscriber: Subscriber) -> Option<LogSubscription> {
        let (subscriber, limit) = match subscriber {
            Subscriber::User(user) => (user.0, SUBSCRIPTIONS_OF_USER),
            Subscriber::Key(key) => (key.0, SUBSCRIPTIONS_OF_KEY),
        };
        let permit = self.permits.clone().try_acquire_owned().ok()?;
        let mut by_subscriber = locked(&self.by_subscriber);
        let count = by_subscriber.entry(subscriber).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(LogSubscription {
            subscriber,
            by_subscriber: self.by_subscriber.clone(),
            _permit: permit,
        })
    }

    /// Ends all subscriptions, because the service stops.
    pub fn stop(&self) {
        self.stopped.cancel();
    }

    /// Completes when [`stop`](Self::stop) was called.
    pub async fn stopped(&self) {
        self.stopped.cancelled().await;
    }
}
