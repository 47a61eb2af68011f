//! The queues, and how deliveries enter and leave them.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    delivery::{
        circuit_breaker::{BreakerSettings, CircuitBreaker},
        settings::DeliverySettings,
        token_bucket::TokenBucket,
    },
    domain::{
        callback::Trigger,
        id::{DeliveryId, WebhookId},
        timestamp::Timestamp,
    },
    storage::{
        deliveries::Job,
        journal::{LeaseTerm, Slot},
    },
};

/// All queues of this node.
pub(in crate::delivery) struct Queues {
    pub(super) by_webhook: HashMap<WebhookId, Queue>,
    /// Webhooks that have waiting deliveries and may begin an attempt, in round-robin order.
    pub(super) ready: VecDeque<WebhookId>,
    /// Webhooks that may begin their next attempt at a certain time.
    pub(super) delayed: BTreeSet<(Instant, WebhookId)>,
    /// All deliveries in memory: reserved slots, waiting, in flight, and those whose result is not stored yet.
    pub(super) in_memory: HashSet<DeliveryId>,
    /// What was claimed in this term while it was still in memory from before: this node owns it in the database, but neither enqueues nor
    /// releases it until its earlier slot or result is settled.
    claimed_again: HashMap<DeliveryId, Claim>,
    /// Number of slots in use: reserved or waiting.
    pub(super) slots: usize,
    /// Size of the bodies in all slots.
    pub(super) bytes: usize,
    /// Estimated size of the next body.
    pub(super) typical_bytes: usize,
    /// Number of attempts in flight.
    pub(super) in_flight: usize,
    pub(super) limits: Limits,
    /// Number of nodes that are alive, including this one.
    pub(super) nodes: u32,
    /// Whether a queue whose webhook has more deliveries in the database has free slots again.
    pub(super) refill_requested: bool,
    /// The present term of this node's lease.
    pub(super) term: LeaseTerm,
    /// When it began, by the clock by which deliveries are due. What this node owned before was stored or claimed no later than this.
    term_began: Timestamp,
}

/// Limits of concurrency, and the settings of the circuit breakers.
#[derive(Clone, Copy, Debug)]
pub(in crate::delivery) struct Limits {
    pub(super) concurrency: usize,
    pub(super) per_webhook: usize,
    pub(super) breaker: BreakerSettings,
}

impl Limits {
    pub(in crate::delivery) fn of(settings: &DeliverySettings) -> Self {
        Self {
            concurrency: settings.concurrency.max(1),
            per_webhook: settings.concurrency_per_webhook.max(1),
            breaker: settings.breaker,
        }
    }
}

/// A delivery as it was claimed.
pub(in crate::delivery) struct Claim {
    pub(in crate::delivery) job: Job,
    /// The time that the claim stored in the row.
    pub(in crate::delivery) at: Timestamp,
}

/// Why a node begins no attempt of a webhook, except single ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paused {
    /// Its circuit breaker is open: one attempt is made at a time, until one succeeds.
    Failing {
        /// Failures in a row.
        failures: u32,
        /// The present pause between two attempts.
        every: Duration,
        /// The time until the next attempt. `None` while one is in flight.
        next: Option<Duration>,
    },
    /// The receiver asked for a pause (`Retry-After`).
    Asked {
        /// The time until the pause ends.
        next: Duration,
    },
}

/// The queue of one webhook.
#[derive(Default)]
pub(super) struct Queue {
    pub(super) waiting: VecDeque<Job>,
    /// Slots in use: reserved or waiting.
    pub(super) slots: usize,
    /// Size of their bodies.
    pub(super) bytes: usize,
    pub(super) in_flight: usize,
    /// Whether it is in [`Queues::ready`].
    pub(super) ready: bool,
    /// Its time in [`Queues::delayed`].
    pub(super) delayed: Option<Instant>,
    pub(super) breaker: CircuitBreaker,
    /// The rate limit, if there is one.
    pub(super) bucket: Option<TokenBucket>,
    /// Until when the receiver asked for no calls.
    pub(super) paused_until: Option<Instant>,
    /// Whether more deliveries of this webhook wait in the database.
    pub(super) has_backlog: bool,
}

impl Queues {
    pub(in crate::delivery) fn new(limits: Limits) -> Self {
        Self {
            by_webhook: HashMap::new(),
            ready: VecDeque::new(),
            delayed: BTreeSet::new(),
            in_memory: HashSet::new(),
            claimed_again: HashMap::new(),
            slots: 0,
            bytes: 0,
            typical_bytes: 0,
            in_flight: 0,
            limits,
            nodes: 1,
            refill_requested: false,
            term: LeaseTerm::default(),
            term_began: Timestamp(i64::MIN),
        }
    }

    /// The present term of this node's lease.
    pub(in crate::delivery) const fn term(&self) -> LeaseTerm {
        self.term
    }

    /// When the present term began.
    pub(in crate::delivery) const fn term_began(&self) -> Timestamp {
        self.term_began
    }

