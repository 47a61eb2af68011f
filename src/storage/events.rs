//! An event to store, and the key that identifies duplicates.

use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::domain::{event_type::EventType, id::EventId, timestamp::Timestamp, trace_context::TraceContext};

/// Bytes in each half of a key.
const HALF: usize = 8;

/// For how long a second event with the same source and id is a duplicate. After that it is a new event.
pub const DUPLICATES_FOR: Duration = Duration::from_secs(30 * 24 * 3_600);

/// The identity of an event, which is its `source` and `id` in CloudEvents 1.0. The first half is a hash of the id alone, so that the
/// primary key of `event_keys` also finds events by their id. The second half is a hash of source and id. Together they have 128 bits, so
/// accidental collisions are negligible.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey([u8; 2 * HALF]);

impl EventKey {
    /// The key of an event.
    pub fn of(source: &str, id: &str) -> Self {
        let length = u64::try_from(source.len()).unwrap_or(u64::MAX).to_be_bytes();
        let both = Sha256::new().chain_update(length).chain_update(source).chain_update(id).finalize();
        Self::of_halves(&Sha256::digest(id), &both)
    }

    /// The key that an event gets when a newer event with the same source and id takes its key. The event can still be found by its id.
    pub(super) fn of_former(id: &str, event: EventId) -> Self {
        Self::of_halves(&Sha256::digest(id), &Sha256::digest(event.0.as_bytes()))
    }

    /// The smallest and the largest key of events with this id.
    pub(super) fn range_of(id: &str) -> (Self, Self) {
        let first = Sha256::digest(id);
        (Self::of_halves(&first, &[0; HALF]), Self::of_halves(&first, &[0xFF; HALF]))
    }

    fn of_halves(first: &[u8], second: &[u8]) -> Self {
        Self::from_bytes(first.iter().take(HALF).chain(second).copied())
    }

    pub(super) fn from_bytes(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut key = [0; 2 * HALF];
        for (to, from) in key.iter_mut().zip(bytes) {
            *to = from;
        }
        Self(key)
    }

    /// The bytes of the key.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// An event to store.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Clearhook's id.
    pub id: EventId,
    /// The event type.
    pub event_type: EventType,
    /// The `source` attribute.
    pub source: String,
    /// The publisher's id.
    pub ce_id: String,
    /// The `subject` attribute.
    pub subject: Option<String>,
    /// CloudEvents extension attributes as a JSON object, if there are any.
    pub extensions: Option<String>,
    /// The trace context that its callbacks continue.
    pub trace: Option<TraceContext>,
    /// When the event occurred.
    pub occurred_at: Timestamp,
    /// The request body of its callbacks, byte for byte.
    pub body: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::new_id;

    #[test]
    fn keys_differ_by_source_and_id_and_are_in_the_range_of_the_id() {
        let keys = [("a", "b"), ("ab", ""), ("", "ab"), ("b", "b"), ("a", "c")].map(|(source, id)| EventKey::of(source, id));
        for (at, key) in keys.iter().enumerate() {
            assert_eq!(keys.iter().position(|other| other == key), Some(at));
        }
        let (least, greatest) = EventKey::range_of("b");
        assert!(
            [&keys[0], &keys[3], &EventKey::of_former("b", new_id())]
                .iter()
                .all(|key| (&least..=&greatest).contains(key))
        );
        assert!([&keys[1], &keys[2], &keys[4]].iter().all(|key| !(&least..=&greatest).contains(key)));
    }
}
