//! The dispatcher sends deliveries. New deliveries are handed over in memory by the journal, all others are claimed from the database.
//! Webhooks are served round-robin, so that no webhook can block another.

mod attempt;
mod certificate_error;
mod circuit_breaker;
mod claim;
mod classify_response;
mod client;
mod clock_jump;
mod connector;
mod counters;
mod disk_space;
mod dns;
mod endpoint_cache;
mod engine;
mod failures;
mod happy_eyeballs;
mod journal_events;
mod lease;
mod notifications;
mod queues;
mod redact;
mod resolver;
mod response_body;
mod retention;
mod stats_rollup;
mod storable;
mod supervisor;
mod tls;
mod token_bucket;
mod wakeup;

use std::{sync::Arc, time::Duration};

use rustls::pki_types::CertificateDer;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub use self::{circuit_breaker::BreakerSettings, client::ClientError, counters::Totals, dns::Names};
use self::{claim::Claimer, engine::Engine, supervisor::keep};
use crate::{
    domain::{
        id::{DeliveryId, NodeId, WebhookId},
        retry::RetrySchedule,
        timestamp::Timestamp,
        url::UrlPolicy,
    },
    storage::{Store, journal::Journal, open::PATIENCE},
};

/// Shortest lifetime of a node's lease. Other nodes take over the deliveries of a node whose lease has expired.
pub const LEASE: Duration = Duration::from_secs(30);
/// During a shutdown, the extra time for storing results after the longest possible attempt has ended.
const GRACE: Duration = Duration::from_secs(5);
/// The dispatcher counts as stuck when it has not polled the database for so long. An idle dispatcher polls every few seconds.
const STUCK: Duration = Duration::from_secs(30);

/// Settings of the dispatcher.
#[derive(Clone, Debug)]
pub struct DispatchSettings {
    /// Delays between the attempts of a delivery.
    pub schedule: RetrySchedule,
    /// Timeout of an attempt, until the head of the response is received.
    pub timeout: Duration,
    /// Timeout for reading the response body after that. Exceeding it does not change the outcome.
    pub body_timeout: Duration,
    /// Maximum number of attempts in flight.
    pub concurrency: usize,
    /// Maximum number of attempts in flight to one webhook.
    pub concurrency_per_webhook: usize,
    /// Circuit breaker of each webhook.
    pub breaker: BreakerSettings,
    /// A webhook is disabled when several deliveries in a row have exhausted their attempts and the first of these is at least this old.
    pub disable_after: Duration,
    /// Delay before a delivery is tried again after its attempt panicked or could not begin because the database failed.
    pub trouble_pause: Duration,
    /// Statement timeout of the journal on PostgreSQL. The timeout of all other statements is a third of it.
    pub patience: Duration,
    /// Retention time of callbacks and events.
    pub retention: Duration,
    /// The DNS resolver.
    pub names: Names,
    /// Certificate authorities that are trusted in addition to those of the system.
    pub more_roots: Vec<CertificateDer<'static>>,
    /// Events are refused while the disk has less free space than this, in bytes. The reserve is needed to send and log the events that are
    /// already accepted.
    pub spare_space: u64,
}

impl Default for DispatchSettings {
    fn default() -> Self {
        Self {
            schedule: RetrySchedule::default(),
            timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(2),
            concurrency: 256,
            concurrency_per_webhook: 16,
            breaker: BreakerSettings::default(),
            disable_after: Duration::from_secs(120 * 3_600),
            trouble_pause: Duration::from_secs(5),
            patience: PATIENCE,
            retention: Duration::from_secs(366 * 24 * 3_600),
            names: Names::default(),
            more_roots: Vec::new(),
            spare_space: 128 << 20,
        }
    }
}

impl DispatchSettings {
    /// Longest duration of an attempt, including the response body.
    pub fn attempt_max(&self) -> Duration {
        self.timeout + self.body_timeout
    }
}

/// Handle of a running dispatcher. Cheap to clone.
#[derive(Clone)]
pub struct Dispatcher(Arc<Engine>);

/// Current load of the dispatcher.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Attempts in flight.
    pub in_flight: usize,
    /// Deliveries in the in-memory queues, including reserved slots.
    pub waiting: usize,
    /// Webhooks whose circuit breakers are open.
    pub open_breakers: usize,
}

/// The tasks of a running dispatcher; used to stop it.
pub struct Running {
    engine: Arc<Engine>,
    tasks: Vec<JoinHandle<()>>,
}

