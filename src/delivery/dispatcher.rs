//! Starts and stops the dispatcher, and is the interface to it for the rest of the program.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{StreamExt, stream};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{
    delivery::{
        attempt::CallbackSender,
        background::{
            checkpoints::Checkpoints, claim::Claimer, committed_groups::CommittedGroups, delays::Delays, disk_space::DiskSpace,
            lease_renewal::LeaseRenewal, notifications::Notifications, repairs::Repairs, retention::Retention, supervisor::Supervisor,
            write_probe::WriteProbe,
        },
        client::{Client, ClientError},
        clock_jump::JumpDetector,
        counters::Counters,
        endpoint_cache::EndpointCache,
        engine::{Dependencies, Engine},
        lease::Lease,
        other_nodes,
        queues::{Limits, Paused, Queues},
        settings::DeliverySettings,
        slots::QueueSlots,
        wakeup::Wakeup,
        write_health::WriteHealth,
    },
    domain::{
        id::{DeliveryId, NodeId, WebhookId},
        retry::RetrySchedule,
        timestamp::Timestamp,
        url::UrlPolicy,
    },
    otel::Otel,
    storage::{Store, deliveries::Job, journal::Journal, uuid_time::made_at},
};

/// The dispatcher counts as stuck when it has not polled the database for so long. An idle dispatcher polls every few seconds.
const STUCK: Duration = Duration::from_secs(30);

/// The number of changed webhooks that are applied at the same time.
const AT_ONCE: usize = 8;

/// Handle of a running dispatcher. Cheap to clone.
#[derive(Clone)]
pub struct Dispatcher(Arc<Parts>);

