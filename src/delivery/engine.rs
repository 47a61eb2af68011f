//! The engine runs attempts in the order that the queues decide, passes their results to the journal, and begins the next attempts.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    delivery::{
        attempt::{Attempted, CallbackSender, DELETED, without_attempt},
        counters::Counters,
        endpoint_cache::CachedEndpoint,
        lease::Lease,
        queues::{Claim, Queues, ScheduledAttempt},
        wakeup::Wakeup,
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
        journal::{DISABLED, Journal, LeaseTerm, Next, Recorded, due_time},
    },
    sync::locked,
};

/// During a shutdown, the extra time for storing results after the longest possible attempt has ended.
const GRACE: Duration = Duration::from_secs(5);

/// What the engine works with. The other parts of the dispatcher share some of it.
pub(super) struct Dependencies {
    pub(super) store: Store,
    pub(super) node: NodeId,
    pub(super) sender: CallbackSender,
    pub(super) journal: Journal,
    pub(super) queues: Arc<Mutex<Queues>>,
    pub(super) lease: Arc<Lease>,
    pub(super) wakeup: Arc<Wakeup>,
    pub(super) counters: Arc<Counters>,
    /// Cancelled when the node stops. Then no more attempts begin.
    pub(super) shutdown: CancellationToken,
}

pub(super) struct Engine {
    deps: Dependencies,
    /// Deliveries for which a manual attempt was requested while another attempt was in flight.
    manual_after_attempt: Mutex<HashSet<DeliveryId>>,
    /// Notified when the time of the next delayed attempt may have changed.
    delays: Notify,
    /// Attempts in flight, and statements that nobody waits for.
    tasks: TaskTracker,
    /// Notified whenever results are stored.
    recorded: watch::Sender<()>,
}

impl Engine {
    pub(super) fn new(deps: Dependencies) -> Self {
        Self {
            deps,
            manual_after_attempt: Mutex::default(),
            delays: Notify::new(),
            tasks: TaskTracker::new(),
            recorded: watch::Sender::new(()),
        }
    }

    pub(super) const fn journal(&self) -> &Journal {
        &self.deps.journal
    }

