//! Scheduling: which webhook may begin an attempt now, which one later, and how the result of an attempt affects the next ones.

use tokio::time::Instant;

use crate::{
    delivery::{
        circuit_breaker::{Admission, CircuitBreaker},
        queues::state::Queues,
        token_bucket::TokenBucket,
    },
    domain::{
        id::{DeliveryId, WebhookId},
        webhook::RateLimit,
    },
    storage::deliveries::Job,
};

/// An attempt that begins now.
pub(in crate::delivery) struct ScheduledAttempt {
    pub(in crate::delivery) job: Job,
    /// Whether it is the probe of an open circuit breaker.
    pub(in crate::delivery) is_probe: bool,
}

/// What the result of an attempt says about the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::delivery) enum ReceiverHealth {
    /// The attempt succeeded.
    Works,
    /// The attempt failed.
    Fails,
    /// The attempt failed, and the receiver asked (`Retry-After`) for no calls until then.
    FailsUntil(Instant),
    /// There was no request, or its result says nothing about the receiver.
    Unknown,
}

impl Queues {
    /// The next delivery to send. From then on it counts as in flight.
    pub(in crate::delivery) fn next(&mut self, now: Instant) -> Option<ScheduledAttempt> {
        self.end_delays(now);
        if self.in_flight >= self.limits.concurrency {
            return None;
        }
        // The last quarter of the concurrency is reserved for webhooks with fewer than two attempts in flight, so that slow receivers
        // cannot use all of it.
        let scarce = self.in_flight >= self.limits.concurrency - self.limits.concurrency / 4;
        let nodes = self.nodes;
        for _ in 0..self.ready.len() {
            let webhook = self.ready.pop_front()?;
            let queue = self.by_webhook.get_mut(&webhook)?;
            if scarce && queue.in_flight >= 2 {
                self.ready.push_back(webhook);
                continue;
            }
            queue.ready = false;
            let is_manual = queue.waiting.front().is_some_and(|job| job.manual);
            let not_before = match queue.breaker.admission(now, is_manual) {
                Admission::AfterProbe => continue,
                Admission::NotBefore(at) => Some(at),
                Admission::Now if is_manual => None,
                Admission::Now => match queue.paused_until.filter(|until| *until > now) {
                    Some(until) => Some(until),
                    None => queue.bucket.as_mut().and_then(|bucket| bucket.take(now, nodes).err()),
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
            self.vacate(webhook, 1, job.body.len());
            self.reschedule(webhook);
            return Some(ScheduledAttempt { job, is_probe });
        }
        None
    }

    /// When the first of the delayed webhooks may begin its next attempt.
    pub(in crate::delivery) fn next_delay(&self) -> Option<Instant> {
        self.delayed.first().map(|(at, _)| *at)
    }

    /// Notes the end of an attempt. If the circuit breaker opened, returns the deliveries to release to the database; one stays for the
    /// probe.
    pub(in crate::delivery) fn attempt_ended(
        &mut self,
        webhook: WebhookId,
        is_probe: bool,
        health: ReceiverHealth,
        now: Instant,
    ) -> Vec<DeliveryId> {
        self.in_flight = self.in_flight.saturating_sub(1);
        let settings = self.limits.breaker;
        let Some(queue) = self.by_webhook.get_mut(&webhook) else {
            return Vec::new();
        };
        queue.in_flight = queue.in_flight.saturating_sub(1);
        let was_open = queue.breaker.is_open();
        match health {
            ReceiverHealth::Works => queue.breaker.succeeded(),
            ReceiverHealth::Fails => queue.breaker.failed(is_probe, now, &settings),
            ReceiverHealth::FailsUntil(at) => {
                queue.breaker.failed(is_probe, now, &settings);
                queue.paused_until = Some(at);
            }
            ReceiverHealth::Unknown => queue.breaker.unknown(is_probe),
        }
        let mut surplus = Vec::new();
        if queue.breaker.is_open() && !was_open {
            let jobs = queue.waiting.drain(1.min(queue.waiting.len())..);
            let mut bytes = 0;
            for job in jobs {
                bytes += job.body.len();
                surplus.push(job.delivery);
            }
            queue.has_backlog |= !surplus.is_empty();
            for delivery in &surplus {
                // Its release includes an earlier claim.
                self.forget(*delivery);
            }
            self.vacate(webhook, surplus.len(), bytes);
        }
        self.reschedule(webhook);
        self.remove_if_idle(webhook);
        surplus
    }

    /// Sets the number of nodes that share the rate limits.
    pub(in crate::delivery) const fn set_nodes(&mut self, nodes: u32) {
        self.nodes = nodes;
    }

    /// Sets the rate limit of a webhook.
    pub(in crate::delivery) fn set_rate_limit(&mut self, webhook: WebhookId, rate: Option<RateLimit>, now: Instant) {
        if rate.is_none() && !self.by_webhook.contains_key(&webhook) {
            return;
        }
        let queue = self.by_webhook.entry(webhook).or_default();
        if queue.bucket.map(|bucket| bucket.limit()) != rate {
            queue.bucket = rate.map(|rate| TokenBucket::new(rate, now));
        }
    }

    /// Resets the circuit breaker and pauses of a webhook after a change of its settings, because the change may have fixed the cause.
    pub(in crate::delivery) fn reset_pauses(&mut self, webhook: WebhookId) {
        let Some(queue) = self.by_webhook.get_mut(&webhook) else { return };
        queue.breaker = CircuitBreaker::default();
        queue.paused_until = None;
        if let Some(at) = queue.delayed.take() {
            self.delayed.remove(&(at, webhook));
        }
        self.reschedule(webhook);
        self.remove_if_idle(webhook);
    }

    /// Makes the webhooks ready whose delay has ended.
    fn end_delays(&mut self, now: Instant) {
        while let Some((at, webhook)) = self.delayed.first().copied().filter(|(at, _)| *at <= now) {
            self.delayed.remove(&(at, webhook));
            if let Some(queue) = self.by_webhook.get_mut(&webhook) {
                queue.delayed = None;
            }
            self.reschedule(webhook);
            self.remove_if_idle(webhook);
        }
    }

    /// Marks a queue as ready if it has work, and requests a claim if it is running low and more deliveries wait in the database.
    pub(super) fn reschedule(&mut self, webhook: WebhookId) {
        let needs_refill = self
            .by_webhook
            .get(&webhook)
            .is_some_and(|queue| queue.has_backlog && self.needs_refill(queue));
        let Some(queue) = self.by_webhook.get_mut(&webhook) else { return };
        if queue.delayed.is_some() {
            return;
        }
        let probe_at = match queue.breaker.admission(Instant::now(), false) {
            Admission::NotBefore(at) => Some(at),
            _ => None,
        };
        if let Some(at) = probe_at.filter(|_| queue.waiting.is_empty() && queue.has_backlog) {
            // The queue is empty, but more deliveries wait in the database: wake up at the time of the probe to claim one.
            queue.delayed = Some(at);
            self.delayed.insert((at, webhook));
            return;
        }
        if needs_refill {
            queue.has_backlog = false;
            self.refill_requested = true;
        }
        if !queue.ready && !queue.waiting.is_empty() && queue.in_flight < self.limits.per_webhook {
            queue.ready = true;
            self.ready.push_back(webhook);
        }
    }
}
