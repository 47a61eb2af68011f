//! Room in memory: how many deliveries of a webhook may wait here, by their number and by the bytes of their bodies.

use crate::{
    dispatch::queues::{Queue, Queues},
    domain::id::WebhookId,
    storage::journal::Place,
};

/// Longest queue of one webhook.
pub(super) const LONGEST: usize = 4_096;
/// Most deliveries in all queues. When half of it is used, each webhook has a small part only.
const MOST: usize = 32_768;
/// That part.
const SHARE: usize = 256;
/// Most bytes of bodies in all queues, with the same rule; but one delivery always fits an empty queue.
pub(super) const BYTES: usize = 64 << 20;
/// A webhook's small part of them.
const BYTES_SHARE: usize = 256 << 10;
/// Places of each webhook beyond, for what people ask for: it is sent now, however much else waits.
const RESERVE: usize = 16;

impl Queues {
    /// How many more deliveries of a webhook have room. While its breaker is open, only one waits here.
    pub(in crate::dispatch) fn room(&self, webhook: WebhookId) -> usize {
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

    /// The same for those that people asked for.
    pub(in crate::dispatch) fn room_for_asked(&self, webhook: WebhookId) -> usize {
        let Some(queue) = self.by_webhook.get(&webhook) else {
            return self.longest() + RESERVE;
        };
        (self.longest_of(queue) + RESERVE).saturating_sub(queue.places)
    }

    /// Whether there is room for this one.
    pub(super) fn fits(&self, place: Place) -> bool {
        let Some(queue) = self.by_webhook.get(&place.webhook) else {
            return self.longest() > 0;
        };
        queue.places < self.longest_of(queue) && (queue.places == 0 || queue.bytes + place.bytes <= self.bytes_of_one())
    }

    /// Whether a webhook could use more than it has.
    pub(super) fn is_hungry(&self, queue: &Queue) -> bool {
        let (longest, bytes) = (self.longest_of(queue), self.bytes_of_one());
        let half_empty = || queue.places <= longest / 2 && queue.bytes <= bytes / 2 && queue.bytes + self.usual <= bytes;
        queue.places < longest && (queue.places == 0 || half_empty())
    }

    /// Notes how long bodies are: as the longest one lately.
    pub(super) fn note_length(&mut self, bytes: usize) {
        self.usual = bytes.max(self.usual - self.usual / 64);
    }

    /// How many more bodies of the usual length fit.
    fn fitting(&self, bytes: usize) -> usize {
        self.bytes_of_one().saturating_sub(bytes) / self.usual.max(1)
    }

    /// Bytes that one webhook may have.
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
