//! Capacity of the queues: limits the waiting deliveries of each webhook by their number and by the size of their bodies.

use crate::{
    delivery::queues::{Queue, Queues},
    domain::id::WebhookId,
    storage::journal::Place,
};

/// Maximum length of the queue of one webhook.
pub(super) const LONGEST: usize = 4_096;
/// Maximum number of deliveries in all queues. When half of it is used, each webhook is limited to [`SHARE`].
const MOST: usize = 32_768;
/// Maximum length of the queue of one webhook while the queues together are more than half full.
const SHARE: usize = 256;
/// Maximum size of the bodies in all queues, with the same rule. An empty queue always accepts one delivery, whatever its size.
pub(super) const BYTES: usize = 64 << 20;
/// Maximum size of the bodies of one webhook while at least half of [`BYTES`] is used.
const BYTES_SHARE: usize = 256 << 10;
/// Additional slots of each webhook for manual deliveries, so that they are sent now, however much else waits.
const RESERVE: usize = 16;

impl Queues {
    /// Number of free slots of a webhook. While its circuit breaker is open, it has only one slot, for the probe.
    pub(in crate::delivery) fn room(&self, webhook: WebhookId) -> usize {
        let Some(queue) = self.by_webhook.get(&webhook) else {
            return self.longest().min(self.fitting(0).max(1));
        };
        let fitting = if queue.places == 0 {
            self.fitting(queue.bytes).max(1)
        } else {
            self.fitting(queue.bytes)
        };
        self.longest_of(queue).saturating_sub(queue.places).min(fitting)
    }

    /// Number of free slots for manual deliveries.
    pub(in crate::delivery) fn room_for_asked(&self, webhook: WebhookId) -> usize {
        let Some(queue) = self.by_webhook.get(&webhook) else {
            return self.longest() + RESERVE;
        };
        (self.longest_of(queue) + RESERVE).saturating_sub(queue.places)
    }

    /// Whether this delivery fits.
    pub(super) fn fits(&self, place: Place) -> bool {
        let Some(queue) = self.by_webhook.get(&place.webhook) else {
            return self.longest() > 0;
        };
        queue.places < self.longest_of(queue) && (queue.places == 0 || queue.bytes + place.bytes <= self.bytes_of_one())
    }

    /// Whether more deliveries should be claimed for a webhook: its queue is empty, or at most half full.
    pub(super) fn is_hungry(&self, queue: &Queue) -> bool {
        let (longest, bytes) = (self.longest_of(queue), self.bytes_of_one());
        let half_empty = || queue.places <= longest / 2 && queue.bytes <= bytes / 2 && queue.bytes + self.usual <= bytes;
        queue.places < longest && (queue.places == 0 || half_empty())
    }

    /// Updates the estimated body size: a maximum that decays with each smaller body.
    pub(super) fn note_length(&mut self, bytes: usize) {
        self.usual = bytes.max(self.usual - self.usual / 64);
    }

    /// How many more bodies of the estimated size fit.
    fn fitting(&self, bytes: usize) -> usize {
        self.bytes_of_one().saturating_sub(bytes) / self.usual.max(1)
    }

    /// Maximum size of the bodies of one webhook.
    const fn bytes_of_one(&self) -> usize {
        if self.bytes < BYTES / 2 {
            return BYTES / 2;
        }
        let left = BYTES.saturating_sub(self.bytes);
        if left < BYTES_SHARE { left } else { BYTES_SHARE }
    }

    fn longest_of(&self, queue: &Queue) -> usize {
        let longest = self.longest();
        if queue.breaker.is_open() { longest.min(1) } else { longest }
    }

    fn longest(&self) -> usize {
        if self.places < MOST / 2 {
            LONGEST
        } else {
            SHARE.min(MOST.saturating_sub(self.places))
        }
    }
}