struct Parts {
    store: Store,
    node: NodeId,
    engine: Arc<Engine>,
    lease: Arc<Lease>,
    wakeup: Arc<Wakeup>,
    write_health: Arc<WriteHealth>,
    counters: Arc<Counters>,
    /// Longest duration of an attempt.
    attempt_max: Duration,
    settings: Arc<DeliverySettings>,
}

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
    background: Supervisor,
    /// The task that applies committed groups. It ends last, because the journal stores results until then.
    committed: Supervisor,
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
        settings: DeliverySettings,
    ) -> Result<(Self, Running), ClientError> {
        let store = store.with_patience(settings.patience);
        let settings = Arc::new(settings);
        let client = Client::new(policy.clone(), &settings)?;
        let clock = Arc::new(JumpDetector::new());
        let lease = Arc::new(Lease::new(store.is_shared(), settings.attempt_max()));
        let wakeup = Arc::new(Wakeup::new());
        let write_health = Arc::new(WriteHealth::default());
        let counters = Arc::new(Counters::default());
        let queues = Arc::new(Mutex::new(Queues::new(Limits::of(&settings))));
        let shutdown = CancellationToken::new();

        let slots = Arc::new(QueueSlots {
            queues: queues.clone(),
            lease: lease.clone(),
            shutdown: shutdown.clone(),
        });
        let (report, groups) = mpsc::unbounded_channel();
        let journal = Journal::start(&store, node, &slots, &report);
        let engine = Arc::new(Engine::new(Dependencies {
            store: store.clone(),
            node,
            sender: CallbackSender {
                endpoints: EndpointCache::new(store.clone(), policy),
                client,
                clock: clock.clone(),
                settings: settings.clone(),
            },
            journal: journal.clone(),
            queues,
            lease: lease.clone(),
            wakeup: wakeup.clone(),
            counters: counters.clone(),
            shutdown: shutdown.clone(),
        }));

        release_former_deliveries(&store, node).await;
        let renewal = LeaseRenewal {
            store: store.clone(),
            node,
            lease: lease.clone(),
            write_health: write_health.clone(),
            engine: engine.clone(),
            timeout: settings.patience / 3,
        };
        renewal.renew().await;

        let committed = Supervisor::new(CancellationToken::new());
        committed.start(CommittedGroups {
            groups,
            engine: engine.clone(),
            wakeup: wakeup.clone(),
            counters: counters.clone(),
        });
        let background = Supervisor::new(shutdown);
        let repairs = Repairs::new(store.clone(), node, engine.clone(), clock, settings.schedule.clone());
        background.start(Claimer {
            store: store.clone(),
            node,
            engine: engine.clone(),
            lease: lease.clone(),
            wakeup: wakeup.clone(),
            repairs,
        });
        background.start(Delays { engine: engine.clone() });
        background.start(Retention::new(store.clone(), settings.retention));
        if store.is_shared() {
            background.start(renewal);
            background.start(Notifications::new(store.clone(), node, engine.clone(), wakeup.clone()));
        } else {
            background.start(Checkpoints { store: store.clone() });
            background.start(DiskSpace {
                store: store.clone(),
                journal,
                write_health: write_health.clone(),
                spare_space: settings.spare_space,
            });
            background.start(WriteProbe {
                store: store.clone(),
                write_health: write_health.clone(),
            });
        }

        let parts = Parts {
            store,
            node,
            engine: engine.clone(),
            lease,
            wakeup,
            write_health,
            counters,
            attempt_max: settings.attempt_max(),
            settings,
        };
        let running = Running {
            engine,
            background,
            committed,
        };
        Ok((Self(Arc::new(parts)), running))
    }

    /// The journal, which stores events together with their deliveries.
    pub fn journal(&self) -> &Journal {
        self.0.engine.journal()
    }

    /// Makes the claimer look for due deliveries now.
    pub fn wake(&self) {
        self.0.wakeup.now();
    }

    /// Applies a change of a webhook (changed, disabled or deleted). After this returns, no node begins an attempt with the old settings.
    pub async fn changed(&self, webhook: WebhookId) {
        let parts = &self.0;
        parts.engine.apply_change(webhook).await;
        other_nodes::wait_for_change(&parts.store, parts.node, &parts.lease).await;
    }

    /// As [`Self::changed`], for several webhooks.
    pub async fn all_changed(&self, webhooks: &[WebhookId]) {
        let parts = &self.0;
        let changes = stream::iter(webhooks).for_each_concurrent(AT_ONCE, |webhook| parts.engine.apply_change(*webhook));
        changes.await;
        other_nodes::wait_for_change(&parts.store, parts.node, &parts.lease).await;
    }

    /// As [`Self::all_changed`], for webhooks that were disabled before. Without a queue on this node a webhook has neither pauses nor a rate limit in
    /// memory that would have to change, so it is not read from the database until its next delivery.
    pub async fn all_enabled(&self, webhooks: &[WebhookId]) {
        let parts = &self.0;
        let with_queue: Vec<WebhookId> = {
            let queues = parts.engine.queues();
            webhooks.iter().copied().filter(|webhook| queues.has_queue(*webhook)).collect()
        };
        for webhook in webhooks {
            parts.engine.forget_endpoint(*webhook);
        }
        self.all_changed(&with_queue).await;
    }

    /// Notes that a manual attempt was requested for a delivery that may be in memory or in flight.
    pub fn manual_requested(&self, webhook: WebhookId, delivery: DeliveryId) {
        self.0.engine.manual_requested(webhook, delivery);
        self.wake();
    }

    /// Why this node begins no attempt of a webhook now, if it does not. Each node knows only its own attempts.
    pub fn paused(&self, webhook: WebhookId) -> Option<Paused> {
        self.0.engine.queues().paused(webhook, Instant::now())
    }

    /// Begins the first delivery of a webhook that waits on this node, whatever pauses the webhook. `None` if none waits here.
    pub fn try_first(&self, webhook: WebhookId) -> Option<DeliveryId> {
        self.0.engine.try_first(webhook)
    }

    /// Cancels the deliveries of a webhook that wait in the memory of this node and were created before `until`. Returns their number.
    pub async fn cancel_waiting(&self, webhook: WebhookId, until: Timestamp, reason: &str) -> u64 {
        let is_older = |job: &Job| made_at(job.delivery.0) < until;
        self.0.engine.cancel_waiting(webhook, reason, is_older).await as u64
    }

    /// Cancels a delivery that waits in the memory of this node. Returns false if it does not, or if somebody asked for its attempt.
    pub async fn cancel_one(&self, webhook: WebhookId, delivery: DeliveryId, reason: &str) -> bool {
        let is_it = |job: &Job| job.delivery == delivery;
        self.0.engine.cancel_waiting(webhook, reason, is_it).await > 0
    }

    /// Gives all deliveries that wait in the memory of this node back to the database, also those that are on their way from there. They are claimed
    /// anew, with the events as they are then.
    pub fn claim_anew(&self) {
        self.0.engine.begin_term();
        self.wake();
    }

    /// Changes whenever this node has stored results of attempts.
    pub fn recorded(&self) -> watch::Receiver<()> {
        self.0.engine.recorded()
    }

    /// A webhook is disabled when several deliveries in a row have exhausted their attempts and the first of these is at least this old.
    pub fn disable_after(&self) -> Duration {
        self.0.settings.disable_after
    }

    /// The delays between the attempts of a delivery.
    pub fn schedule(&self) -> &RetrySchedule {
        &self.0.settings.schedule
    }

    /// How long a receiver may take to begin its answer.
    pub fn answer_timeout(&self) -> Duration {
        self.0.settings.timeout
    }

    /// Longest duration of an attempt, including the response body.
    pub fn timeout(&self) -> Duration {
        self.0.attempt_max
    }

    /// Counters since the start of this node.
    pub fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// Whether this node holds its lease. Always true on SQLite, which needs none.
    pub fn holds_lease(&self) -> bool {
        self.0.lease.is_held()
    }

    /// Events are refused while the disk has less free space than this, in bytes.
    pub fn spare_space(&self) -> u64 {
        self.0.settings.spare_space
    }

    /// Measures publishing, storing and attempts, if traces are exported.
    pub fn otel(&self) -> &Otel {
        &self.0.settings.otel
    }

    /// Current load.
    pub fn load(&self) -> Load {
        let queues = self.0.engine.queues();
        let (in_flight, waiting) = queues.load();
        Load {
            in_flight,
            waiting,
            open_breakers: queues.open_breakers(),
        }
    }

    /// Checks whether the dispatcher makes progress. The error is the reason why it does not.
    pub fn progress(&self) -> Result<(), String> {
        let parts = &self.0;
        if !parts.lease.is_held() {
            return Err("this node cannot renew its lease".to_owned());
        }
        let silent = parts.wakeup.since_last_poll();
        if silent > STUCK {
            return Err(format!(
                "the dispatcher has not looked for due deliveries for {} s",
                silent.as_secs()
            ));
        }
        if let Some(why) = parts.write_health.trouble() {
            return Err(why);
        }
        self.journal().trouble(STUCK).map_or(Ok(()), Err)
    }
}

/// Releases the deliveries that the previous run of this node still owns, without waiting for its lease to expire.
async fn release_former_deliveries(store: &Store, node: NodeId) {
    match store.release_all(node).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(
            count,
            "{count} deliveries that the previous run of this node did not finish are sent now"
        ),
        Err(error) => {
            tracing::warn!(%error, "cannot release the deliveries that the previous run of this node did not finish; they are sent later: {error}");
        }
    }
}

impl Running {
    /// Stops gracefully: begins no more attempts, waits for those in flight, stores their results and releases all other deliveries.
    pub async fn stop(self) {
        self.background.stop().await;
        self.engine.finish().await;
        self.committed.stop().await;
    }
}