    /// Reserves a slot for a delivery, if one is free.
    pub(in crate::delivery) fn reserve(&mut self, slot: Slot) -> bool {
        self.note_body(slot.bytes);
        if !self.fits(slot) {
            self.request_refill_later(slot.webhook);
            return false;
        }
        self.occupy(slot);
        true
    }

    /// Enqueues a delivery that was claimed in this term, if a slot is free. Returns false if it must be released. One that is in memory already
    /// is neither enqueued nor released before its result is stored: the result may be stored a second time, because the answer of the database
    /// was lost, and then decides anew what becomes of the delivery.
    pub(in crate::delivery) fn enqueue_claimed(&mut self, claim: Claim, term: LeaseTerm) -> bool {
        if term != self.term {
            return false;
        }
        if self.contains(claim.job.delivery) {
            self.claimed_again.insert(claim.job.delivery, claim);
            return true;
        }
        let job = claim.job;
        let slot = slot_of(&job);
        if job.manual && self.free_slots_for_manual(job.webhook) > 0 {
            self.occupy(slot);
        } else if !self.reserve(slot) {
            return false;
        }
        self.push(job);
        true
    }

    fn occupy(&mut self, slot: Slot) {
        let queue = self.by_webhook.entry(slot.webhook).or_default();
        queue.slots += 1;
        queue.bytes += slot.bytes;
        self.slots += 1;
        self.bytes += slot.bytes;
        self.in_memory.insert(slot.delivery);
    }

    /// Releases a reserved slot. A delivery that was claimed again meanwhile takes it.
    pub(in crate::delivery) fn release(&mut self, slot: Slot) {
        if let Some(claim) = self.claimed_again.remove(&slot.delivery) {
            self.push(claim.job);
            return;
        }
        self.in_memory.remove(&slot.delivery);
        self.vacate(slot.webhook, 1, slot.bytes);
        self.remove_if_idle(slot.webhook);
    }

    /// Enqueues a delivery in the slot that was reserved for it in this term. If the term has ended, the slot is released. Returns false if the
    /// delivery must be released, too.
    pub(in crate::delivery) fn enqueue_reserved(&mut self, job: Job, term: LeaseTerm) -> bool {
        if term == self.term {
            self.push(job);
            return true;
        }
        let was_claimed_again = self.claimed_again.contains_key(&job.delivery);
        self.release(slot_of(&job));
        was_claimed_again
    }

    /// Adds a delivery that has a slot. Manual deliveries come before all others, in the order of their requests.
    fn push(&mut self, job: Job) {
        let webhook = job.webhook;
        let queue = self.by_webhook.entry(webhook).or_default();
        if job.manual {
            let manual = queue.waiting.iter().take_while(|job| job.manual).count();
            queue.waiting.insert(manual, job);
        } else {
            queue.waiting.push_back(job);
        }
        // A manual delivery does not wait for the circuit breaker, so the delay is evaluated again.
        if let Some(at) = queue.delayed.take() {
            self.delayed.remove(&(at, webhook));
        }
        self.reschedule(webhook);
    }

    /// Notes that deliveries of a webhook wait in the database until slots are free.
    pub(in crate::delivery) fn request_refill_later(&mut self, webhook: WebhookId) {
        let queue = self.by_webhook.entry(webhook).or_default();
        queue.has_backlog = true;
        self.reschedule(webhook);
    }

    /// Notes that the result of an attempt is stored. If the delivery was claimed before that, returns the time of the claim, which
    /// must be released.
    pub(in crate::delivery) fn result_stored(&mut self, delivery: DeliveryId) -> Option<Timestamp> {
        self.forget(delivery).map(|claim| claim.at)
    }

    /// Notes that a delivery has left the memory.
    pub(super) fn forget(&mut self, delivery: DeliveryId) -> Option<Claim> {
        self.in_memory.remove(&delivery);
        self.claimed_again.remove(&delivery)
    }

    /// Turns a waiting delivery into a manual one. Returns false if it does not wait here, or is manual already.
    pub(in crate::delivery) fn make_manual(&mut self, webhook: WebhookId, delivery: DeliveryId) -> bool {
        let Some(queue) = self.by_webhook.get_mut(&webhook) else {
            return false;
        };
        let found = queue.waiting.iter().position(|job| job.delivery == delivery && !job.manual);
        let Some(mut job) = found.and_then(|at| queue.waiting.remove(at)) else {
            return false;
        };
        (job.trigger, job.manual) = (Trigger::Manual, true);
        self.push(job);
        true
    }

    /// Removes waiting deliveries of a webhook that match. Manual ones stay, because somebody asked for their attempt.
    pub(in crate::delivery) fn take_waiting(&mut self, webhook: WebhookId, which: impl Fn(&Job) -> bool) -> Vec<Job> {
        let Some(queue) = self.by_webhook.get_mut(&webhook) else {
            return Vec::new();
        };
        let (taken, kept): (Vec<Job>, VecDeque<Job>) = {
            let (mut taken, mut kept) = (Vec::new(), VecDeque::new());
            for job in queue.waiting.drain(..) {
                if !job.manual && which(&job) {
                    taken.push(job);
                } else {
                    kept.push_back(job);
                }
            }
            (taken, kept)
        };
        queue.waiting = kept;
        self.vacate(webhook, taken.len(), taken.iter().map(|job| job.body.len()).sum());
        self.reschedule(webhook);
        taken
    }

