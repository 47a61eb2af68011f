//! The engine runs attempts in the order that the queues decide, passes their results to the journal, and begins the next attempts.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    delivery::{
        GRACE,
        attempt::{DELETED, Sender, without_attempt},
        counters::Counters,
        endpoint_cache::Ready,
        lease::Lease,
        queues::{Limits, Queues, Turn},
        storable::Storable,
        wakeup::Due,
    },
    domain::{
        callback::Outcome,
        delivery::DeliveryState,
        id::{DeliveryId, NodeId, WebhookId},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        deliveries::Job,
        journal::{DISABLED, Journal, Next},
    },
};

pub(super) struct Engine {
    pub(super) store: Store,
    pub(super) node: NodeId,
    pub(super) sender: Sender,
    pub(super) lease: Lease,
    /// Whether the database accepts writes.
    pub(super) storable: Storable,
    pub(super) due: Due,
    pub(super) stop: CancellationToken,
    pub(super) counters: Counters,
    journal: OnceLock<Journal>,
    queues: Mutex<Queues>,
    /// Deliveries for which a manual attempt was requested while another attempt was in flight.
    pub(super) asked: Mutex<HashSet<DeliveryId>>,
    delays: Notify,
    pub(super) tasks: TaskTracker,
    /// Notified whenever results are stored.
    pub(super) recorded: watch::Sender<()>,
    /// Revision of the last webhook change that this node has applied.
    pub(super) heard: AtomicI64,
    began: Instant,
    /// When the claimer last read from the database, in milliseconds since `began`.
    alive: AtomicU64,
    pub(super) me: Weak<Self>,
}

impl Engine {
    pub(super) fn new(store: Store, node: NodeId, sender: Sender, stop: CancellationToken) -> Arc<Self> {
        let limits = Limits {
            concurrency: sender.settings.concurrency.max(1),
            per_webhook: sender.settings.concurrency_per_webhook.max(1),
            breaker: sender.settings.breaker,
        };
        Arc::new_cyclic(|me| Self {
            lease: Lease::new(store.is_shared(), sender.settings.attempt_max()),
            storable: Storable::default(),
            store,
            node,
            sender,
            due: Due::new(),
            stop,
            counters: Counters::default(),
            journal: OnceLock::new(),
            queues: Mutex::new(Queues::new(limits)),
            asked: Mutex::default(),
            delays: Notify::new(),
            tasks: TaskTracker::new(),
            recorded: watch::Sender::new(()),
            heard: AtomicI64::new(0),
            began: Instant::now(),
            alive: AtomicU64::new(0),
            me: me.clone(),
        })
    }

    pub(super) fn journal(&self) -> &Journal {
        self.journal.get_or_init(|| {
            Journal::start(
                &self.store,
                self.node,
                &self
                    .me
                    .upgrade()
                    .unwrap_or_else(|| unreachable!("the engine is borrowed, so its Arc is alive")),
            )
        })
    }

    pub(super) fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the claimer makes progress.
    pub(super) fn is_alive(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.alive.store(now, Ordering::Relaxed);
    }

    /// Time since the claimer last made progress.
    pub(super) fn silent_for(&self) -> std::time::Duration {
        let alive = std::time::Duration::from_millis(self.alive.load(Ordering::Relaxed));
        self.began.elapsed().saturating_sub(alive)
    }

    /// Starts all attempts that may begin now.
    pub(super) fn pump(&self) {
        loop {
            let Some(turn) = self.next_turn() else { break };
            let Some(me) = self.me.upgrade() else { break };
            self.tasks.spawn(async move { me.run(turn).await });
        }
        self.delays.notify_one();
    }

    fn next_turn(&self) -> Option<Turn> {
        if self.stop.is_cancelled() || !self.lease.outlasts_attempt() {
            return None;
        }
        let (turn, wants_claim) = {
            let mut queues = self.queues();
            (queues.next(Instant::now()), queues.take_wants_claim())
        };
        if wants_claim {
            self.due.now();
        }
        turn
    }

    /// Runs attempts until no further attempt may begin.
    async fn run(self: Arc<Self>, turn: Turn) {
        let mut next = Some(turn);
        while let Some(Turn { job, is_probe }) = next {
            let webhook = job.webhook;
            let (finished, told) = self.sender.attempt(job).await;
            if let Some(callback) = &finished.callback {
                let took = u64::try_from(callback.duration_ms).unwrap_or(0);
                self.counters.called(callback.answer.outcome() == Outcome::Succeeded, took);
            }
            self.journal().record(finished).await;
            let back = self.queues().over(webhook, is_probe, told, Instant::now());
            self.give_back(back);
            next = self.next_turn();
        }
        self.delays.notify_one();
    }