impl Dispatcher {
    /// Starts the dispatcher.
    ///
    /// # Errors
    /// If the HTTP client cannot be created, for example because the trusted certificates cannot be loaded.
    pub async fn start(
        store: Store,
        node: NodeId,
        policy: Arc<UrlPolicy>,
        settings: DispatchSettings,
    ) -> Result<(Self, Running), ClientError> {
        let store = store.with_patience(settings.patience);
        let sender = attempt::Sender {
            targets: endpoint_cache::Targets::new(store.clone(), policy.clone()),
            client: client::Client::new(policy, &settings)?,
            clock: clock_jump::Clock::new(),
            settings,
        };
        let engine = Engine::new(store, node, sender, CancellationToken::new());
        // Deliveries that the previous run of this node still owns are released now, without waiting for its lease to expire.
        match engine.store.release_all(node, Timestamp::now()).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(
                count,
                "{count} deliveries that the previous run of this node did not finish are sent now"
            ),
            Err(error) => {
                tracing::warn!(%error, "cannot release the deliveries that the previous run of this node did not finish; they are sent later: {error}");
            }
        }
        engine.renew().await;
        let tasks = vec![
            start(&engine, "claims", |engine| Claimer::new(engine).run()),
            start(&engine, "lease", Engine::keep_lease),
            start(&engine, "delays", Engine::watch_delays),
            start(&engine, "other nodes", Engine::hear_nodes),
            start(&engine, "what is too old", Engine::forget_old),
            start(&engine, "log of the database", Engine::fold_log),
            start(&engine, "disk", Engine::watch_space),
        ];
        Ok((Self(engine.clone()), Running { engine, tasks }))
    }

    /// The journal, which stores events together with their deliveries.
    pub fn journal(&self) -> &Journal {
        self.0.journal()
    }

    /// Makes the claimer look for due deliveries now.
    pub fn wake(&self) {
        self.0.due.now();
    }

    /// Applies a change of a webhook (changed, disabled or deleted). After this returns, no node begins an attempt with the old settings.
    pub async fn changed(&self, webhook: WebhookId) {
        self.0.changed(webhook).await;
        self.0.wait_for_nodes().await;
    }

    /// Notes that a manual attempt was requested for a delivery that may be in memory or in flight.
    pub fn asked_again(&self, webhook: WebhookId, delivery: DeliveryId) {
        self.0.asked_again(webhook, delivery);
        self.wake();
    }

    /// Changes whenever this node has stored results of attempts.
    pub fn recorded(&self) -> watch::Receiver<()> {
        self.0.recorded.subscribe()
    }

    /// Longest duration of an attempt, including the response body.
    pub fn timeout(&self) -> Duration {
        self.0.sender.settings.attempt_max()
    }

    /// Counters since the start of this node.
    pub fn totals(&self) -> Totals {
        self.0.counters.totals()
    }

    /// Current load.
    pub fn load(&self) -> Load {
        let queues = self.0.queues();
        let (in_flight, waiting) = queues.load();
        Load {
            in_flight,
            waiting,
            open_breakers: queues.open_breakers(),
        }
    }

    /// Checks whether the dispatcher makes progress. The error is the reason why it does not.
    pub fn progress(&self) -> Result<(), String> {
        if !self.0.lease.is_held() {
            return Err("this node cannot renew its lease".to_owned());
        }
        let silent = self.0.silent_for();
        if silent > STUCK {
            return Err(format!(
                "the dispatcher has not looked for due deliveries for {} s",
                silent.as_secs()
            ));
        }
        if let Some(why) = self.0.storable.trouble() {
            return Err(why);
        }
        self.0.journal().trouble(STUCK).map_or(Ok(()), Err)
    }
}

/// Spawns a task of the dispatcher. The task is restarted if it panics.
fn start<F: Future<Output = ()> + Send + 'static>(
    engine: &Arc<Engine>,
    what: &'static str,
    part: impl Fn(Arc<Engine>) -> F + Send + 'static,
) -> JoinHandle<()> {
    let engine = engine.clone();
    tokio::spawn(keep(engine.stop.clone(), what, move || part(engine.clone())))
}

impl Running {
    /// Stops gracefully: begins no more attempts, waits for those in flight, stores their results and releases all other deliveries.
    pub async fn stop(self) {
        self.engine.stop.cancel();
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "fault in clearhook: a task of the dispatcher panicked: {error}");
            }
        }
        self.engine.finish().await;
    }
}
