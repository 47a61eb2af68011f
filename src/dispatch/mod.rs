//! Sends deliveries: fresh ones handed over in memory, the rest claimed from the database under a lease.

mod attempt;
mod claim;
mod client;
mod outcome;
mod queues;
mod resolver;
mod run;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

pub use self::client::ClientError;
use crate::{
    domain::{id::NodeId, retry::RetrySchedule, url::UrlPolicy},
    storage::{Store, queue::Job},
};

/// How long a delivery is owned without being renewed. A node that dies gives its deliveries back after this time.
pub const LEASE: Duration = Duration::from_secs(30);
/// Batches of deliveries that wait to be taken over; what does not fit goes back to the database.
const INBOX: usize = 256;

/// How the dispatcher behaves.
#[derive(Clone, Debug)]
pub struct DispatchSettings {
    /// When failed deliveries are tried again.
    pub schedule: RetrySchedule,
    /// Whole attempt, body included.
    pub timeout: Duration,
    /// Attempts in flight.
    pub concurrency: usize,
    /// Attempts in flight to one webhook.
    pub concurrency_per_webhook: usize,
}

impl Default for DispatchSettings {
    fn default() -> Self {
        Self {
            schedule: RetrySchedule::default(),
            timeout: Duration::from_secs(15),
            concurrency: 256,
            concurrency_per_webhook: 16,
        }
    }
}

/// The way to a running dispatcher. Cheap to clone.
#[derive(Clone)]
pub struct Dispatcher {
    inbox: mpsc::Sender<Vec<Job>>,
    wake: Arc<Notify>,
}

/// A running dispatcher.
pub struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Dispatcher {
    /// Starts to send.
    ///
    /// # Errors
    /// When the HTTP client cannot be made, for want of trusted certificates for instance.
    pub fn start(store: Store, node: NodeId, policy: Arc<UrlPolicy>, settings: DispatchSettings) -> Result<(Self, Running), ClientError> {
        let (inbox, jobs) = mpsc::channel(INBOX);
        let (wake, stop) = (Arc::new(Notify::new()), CancellationToken::new());
        let client = client::Client::new(policy, settings.timeout)?;
        let sender = attempt::Sender {
            store: store.clone(),
            node,
            client,
            schedule: settings.schedule.clone(),
        };
        let claimer = claim::Claimer {
            store: store.clone(),
            node,
            wake: wake.clone(),
            stop: stop.clone(),
            inbox: inbox.clone(),
        };
        let task = tokio::spawn(run::Loop::new(sender, settings, wake.clone(), stop.clone()).run(jobs, claimer));
        Ok((Self { inbox, wake }, Running { stop, task }))
    }

    /// Hands over deliveries that this node owns already. Those that do not fit come back, to be released.
    pub fn hand_over(&self, jobs: Vec<Job>) -> Result<(), Vec<Job>> {
        self.inbox.try_send(jobs).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(jobs) | mpsc::error::TrySendError::Closed(jobs) => jobs,
        })
    }

    /// Makes it look for due deliveries now.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

impl Running {
    /// Takes no more work, lets the attempts in flight end, records them, gives the rest back.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the dispatcher broke");
        }
    }
}
