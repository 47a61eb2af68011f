//! Deliveries in memory: one queue per webhook, served round-robin, so that no webhook can block another.

mod capacity;
mod scheduling;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use tokio::time::Instant;

pub(super) use self::scheduling::{Told, Turn};
use crate::{
    delivery::{
        circuit_breaker::{Breaker, BreakerSettings},
        token_bucket::Bucket,
    },
    domain::{
        callback::Trigger,
        id::{DeliveryId, WebhookId},
    },
    storage::{deliveries::Job, journal::Place},
};

/// All queues of this node.
pub(super) struct Queues {
    by_webhook: HashMap<WebhookId, Queue>,
    /// Webhooks that have waiting deliveries and may begin an attempt, in round-robin order.
    ready: VecDeque<WebhookId>,
    /// Webhooks that may begin their next attempt at a certain time.
    delayed: BTreeSet<(Instant, WebhookId)>,
    /// All deliveries in memory: reserved slots, waiting, in flight, and those whose result is not stored yet.
    in_hand: HashSet<DeliveryId>,
    /// Number of slots in use: reserved or waiting.
    places: usize,
    /// Size of the bodies in all slots.
    bytes: usize,
    /// Estimated size of the next body.
    usual: usize,
    in_flight: usize,
    limits: Limits,
    /// A queue whose webhook has more deliveries in the database has free slots again.
    wants_claim: bool,
}

/// Limits of concurrency.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) concurrency: usize,
    pub(super) per_webhook: usize,
    pub(super) breaker: BreakerSettings,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    /// Slots in use: reserved or waiting.
    places: usize,
    /// Size of their bodies.
    bytes: usize,
    in_flight: usize,
    ready: bool,
    delayed: Option<Instant>,
    breaker: Breaker,
    bucket: Option<Bucket>,
    paused_until: Option<Instant>,
    /// More deliveries of this webhook wait in the database.
    starved: bool,
}

