//! Scheduling: which webhook may begin an attempt now, which one later, and how the result of an attempt affects the next ones.

use tokio::time::Instant;

use crate::{
    delivery::{
        circuit_breaker::{Breaker, May},
        queues::Queues,
        token_bucket::Bucket,
    },
    domain::{
        id::{DeliveryId, WebhookId},
        webhook::RateLimit,
    },
    storage::deliveries::Job,
};

/// An attempt that may begin.
pub(in crate::delivery) struct Turn {
    pub(in crate::delivery) job: Job,
    pub(in crate::delivery) is_probe: bool,
}

/// What the result of an attempt says about the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::delivery) enum Told {
    Works,
    Fails,
    /// The attempt failed, and the receiver asked (`Retry-After`) for no calls until then.
    FailsUntil(Instant),
    Nothing,
}

impl Queues {
    /// The next delivery to send. From then on it counts as in flight.
    pub(in crate::delivery) fn next(&mut self, now: Instant) -> Option<Turn> {
        self.wake_delayed(now);
        if self.in_flight >= self.limits.concurrency {
            return None;
        }
        // The last quarter of the concurrency is reserved for webhooks with fewer than two attempts in flight, so that slow receivers
        // cannot
        // use all of it.
        let scarce = self.in_flight >= self.limits.concurrency - self.limits.concurrency / 4;
        for _ in 0..self.ready.len() {
            let webhook = self.ready.pop_front()?;
            let queue = self.by_webhook.get_mut(&webhook)?;
            if scarce && queue.in_flight >= 2 {
                self.ready.push_back(webhook);
                continue;
            }
            queue.ready = false;
            let asked_for = queue.waiting.front().is_some_and(|job| job.asked);
            let not_before = match queue.breaker.may_begin(now, asked_for) {
                May::AfterProbe => continue,
                May::From(at) => Some(at),
                May::Begin if asked_for => None,
                May::Begin => match queue.paused_until.filter(|until| *until > now) {
                    Some(until) => Some(until),
                    None => queue.bucket.as_mut().and_then(|bucket| bucket.take(now).err()),
                },
            };
            if let Some(at) = not_before {
                queue.delayed = Some(at);
                self.delayed.insert((at, webhook));
                continue;
            }
            let Some(job) = queue.waiting.pop_front() else { continue };
            let is_probe = queue.breaker.begin();
            queue.in_flight += 1;
            self.in_flight += 1;
            self.free(webhook, 1, job.body.len());
            self.line_up(webhook);
            return Some(Turn { job, is_probe });
        }
        None
    }

    /// When the first of the delayed webhooks may begin its next attempt.
    pub(in crate::delivery) fn next_delay(&self) -> Option<Instant> {
        self.delayed.first().map(|(at, _)| *at)
    }

    /// Notes the end of an attempt. If the circuit breaker opened, returns the deliveries to release to the database; one stays for the
    /// probe.
    pub(in crate::delivery) fn over(&mut self, webhook: WebhookId, is_probe: bool, told: Told, now: Instant) -> Vec<DeliveryId> {
        self.in_flight = self.in_flight.saturating_sub(1);
        let settings = self.limits.breaker;
        let Some(queue) = self.by_webhook.get_mut(&webhook) else {
            return Vec::new();
        };
        queue.in_flight = queue.in_flight.saturating_sub(1);
        let was_open = queue.breaker.is_open();
        match told {
            Told::Works => queue.breaker.succeeded(),
            Told::Fails => queue.breaker.failed(is_probe, now, &settings),
            Told::FailsUntil(at) => {
                queue.breaker.failed(is_probe, now, &settings);
                queue.paused_until = Some(at);
            }
            Told::Nothing => queue.breaker.unknown(is_probe),
        }
        let mut back = Vec::new();
        if queue.breaker.is_open() && !was_open {
            let jobs = queue.waiting.drain(1.min(queue.waiting.len())..);
            let mut bytes = 0;
            for job in jobs {
                bytes += job.body.len();
                back.push(job.delivery);
            }
            queue.starved |= !back.is_empty();
            for delivery in &back {
                self.in_hand.remove(delivery);
            }
            self.free(webhook, back.len(), bytes);
        }
        self.line_up(webhook);
        self.tidy(webhook);
        back
    }

    /// Sets the rate limit of a webhook.
    pub(in crate::delivery) fn limit(&mut self, webhook: WebhookId, rate: Option<RateLimit>, now: Instant) {
        if rate.is_none() && !self.by_webhook.contains_key(&webhook) {
            return;
        }
        let queue = self.by_webhook.entry(webhook).or_default();
        if queue.bucket.map(|bucket| bucket.limit()) != rate {
            queue.bucket = rate.map(|rate| Bucket::new(rate, now));
        }
    }

    /// Resets the circuit breaker and pauses of a webhook after a change of its settings, because the change may have fixed the cause.
    pub(in crate::delivery) fn mended(&mut self, webhook: WebhookId) {
        let Some(queue) = self.by_webhook.get_mut(&webhook) else { return };
        queue.breaker = Breaker::default();
        queue.paused_until = None;
        if let Some(at) = queue.delayed.take() {
            self.delayed.remove(&(at, webhook));
        }
        self.line_up(webhook);
        self.tidy(webhook);
    }

    fn wake_delayed(&mut self, now: Instant) {
        while let Some((at, webhook)) = self.delayed.first().copied().filter(|(at, _)| *at <= now) {
            self.delayed.remove(&(at, webhook));
            if let Some(queue) = self.by_webhook.get_mut(&webhook) {
                queue.delayed = None;
            }
            self.line_up(webhook);
            self.tidy(webhook);
        }
    }

    /// Marks a queue as ready if it has work, and requests a claim if it is running low and more deliveries wait in the database.
    pub(super) fn line_up(&mut self, webhook: WebhookId) {
        let hungry = self
            .by_webhook
            .get(&webhook)
            .is_some_and(|queue| queue.starved && self.is_hungry(queue));
        let Some(queue) = self.by_webhook.get_mut(&webhook) else { return };
        if queue.delayed.is_some() {
            return;
        }
        let probe_at = match queue.breaker.may_begin(Instant::now(), false) {
            May::From(at) => Some(at),
            _ => None,
        };
        if let Some(at) = probe_at.filter(|_| queue.waiting.is_empty() && queue.starved) {
            // The queue is empty, but more deliveries wait in the database: wake up at the time of the probe to claim one.
            queue.delayed = Some(at);
            self.delayed.insert((at, webhook));
            return;
        }
        if hungry {
            queue.starved = false;
            self.wants_claim = true;
        }
        if !queue.ready && !queue.waiting.is_empty() && queue.in_flight < self.limits.per_webhook {
            queue.ready = true;
            self.ready.push_back(webhook);
        }
    }
}
