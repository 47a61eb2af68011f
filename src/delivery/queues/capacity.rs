//! Capacity of the queues: limits the waiting deliveries of each webhook by their number and by the size of their bodies.

use crate::{
    delivery::queues::state::{Queue, Queues},
    domain::id::WebhookId,
    storage::journal::Slot,
};

/// Maximum length of the queue of one webhook.
pub(super) const QUEUE_MAX: usize = 4_096;
/// Maximum number of deliveries in all queues. When half of it is used, each webhook is limited to [`QUEUE_MAX_UNDER_LOAD`].
const TOTAL_MAX: usize = 32_768;
/// Maximum length of the queue of one webhook while the queues together are more than half full.
const QUEUE_MAX_UNDER_LOAD: usize = 256;
/// Maximum size of the bodies in all queues, with the same rule. An empty queue always accepts one delivery, whatever its size.
pub(super) const TOTAL_BYTES_MAX: usize = 64 << 20;
/// Maximum size of the bodies of one webhook while at least half of [`TOTAL_BYTES_MAX`] is used.
const QUEUE_BYTES_UNDER_LOAD: usize = 256 << 10;
/// Additional slots of each webhook for manual deliveries, so that they are sent now, however much else waits.
const MANUAL_RESERVE: usize = 16;

impl Queues {
    /// Number of free slots of a webhook. While its circuit breaker is open, it has only one slot, for the probe.
    pub(in crate::delivery) fn free_slots(&self, webhook: WebhookId) -> usize {
        let Some(queue) = self.by_webhook.get(&webhook) else {
            return self.queue_max().min(self.bodies_that_fit(0).max(1));
        };
        let bodies_that_fit = if queue.slots == 0 {
            self.bodies_that_fit(queue.bytes).max(1)
        } else {
            self.bodies_that_fit(queue.bytes)
        };
        self.queue_max_of(queue).saturating_sub(queue.slots).min(bodies_that_fit)
    }

    /// Number of free slots for manual deliveries.
    pub(in crate::delivery) fn free_slots_for_manual(&self, webhook: WebhookId) -> usize {
        let Some(queue) = self.by_webhook.get(&webhook) else {
            return self.queue_max() + MANUAL_RESERVE;
        };
        (self.queue_max_of(queue) + MANUAL_RESERVE).saturating_sub(queue.slots)
    }

    /// Whether this delivery fits.
    pub(super) fn fits(&self, slot: Slot) -> bool {
        let Some(queue) = self.by_webhook.get(&slot.webhook) else {
            return self.queue_max() > 0;
        };
        queue.slots < self.queue_max_of(queue) && (queue.slots == 0 || queue.bytes + slot.bytes <= self.queue_bytes_max())
    }

    /// Whether more deliveries should be claimed for a webhook: its queue is empty, or at most half full.
    pub(super) fn needs_refill(&self, queue: &Queue) -> bool {
        let (length_max, bytes_max) = (self.queue_max_of(queue), self.queue_bytes_max());
        let half_empty = || queue.slots <= length_max / 2 && queue.bytes <= bytes_max / 2 && queue.bytes + self.typical_bytes <= bytes_max;
        queue.slots < length_max && (queue.slots == 0 || half_empty())
    }

    /// Updates the estimated body size: a maximum that decays with each smaller body.
    pub(super) fn note_body(&mut self, bytes: usize) {
        self.typical_bytes = bytes.max(self.typical_bytes - self.typical_bytes / 64);
    }

    /// How many more bodies of the estimated size fit.
    fn bodies_that_fit(&self, bytes: usize) -> usize {
        self.queue_bytes_max().saturating_sub(bytes) / self.typical_bytes.max(1)
    }

    /// Maximum size of the bodies of one webhook.
    const fn queue_bytes_max(&self) -> usize {
        if self.bytes < TOTAL_BYTES_MAX / 2 {
            return TOTAL_BYTES_MAX / 2;
        }
        let left = TOTAL_BYTES_MAX.saturating_sub(self.bytes);
        if left < QUEUE_BYTES_UNDER_LOAD {
            left
        } else {
            QUEUE_BYTES_UNDER_LOAD
        }
    }

    /// Maximum length of this queue. While its circuit breaker is open, it holds only the delivery for the probe.
    fn queue_max_of(&self, queue: &Queue) -> usize {
        let length_max = self.queue_max();
        if queue.breaker.is_open() { length_max.min(1) } else { length_max }
    }

    /// Maximum length of any queue, given the load of all queues.
    fn queue_max(&self) -> usize {
        if self.slots < TOTAL_MAX / 2 {
            QUEUE_MAX
        } else {
            QUEUE_MAX_UNDER_LOAD.min(TOTAL_MAX.saturating_sub(self.slots))
        }
    }
}