impl Queues {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            by_webhook: HashMap::new(),
            ready: VecDeque::new(),
            delayed: BTreeSet::new(),
            in_hand: HashSet::new(),
            places: 0,
            bytes: 0,
            usual: 0,
            in_flight: 0,
            limits,
            wants_claim: false,
        }
    }

    /// Reserves a slot for a delivery, if one is free.
    pub(super) fn reserve(&mut self, place: Place) -> bool {
        self.note_length(place.bytes);
        if !self.fits(place) {
            self.starve(place.webhook);
            return false;
        }
        self.keep(place);
        true
    }

    /// Enqueues a claimed delivery, if a slot is free.
    pub(super) fn take_claimed(&mut self, job: Job) -> bool {
        let place = Place {
            webhook: job.webhook,
            delivery: job.delivery,
            bytes: job.body.len(),
        };
        if job.asked && self.room_for_asked(job.webhook) > 0 {
            self.keep(place);
        } else if !self.reserve(place) {
            return false;
        }
        self.take(job);
        true
    }

    fn keep(&mut self, place: Place) {
        let queue = self.by_webhook.entry(place.webhook).or_default();
        queue.places += 1;
        queue.bytes += place.bytes;
        self.places += 1;
        self.bytes += place.bytes;
        self.in_hand.insert(place.delivery);
    }

    /// Releases a reserved slot.
    pub(super) fn give_up(&mut self, place: Place) {
        self.in_hand.remove(&place.delivery);
        self.free(place.webhook, 1, place.bytes);
        self.tidy(place.webhook);
    }

    /// Enqueues a delivery in its reserved slot. Manual deliveries come before all others, in the order of their requests.
    pub(super) fn take(&mut self, job: Job) {
        let webhook = job.webhook;
        let queue = self.by_webhook.entry(webhook).or_default();
        if job.asked {
            let asked = queue.waiting.iter().take_while(|job| job.asked).count();
            queue.waiting.insert(asked, job);
        } else {
            queue.waiting.push_back(job);
        }
        // A manual delivery does not wait for the circuit breaker, so the delay is evaluated again.
        if let Some(at) = queue.delayed.take() {
            self.delayed.remove(&(at, webhook));
        }
        self.line_up(webhook);
    }

    /// Notes that deliveries of a webhook wait in the database until slots are free.
    pub(super) fn starve(&mut self, webhook: WebhookId) {
        let queue = self.by_webhook.entry(webhook).or_default();
        queue.starved = true;
        self.line_up(webhook);
    }

    /// Notes that the result of an attempt is stored.
    pub(super) fn recorded(&mut self, delivery: DeliveryId) {
        self.in_hand.remove(&delivery);
    }

    /// Turns a waiting delivery into a manual one. Returns false if it does not wait here, or is manual already.
    pub(super) fn make_manual(&mut self, webhook: WebhookId, delivery: DeliveryId) -> bool {
        let Some(queue) = self.by_webhook.get_mut(&webhook) else {
            return false;
        };
        let found = queue.waiting.iter().position(|job| job.delivery == delivery && !job.asked);
        let Some(mut job) = found.and_then(|at| queue.waiting.remove(at)) else {
            return false;
        };
        (job.trigger, job.asked) = (Trigger::Manual, true);
        self.take(job);
        true
    }

    /// Whether a delivery is in the memory of this node.
    pub(super) fn has(&self, delivery: DeliveryId) -> bool {
        self.in_hand.contains(&delivery)
    }

    /// Attempts in flight, and deliveries that wait in memory.
    pub(super) const fn load(&self) -> (usize, usize) {
        (self.in_flight, self.places)
    }

    /// Number of webhooks whose circuit breaker is open.
    pub(super) fn open_breakers(&self) -> usize {
        self.by_webhook.values().filter(|queue| queue.breaker.is_open()).count()
    }

    /// Returns whether more deliveries should be claimed, and resets the flag.
    pub(super) const fn take_wants_claim(&mut self) -> bool {
        std::mem::replace(&mut self.wants_claim, false)
    }

    /// Removes all waiting deliveries of a webhook.
    pub(super) fn drain(&mut self, webhook: WebhookId) -> Vec<Job> {
        let Some(queue) = self.by_webhook.get_mut(&webhook) else {
            return Vec::new();
        };
        let jobs: Vec<Job> = queue.waiting.drain(..).collect();
        if let Some(at) = queue.delayed.take() {
            self.delayed.remove(&(at, webhook));
        }
        self.free(webhook, jobs.len(), jobs.iter().map(|job| job.body.len()).sum());
        self.line_up(webhook);
        self.tidy(webhook);
        jobs
    }

    /// Removes all waiting deliveries.
    pub(super) fn drain_all(&mut self) -> Vec<DeliveryId> {
        let webhooks: Vec<_> = self.by_webhook.keys().copied().collect();
        let jobs: Vec<_> = webhooks.into_iter().flat_map(|webhook| self.drain(webhook)).collect();
        for job in &jobs {
            self.in_hand.remove(&job.delivery);
        }
        jobs.into_iter().map(|job| job.delivery).collect()
    }

    fn free(&mut self, webhook: WebhookId, places: usize, bytes: usize) {
        self.places = self.places.saturating_sub(places);
        self.bytes = self.bytes.saturating_sub(bytes);
        if let Some(queue) = self.by_webhook.get_mut(&webhook) {
            queue.places = queue.places.saturating_sub(places);
            queue.bytes = queue.bytes.saturating_sub(bytes);
        }
    }

    /// Removes the queue of a webhook that has no state worth keeping.
    fn tidy(&mut self, webhook: WebhookId) {
        let idle = |queue: &Queue| {
            queue.places == 0
                && queue.in_flight == 0
                && !queue.ready
                && !queue.starved
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

#[cfg(test)]
mod tests;
