//! Limits the number of open streams that follow a log.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::{domain::id::UserId, sync::locked};

/// Maximum number of subscriptions.
const SUBSCRIPTIONS: usize = 256;
/// Maximum number of subscriptions of one user, which are open pages.
const SUBSCRIPTIONS_OF_USER: usize = 8;

/// The open subscriptions to logs.
#[derive(Debug)]
pub struct LogSubscriptions {
    permits: Arc<Semaphore>,
    by_user: Arc<Mutex<HashMap<UserId, usize>>>,
    stopped: CancellationToken,
}

/// One subscription. It is released on drop.
pub struct LogSubscription {
    user: UserId,
    by_user: Arc<Mutex<HashMap<UserId, usize>>>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for LogSubscription {
    fn drop(&mut self) {
        let mut by_user = locked(&self.by_user);
        if let Some(count) = by_user.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                by_user.remove(&self.user);
            }
        }
    }
}

impl Default for LogSubscriptions {
    fn default() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(SUBSCRIPTIONS)),
            by_user: Arc::default(),
            stopped: CancellationToken::new(),
        }
    }
}

impl LogSubscriptions {
    /// Starts a subscription of a user. `None` if a limit is reached.
    pub fn subscribe(&self, user: UserId) -> Option<LogSubscription> {
        let permit = self.permits.clone().try_acquire_owned().ok()?;
        let mut by_user = locked(&self.by_user);
        let count = by_user.entry(user).or_default();
        if *count >= SUBSCRIPTIONS_OF_USER {
            return None;
        }
        *count += 1;
        Some(LogSubscription {
            user,
            by_user: self.by_user.clone(),
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