    /// Wakes webhooks whose delay (rate limit, pause or breaker) has ended.
    pub(super) async fn watch_delays(self: Arc<Self>) {
        loop {
            let next = self.queues().next_delay();
            let pause = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.delays.notified() => {}
                () = pause => self.pump(),
            }
        }
    }

    /// Enqueues claimed deliveries of one webhook. Deliveries that no longer fit are released.
    pub(super) async fn take_claimed(&self, webhook: WebhookId, jobs: Vec<Job>) {
        // The rate limit must be set before the first attempt begins.
        self.prepare(webhook).await;
        let mut back = Vec::new();
        {
            let mut queues = self.queues();
            for job in jobs {
                let delivery = job.delivery;
                if !queues.take_claimed(job) {
                    back.push(delivery);
                }
            }
        }
        self.give_back(back);
        self.pump();
    }

    pub(super) async fn prepare(&self, webhook: WebhookId) {
        // If the webhook cannot be read now, the attempt handles the error.
        if let Ok(ready) = self.sender.targets.get(webhook).await
            && let Ready::Open(receiver) = &*ready
            && receiver.rate.is_some()
        {
            self.queues().limit(webhook, receiver.rate, Instant::now());
        }
    }

    fn give_back(&self, deliveries: Vec<DeliveryId>) {
        let Some(me) = self.me.upgrade().filter(|_| !deliveries.is_empty()) else {
            return;
        };
        self.tasks.spawn(async move {
            if let Err(error) = me.store.patient().release(me.node, &deliveries).await {
                tracing::warn!(%error, count = deliveries.len(), "{} deliveries cannot be released in the database now; they are found and sent later: {error}", deliveries.len());
            }
            me.due.now();
        });
    }

    /// Drops all waiting deliveries: another node may own them by now.
    pub(super) fn drop_all(&self) {
        let dropped = self.queues().drain_all();
        self.give_back(dropped);
    }

    /// Applies a change of a webhook (changed, disabled or deleted). After this returns, this node begins no attempt with the old settings.
    pub(super) async fn changed(&self, webhook: WebhookId) {
        // The change itself is already stored, so an error here is only logged.
        if let Err(error) = self.take_up(webhook).await {
            tracing::warn!(%error, %webhook, "deliveries of the changed webhook {webhook} cannot be updated now; each is updated when it is due: {error}");
        }
    }

    async fn take_up(&self, webhook: WebhookId) -> Result<(), StoreError> {
        self.sender.targets.forget(webhook);
        let (next, state, reason) = match &*self.sender.targets.get(webhook).await? {
            Ready::Open(receiver) => {
                self.queues().limit(webhook, receiver.rate, Instant::now());
                self.queues().mended(webhook);
                self.pump();
                return Ok(());
            }
            Ready::Disabled => (Next::Held, DeliveryState::Held, DISABLED),
            Ready::Deleted => (Next::Failed(DELETED.to_owned()), DeliveryState::Failed, DELETED),
        };
        let waiting = self.queues().drain(webhook);
        for job in waiting {
            self.journal().record(without_attempt(job, next.clone())).await;
        }
        self.store.set_aside(webhook, state, reason, Timestamp::now()).await?;
        Ok(())
    }

    /// Notes a manual attempt. A waiting delivery moves to the front of its queue; one in flight is remembered until its result is stored.
    pub(super) fn asked_again(&self, webhook: WebhookId, delivery: DeliveryId) {
        let mut queues = self.queues();
        if queues.make_manual(webhook, delivery) || !queues.has(delivery) {
            return;
        }
        drop(queues);
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(delivery);
    }

    /// Waits for attempts in flight, stores their results and releases all other deliveries.
    pub(super) async fn finish(&self) {
        let waiting = self.queues().drain_all();
        self.give_back(waiting);
        self.tasks.close();
        let last = self.sender.settings.attempt_max() + GRACE;
        if timeout(last, self.tasks.wait()).await.is_err() {
            tracing::warn!("some attempts were still in flight at the shutdown; they are repeated at the next start");
        }
        if timeout(GRACE, self.journal().flush()).await.is_err() {
            tracing::warn!("some results could not be stored before the shutdown; their deliveries are sent again at the next start");
        }
        let gave_up = self.store.release_all(self.node, Timestamp::now()).await;
        if let Err(error) = gave_up {
            tracing::warn!(%error, "waiting deliveries cannot be released now; other nodes take them once the lease of this node has ended: {error}");
        } else if let Err(error) = self.store.end_lease(self.node).await {
            tracing::warn!(%error, "the lease of this node cannot be ended; it expires by itself: {error}");
        }
        // Other nodes may claim the released deliveries.
        let _ = self.store.tell_pending().await;
    }
}
