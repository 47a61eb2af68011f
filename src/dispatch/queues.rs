//! Deliveries in memory: a queue for each webhook, served in turn, so that none blocks another.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::{
    domain::id::{DeliveryId, WebhookId},
    storage::queue::Job,
};

/// Longest queue of one webhook.
const LONGEST: usize = 1_000;

/// All queues of this node.
pub(super) struct Queues {
    by_webhook: HashMap<WebhookId, Queue>,
    /// Webhooks that have something waiting and room for an attempt, in the order of their turns.
    ready: VecDeque<WebhookId>,
    /// Everything in memory, waiting or in flight.
    in_hand: HashSet<DeliveryId>,
    per_webhook: usize,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    in_flight: usize,
    ready: bool,
}

impl Queues {
    /// Empty queues that allow so many attempts to one webhook at once.
    pub(super) fn new(per_webhook: usize) -> Self {
        Self {
            by_webhook: HashMap::new(),
            ready: VecDeque::new(),
            in_hand: HashSet::new(),
            per_webhook: per_webhook.max(1),
        }
    }

    /// Takes a job, or gives it back when its webhook's queue is full. One that is in hand already is dropped.
    pub(super) fn push(&mut self, job: Job) -> Option<Job> {
        let queue = self.by_webhook.entry(job.webhook).or_default();
        if queue.waiting.len() >= LONGEST {
            return Some(job);
        }
        if self.in_hand.insert(job.delivery) {
            let webhook = job.webhook;
            queue.waiting.push_back(job);
            self.line_up(webhook);
        }
        None
    }

    /// The next job in turn; it then counts as in flight.
    pub(super) fn next(&mut self) -> Option<Job> {
        let webhook = self.ready.pop_front()?;
        let queue = self.by_webhook.get_mut(&webhook)?;
        queue.ready = false;
        let job = queue.waiting.pop_front()?;
        queue.in_flight += 1;
        self.line_up(webhook);
        Some(job)
    }

    /// Notes that an attempt is over.
    pub(super) fn done(&mut self, webhook: WebhookId, delivery: DeliveryId) {
        self.in_hand.remove(&delivery);
        if let Some(queue) = self.by_webhook.get_mut(&webhook) {
            queue.in_flight = queue.in_flight.saturating_sub(1);
            if queue.in_flight == 0 && queue.waiting.is_empty() {
                self.by_webhook.remove(&webhook);
            } else {
                self.line_up(webhook);
            }
        }
    }

    /// Everything in memory: its leases are to be renewed.
    pub(super) fn in_hand(&self) -> Vec<DeliveryId> {
        self.in_hand.iter().copied().collect()
    }

    /// Takes out everything that is not in flight.
    pub(super) fn drain(&mut self) -> Vec<DeliveryId> {
        self.ready.clear();
        let waiting = self.by_webhook.values_mut().flat_map(|queue| queue.waiting.drain(..));
        waiting.map(|job| job.delivery).collect()
    }

    fn line_up(&mut self, webhook: WebhookId) {
        if let Some(queue) = self.by_webhook.get_mut(&webhook)
            && !queue.ready
            && !queue.waiting.is_empty()
            && queue.in_flight < self.per_webhook
        {
            queue.ready = true;
            self.ready.push_back(webhook);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalogue::EventType, domain::callback::Trigger, storage::new_id};

    fn job(webhook: WebhookId) -> Job {
        Job {
            delivery: new_id(),
            event: new_id(),
            event_type: EventType::IdentityCreated,
            webhook,
            body: "{}".into(),
            attempts: 0,
            trigger: Trigger::Event,
        }
    }

    #[test]
    fn webhooks_take_turns() {
        let (one, two) = (new_id(), new_id());
        let mut queues = Queues::new(16);
        for webhook in [one, one, one, two] {
            assert!(queues.push(job(webhook)).is_none());
        }
        let order: Vec<_> = std::iter::from_fn(|| queues.next()).map(|job| job.webhook).collect();
        assert_eq!(order, [one, two, one, one]);
    }

    #[test]
    fn no_more_than_allowed_are_in_flight_to_one_webhook() {
        let webhook = new_id();
        let mut queues = Queues::new(2);
        for _ in 0..3 {
            queues.push(job(webhook));
        }
        let first = queues.next().unwrap();
        assert!(queues.next().is_some() && queues.next().is_none());
        queues.done(webhook, first.delivery);
        assert!(queues.next().is_some() && queues.next().is_none());
    }

    #[test]
    fn a_full_queue_gives_back_and_the_same_delivery_is_taken_once() {
        let webhook = new_id();
        let mut queues = Queues::new(1);
        let first = job(webhook);
        queues.push(first.clone());
        assert!(queues.push(first).is_none());
        for _ in 1..LONGEST {
            assert!(queues.push(job(webhook)).is_none());
        }
        assert!(queues.push(job(webhook)).is_some());
        assert_eq!((queues.in_hand().len(), queues.drain().len()), (LONGEST, LONGEST));
    }
}
