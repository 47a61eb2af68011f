//! Sends deliveries: fresh ones handed over in memory, the rest claimed from the database; attempts begin in turn, webhook by webhook.

mod attempt;
mod breaker;
mod bucket;
mod certificate_error;
mod claim;
mod client;
mod clock;
mod connector;
mod due;
mod engine;
mod failures;
mod fold;
mod forget;
mod happy_eyeballs;
mod intake;
mod keep;
mod lease;
mod listen;
mod names;
mod outcome;
mod queues;
mod redact;
mod resolver;
mod response_body;
mod space;
mod storable;
mod targets;
mod tls;
mod totals;

use std::{sync::Arc, time::Duration};

use rustls::pki_types::CertificateDer;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub use self::{breaker::BreakerSettings, client::ClientError, names::Names, totals::Totals};
use self::{claim::Claimer, engine::Engine, keep::keep};
use crate::{
    domain::{
        id::{DeliveryId, NodeId, WebhookId},
        retry::RetrySchedule,
        timestamp::Timestamp,
        url::UrlPolicy,
    },
    storage::{Store, journal::Journal, open::PATIENCE},
};

/// How long a node owns its deliveries without renewing its lease. A node that dies gives them back after this time.
pub const LEASE: Duration = Duration::from_secs(30);
/// Time to record attempts after the last one could have ended.
const GRACE: Duration = Duration::from_secs(5);
/// A dispatcher that did nothing for so long is stuck: idle, it looks for due deliveries every few seconds.
const STUCK: Duration = Duration::from_secs(30);

/// How the dispatcher behaves.
#[derive(Clone, Debug)]
pub struct DispatchSettings {
    /// When failed deliveries are tried again.
    pub schedule: RetrySchedule,
    /// Longest time of an attempt until the head of the response is there.
    pub timeout: Duration,
    /// Longest time for the body of a response after that. It does not change the outcome.
    pub body_timeout: Duration,
    /// Attempts in flight.
    pub concurrency: usize,
    /// Attempts in flight to one webhook.
    pub concurrency_per_webhook: usize,
    /// When calls to a failing receiver become rare.
    pub breaker: BreakerSettings,
    /// A webhook is disabled once several deliveries in a row exhausted their attempts, the first of them so long ago.
    pub disable_after: Duration,
    /// When a delivery is tried again that broke the code, or for which the database was away.
    pub trouble_pause: Duration,
    /// How long a statement of the journal may take on PostgreSQL; others a third of it.
    pub patience: Duration,
    /// How long callbacks and events are kept.
    pub retention: Duration,
    /// Who looks names up.
    pub names: Names,
    /// Certificate authorities that receivers may have besides those that the system trusts.
    pub more_roots: Vec<CertificateDer<'static>>,
    /// Bytes of the disk that are kept for what was accepted already: with less, events are refused.
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
    /// Longest time of an attempt, with the body of the response.
    pub fn attempt_max(&self) -> Duration {
        self.timeout + self.body_timeout
    }
}

/// The way to a running dispatcher. Cheap to clone.
#[derive(Clone)]
pub struct Dispatcher(Arc<Engine>);

/// What the dispatcher is doing.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Attempts in flight.
    pub in_flight: usize,
    /// Deliveries that wait in memory.
    pub waiting: usize,
    /// Webhooks whose circuit breakers are open.
    pub open_breakers: usize,
}

/// A running dispatcher.
pub struct Running {
    engine: Arc<Engine>,
    tasks: Vec<JoinHandle<()>>,
}

impl Dispatcher {
    /// Starts to send.
    ///
    /// # Errors
    /// When the HTTP client cannot be made, for want of trusted certificates for instance.
    pub async fn start(
        store: Store,
        node: NodeId,
        policy: Arc<UrlPolicy>,
        settings: DispatchSettings,
    ) -> Result<(Self, Running), ClientError> {
        let store = store.with_patience(settings.patience);
        let sender = attempt::Sender {
            targets: targets::Targets::new(store.clone(), policy.clone()),
            client: client::Client::new(policy, &settings)?,
            clock: clock::Clock::new(),
            settings,
        };
        let engine = Engine::new(store, node, sender, CancellationToken::new());
        // What this node owned when it ended is its own to give back, without waiting for the lease.
        match engine.store.release_all(node, Timestamp::now()).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(
                count,
                "{count} deliveries that the last run of this node did not finish are sent now"
            ),
            Err(error) => {
                tracing::warn!(%error, "deliveries that the last run of this node did not finish cannot be read now; they are sent later: {error}");
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

    /// Where events are stored together with what they owe.
    pub fn journal(&self) -> &Journal {
        self.0.journal()
    }

    /// Makes it look for due deliveries now.
    pub fn wake(&self) {
        self.0.due.now();
    }

    /// A webhook was changed, disabled or deleted. Once this answers, no attempt begins that does not know, on any node.
    pub async fn changed(&self, webhook: WebhookId) {
        self.0.changed(webhook).await;
        self.0.wait_for_nodes().await;
    }

    /// A further attempt was asked for a delivery that is being sent.
    pub fn asked_again(&self, webhook: WebhookId, delivery: DeliveryId) {
        self.0.asked_again(webhook, delivery);
        self.wake();
    }

    /// Changes whenever this node has stored results of attempts.
    pub fn recorded(&self) -> watch::Receiver<()> {
        self.0.recorded.subscribe()
    }

    /// How long an attempt may take, with the body of the response.
    pub fn timeout(&self) -> Duration {
        self.0.sender.settings.attempt_max()
    }

    /// What it did since it began.
    pub fn totals(&self) -> Totals {
        self.0.counters.totals()
    }

    /// What it is doing.
    pub fn load(&self) -> Load {
        let queues = self.0.queues();
        let (in_flight, waiting) = queues.load();
        Load {
            in_flight,
            waiting,
            open_breakers: queues.open_breakers(),
        }
    }

    /// Whether it makes progress; if not, why.
    pub fn progress(&self) -> Result<(), String> {
        if !self.0.lease.is_held() {
            return Err("this node cannot renew its lease".to_owned());
        }
        let silent = self.0.silent_for();
        if silent > STUCK {
            return Err(format!("the dispatcher looked for nothing to send for {} s", silent.as_secs()));
        }
        if let Some(why) = self.0.storable.trouble() {
            return Err(why);
        }
        self.0.journal().trouble(STUCK).map_or(Ok(()), Err)
    }
}

/// Starts a part of the dispatcher, and again whenever it breaks.
fn start<F: Future<Output = ()> + Send + 'static>(
    engine: &Arc<Engine>,
    what: &'static str,
    part: impl Fn(Arc<Engine>) -> F + Send + 'static,
) -> JoinHandle<()> {
    let engine = engine.clone();
    tokio::spawn(keep(engine.stop.clone(), what, move || part(engine.clone())))
}

impl Running {
    /// Takes no more work, lets the attempts in flight end, records them, gives the rest back.
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