    pub(super) fn queues(&self) -> MutexGuard<'_, Queues> {
        locked(&self.deps.queues)
    }

    /// Changes whenever results are stored.
    pub(super) fn recorded(&self) -> watch::Receiver<()> {
        self.recorded.subscribe()
    }

    /// Waits until the time of the next delayed attempt may have changed.
    pub(super) async fn delays_changed(&self) {
        self.delays.notified().await;
    }

    /// Starts all attempts that may begin now.
    pub(super) fn start_attempts(self: &Arc<Self>) {
        while let Some(attempt) = self.next_attempt() {
            let engine = self.clone();
            self.tasks.spawn(async move { engine.run(attempt).await });
        }
        self.delays.notify_one();
    }

    /// Whether this node may begin attempts. When it gets its lease back, [`Self::start_attempts`] is called.
    fn may_begin(&self) -> bool {
        !self.deps.shutdown.is_cancelled() && self.deps.lease.outlasts_attempt()
    }

    /// When the first of the delayed webhooks may begin its next attempt. `None` while this node may begin none: a time in the past would
    /// not be waited for.
    pub(super) fn next_delay(&self) -> Option<Instant> {
        self.queues().next_delay().filter(|_| self.may_begin())
    }

    fn next_attempt(&self) -> Option<ScheduledAttempt> {
        if !self.may_begin() {
            return None;
        }
        let (attempt, needs_refill) = {
            let mut queues = self.queues();
            (queues.next(Instant::now()), queues.take_refill_request())
        };
        if needs_refill {
            self.deps.wakeup.now();
        }
        attempt
    }

    /// Runs attempts one after the other until none may begin.
    async fn run(&self, first: ScheduledAttempt) {
        let mut next = Some(first);
        while let Some(ScheduledAttempt { job, is_probe }) = next {
            let webhook = job.webhook;
            let Attempted {
                finished,
                health,
                late_body,
            } = self.deps.sender.attempt(job).await;
            if let Some(callback) = &finished.callback {
                let took = u32::try_from(callback.duration_ms.max(0)).unwrap_or(u32::MAX);
                self.deps.counters.called(callback.answer.outcome() == Outcome::Succeeded, took);
            }
            self.deps.journal.record(finished).await;
            if let Some(body) = late_body {
                self.tasks.spawn(body.store(self.deps.store.clone()));
            }
            let surplus = self.queues().attempt_ended(webhook, is_probe, health, Instant::now());
            if !surplus.is_empty() {
                self.release(surplus, self.deps.store.now());
            }
            next = self.next_attempt();
        }
        self.delays.notify_one();
    }

    /// Enqueues stored deliveries with a slot that was reserved in this term. Those of an earlier term are released: another node may own
    /// them by now.
    pub(super) fn enqueue(self: &Arc<Self>, jobs: Vec<Job>, term: LeaseTerm) {
        let mut not_cached = Vec::new();
        self.enqueue_or_release(jobs, term, |queues, job| {
            // The rate limit must be set before the first attempt begins.
            let Ok(rate) = self.deps.sender.endpoints.rate_if_cached(job.webhook) else {
                not_cached.push(job);
                return true;
            };
            if rate.is_some() {
                queues.set_rate_limit(job.webhook, rate, Instant::now());
            }
            queues.enqueue_reserved(job, term)
        });
        if !not_cached.is_empty() {
            let engine = self.clone();
            self.tasks.spawn(async move {
                for job in not_cached {
                    engine.load_rate_limit(job.webhook).await;
                    engine.enqueue_or_release([job], term, |queues, job| queues.enqueue_reserved(job, term));
                }
                engine.start_attempts();
            });
        }
        self.start_attempts();
    }

    /// Enqueues deliveries of one webhook that were claimed at this time in this term. Those that do not fit, and those of an earlier term, are
    /// released.
    pub(super) async fn enqueue_claimed(self: &Arc<Self>, webhook: WebhookId, jobs: Vec<Job>, at: Timestamp, term: LeaseTerm) {
        self.load_rate_limit(webhook).await;
        self.enqueue_or_release(jobs, term, |queues, job| queues.enqueue_claimed(Claim { job, at }, term));
        self.start_attempts();
    }

    /// Passes deliveries of this term to `enqueue`, and releases those for which it returns false.
    fn enqueue_or_release(&self, jobs: impl IntoIterator<Item = Job>, term: LeaseTerm, mut enqueue: impl FnMut(&mut Queues, Job) -> bool) {
        let mut released = Vec::new();
        let mut queues = self.queues();
        for job in jobs {
            let delivery = job.delivery;
            if !enqueue(&mut queues, job) {
                released.push(delivery);
            }
        }
        if released.is_empty() {
            return;
        }
        let owned_until = if term == queues.term() {
            self.deps.store.now()
        } else {
            queues.term_began()
        };
        drop(queues);
        self.release(released, owned_until);
    }

    /// Sets the rate limit of a webhook. It must be set before the first attempt begins.
    async fn load_rate_limit(&self, webhook: WebhookId) {
        // If the webhook cannot be read now, the attempt handles the error.
        if let Ok(cached) = self.deps.sender.endpoints.get(webhook).await
            && let CachedEndpoint::Open(endpoint) = &*cached
            && endpoint.rate.is_some()
        {
            self.queues().set_rate_limit(webhook, endpoint.rate, Instant::now());
        }
    }

    /// Releases deliveries in the database, so that this node or another claims them again. Does not wait. Leaves those that this node has
    /// claimed again after `owned_until`.
    fn release(&self, deliveries: Vec<DeliveryId>, owned_until: Timestamp) {
        if deliveries.is_empty() {
            return;
        }
        let (store, node, wakeup) = (self.deps.store.patient(), self.deps.node, self.deps.wakeup.clone());
        self.tasks.spawn(async move {
            if let Err(error) = store.release(node, &deliveries, Some(owned_until)).await {
                tracing::warn!(%error, count = deliveries.len(), "{} deliveries cannot be released in the database now; they are found and sent later: {error}", deliveries.len());
            }
            wakeup.now();
        });
    }

    /// Begins a new term of the lease: drops all waiting deliveries and releases those that this node still owns, because another node may own
    /// them by now, or because their events were erased. Does the same with those that are still on their way from the database when they arrive.
    pub(super) fn begin_term(&self) {
        let mut queues = self.queues();
        // Read under the lock, so that no claim of the earlier term has a later time.
        let now = self.deps.store.now();
        let dropped = queues.begin_term(now);
        drop(queues);
        self.release(dropped, now);
    }

    /// Notes how many nodes are alive, including this one, so that they share the rate limits of webhooks.
    pub(super) fn set_nodes(&self, nodes: u32) {
        self.queues().set_nodes(nodes);
    }

    /// Notes stored results.
    pub(super) fn results_stored(&self, recorded: &[Recorded]) {
        let mut manual = locked(&self.manual_after_attempt);
        let mut queues = self.queues();
        for result in recorded {
            if let Some(claimed_at) = queues.result_stored(result.delivery) {
                // The result may be stored a second time after the claim, and the delivery may be claimed once more.
                self.release(vec![result.delivery], claimed_at);
            }
            if let Some(at) = result.again_at {
                self.deps.wakeup.at(due_time(at, self.deps.store.now()));
            }
            if !manual.is_empty() && manual.remove(&result.delivery) {
                self.deps.wakeup.now();
            }
        }
        drop(queues);
        drop(manual);
        self.recorded.send_replace(());
    }

    /// Makes the next attempt of a webhook read its settings again.
    pub(super) fn forget_endpoint(&self, webhook: WebhookId) {
        self.deps.sender.endpoints.forget(webhook);
    }

    /// Makes the next attempt of each webhook read its settings again.
    pub(super) fn forget_all_endpoints(&self) {
        self.deps.sender.endpoints.forget_all();
    }

    /// Applies a change of a webhook (changed, disabled or deleted). After this returns, this node begins no attempt with the old settings.
    pub(super) async fn apply_change(self: &Arc<Self>, webhook: WebhookId) {
        // The change itself is already stored, so an error here is only logged.
        if let Err(error) = self.try_apply_change(webhook).await {
            tracing::warn!(%error, %webhook, "deliveries of the changed webhook {webhook} cannot be updated now; each is updated when it is due: {error}");
        }
    }

    /// Applies a change without waiting for it.
    pub(super) fn apply_change_later(self: &Arc<Self>, webhook: WebhookId) {
        let engine = self.clone();
        self.tasks.spawn(async move { engine.apply_change(webhook).await });
    }

    async fn try_apply_change(self: &Arc<Self>, webhook: WebhookId) -> Result<(), StoreError> {
        self.forget_endpoint(webhook);
        let (next, state, reason) = match &*self.deps.sender.endpoints.get(webhook).await? {
            CachedEndpoint::Open(endpoint) => {
                {
                    let mut queues = self.queues();
                    queues.set_rate_limit(webhook, endpoint.rate, Instant::now());
                    queues.reset_pauses(webhook);
                }
                self.start_attempts();
                return Ok(());
            }
            CachedEndpoint::Disabled => (Next::Held, DeliveryState::Held, DISABLED),
            CachedEndpoint::Deleted => (Next::Failed(DELETED.to_owned()), DeliveryState::Failed, DELETED),
        };
        let waiting = {
            let mut queues = self.queues();
            let waiting = queues.drain(webhook);
            // Nothing is sent, so nothing pauses; and a webhook that is gone needs no queue.
            queues.reset_pauses(webhook);
            waiting
        };
        for job in waiting {
            self.deps.journal.record(without_attempt(job, next.clone())).await;
        }
        self.deps.store.withdraw(webhook, state, reason, self.deps.store.now()).await?;
        Ok(())
    }

    /// Lets the first waiting delivery of a webhook begin now, whatever pauses the webhook. `None` if none waits on this node.
    pub(super) fn try_first(self: &Arc<Self>, webhook: WebhookId) -> Option<DeliveryId> {
        let first = self.queues().make_first_manual(webhook);
        self.start_attempts();
        first
    }

    /// Cancels deliveries of a webhook that wait in the memory of this node. Returns their number.
    pub(super) async fn cancel_waiting(&self, webhook: WebhookId, reason: &str, which: impl Fn(&Job) -> bool) -> usize {
        let taken = self.queues().take_waiting(webhook, which);
        let count = taken.len();
        for job in taken {
            self.deps
                .journal
                .record(without_attempt(job, Next::Cancelled(reason.to_owned())))
                .await;
        }
        count
    }

    /// Notes a manual attempt. A waiting delivery moves to the front of its queue; one in flight is remembered until its result is stored.
    pub(super) fn manual_requested(&self, webhook: WebhookId, delivery: DeliveryId) {
        // Both locks are held, so that a result that is being stored is either seen here or finds the delivery in the set.
        let mut manual = locked(&self.manual_after_attempt);
        let mut queues = self.queues();
        if !queues.make_manual(webhook, delivery) && queues.contains(delivery) {
            manual.insert(delivery);
        }
    }

    /// Waits for attempts in flight, stores their results and releases all other deliveries.
    pub(super) async fn finish(&self) {
        self.begin_term();
        self.tasks.close();
        let longest = self.deps.sender.settings.attempt_max() + GRACE;
        if timeout(longest, self.tasks.wait()).await.is_err() {
            tracing::warn!("some attempts were still in flight at the shutdown; they are repeated at the next start");
        }
        if timeout(GRACE, self.deps.journal.flush()).await.is_err() {
            tracing::warn!("some results could not be stored before the shutdown; their deliveries are sent again at the next start");
        }
        if let Err(error) = self.deps.store.release_all(self.deps.node).await {
            tracing::warn!(%error, "waiting deliveries cannot be released now; other nodes take them once the lease of this node has ended: {error}");
        } else if let Err(error) = self.deps.store.end_lease(self.deps.node).await {
            tracing::warn!(%error, "the lease of this node cannot be ended; it expires by itself: {error}");
        }
        // Other nodes may claim the released deliveries.
        let _ = self.deps.store.tell_pending().await;
    }
}