    /// Turns the first waiting delivery of a webhook into a manual one, so that it ignores pauses. `None` if none waits here.
    pub(in crate::delivery) fn make_first_manual(&mut self, webhook: WebhookId) -> Option<DeliveryId> {
        let queue = self.by_webhook.get(&webhook)?;
        let delivery = queue.waiting.front()?.delivery;
        self.make_manual(webhook, delivery);
        Some(delivery)
    }

    /// Whether the memory of this node has deliveries, pauses or a rate limit of a webhook.
    pub(in crate::delivery) fn has_queue(&self, webhook: WebhookId) -> bool {
        self.by_webhook.contains_key(&webhook)
    }

    /// Why this node begins no attempt of a webhook now, if it does not.
    pub(in crate::delivery) fn paused(&self, webhook: WebhookId, now: Instant) -> Option<Paused> {
        let queue = self.by_webhook.get(&webhook)?;
        let left = |until: Instant| until.saturating_duration_since(now);
        if let Some((failures, every, next)) = queue.breaker.opened() {
            return Some(Paused::Failing {
                failures,
                every,
                next: next.map(left),
            });
        }
        queue
            .paused_until
            .filter(|until| *until > now)
            .map(|until| Paused::Asked { next: left(until) })
    }

    /// Whether a delivery is in the memory of this node.
    pub(in crate::delivery) fn contains(&self, delivery: DeliveryId) -> bool {
        self.in_memory.contains(&delivery)
    }

    /// Attempts in flight, and deliveries that wait in memory.
    pub(in crate::delivery) const fn load(&self) -> (usize, usize) {
        (self.in_flight, self.slots)
    }

    /// Number of webhooks whose circuit breaker is open.
    pub(in crate::delivery) fn open_breakers(&self) -> usize {
        self.by_webhook.values().filter(|queue| queue.breaker.is_open()).count()
    }

    /// Returns whether more deliveries should be claimed, and resets the flag.
    pub(in crate::delivery) const fn take_refill_request(&mut self) -> bool {
        std::mem::replace(&mut self.refill_requested, false)
    }

    /// Removes all waiting deliveries of a webhook.
    pub(in crate::delivery) fn drain(&mut self, webhook: WebhookId) -> Vec<Job> {
        let Some(queue) = self.by_webhook.get_mut(&webhook) else {
            return Vec::new();
        };
        let jobs: Vec<Job> = queue.waiting.drain(..).collect();
        if let Some(at) = queue.delayed.take() {
            self.delayed.remove(&(at, webhook));
        }
        self.vacate(webhook, jobs.len(), jobs.iter().map(|job| job.body.len()).sum());
        self.reschedule(webhook);
        self.remove_if_idle(webhook);
        jobs
    }

    /// Removes all waiting deliveries and begins a new term, so that those that are still on their way from the database are not enqueued.
    pub(in crate::delivery) fn begin_term(&mut self, now: Timestamp) -> Vec<DeliveryId> {
        self.term.0 += 1;
        self.term_began = now;
        let webhooks: Vec<_> = self.by_webhook.keys().copied().collect();
        let jobs: Vec<_> = webhooks.into_iter().flat_map(|webhook| self.drain(webhook)).collect();
        for job in &jobs {
            self.in_memory.remove(&job.delivery);
        }
        jobs.into_iter()
            .map(|job| job.delivery)
            .chain(self.claimed_again.drain().map(|(delivery, _)| delivery))
            .collect()
    }

    /// Frees slots. The deliveries stay in memory if they are in flight or their result is not stored yet.
    pub(super) fn vacate(&mut self, webhook: WebhookId, slots: usize, bytes: usize) {
        self.slots = self.slots.saturating_sub(slots);
        self.bytes = self.bytes.saturating_sub(bytes);
        if let Some(queue) = self.by_webhook.get_mut(&webhook) {
            queue.slots = queue.slots.saturating_sub(slots);
            queue.bytes = queue.bytes.saturating_sub(bytes);
        }
    }

    /// Removes the queue of a webhook that has no state worth keeping.
    pub(super) fn remove_if_idle(&mut self, webhook: WebhookId) {
        let idle = |queue: &Queue| {
            queue.slots == 0
                && queue.in_flight == 0
                && !queue.ready
                && !queue.has_backlog
                && queue.delayed.is_none()
                && !queue.breaker.has_failures()
                && queue.bucket.is_none()
                && queue.paused_until.is_none_or(|until| until <= Instant::now())
        };
        if self.by_webhook.get(&webhook).is_some_and(idle) {
            self.by_webhook.remove(&webhook);
        }
    }
}

/// The slot of a delivery.
pub(super) const fn slot_of(job: &Job) -> Slot {
    Slot {
        webhook: job.webhook,
        delivery: job.delivery,
        bytes: job.body.len(),
    }
}
