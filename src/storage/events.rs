//! An event that is to be stored, and what tells it from others.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::{
    catalogue::EventType,
    domain::{id::EventId, timestamp::Timestamp},
};

/// Bytes of a key: with 128 bits, two of a month's events share one by chance only far beyond what any database holds.
const KEY: usize = 16;

/// What tells one event from another: the hash of its source and of the id that the source gave it (CloudEvents 1.0, `source` and `id`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey([u8; KEY]);

impl EventKey {
    /// The key of an event.
    pub fn of(source: &str, id: &str) -> Self {
        let length = u64::try_from(source.len()).unwrap_or(u64::MAX).to_be_bytes();
        let hash = Sha256::new().chain_update(length).chain_update(source).chain_update(id).finalize();
        Self::from_bytes(hash.to_vec())
    }

    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        let mut key = [0; KEY];
        for (to, from) in key.iter_mut().zip(bytes) {
            *to = from;
        }
        Self(key)
    }

    pub(super) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// An event that is to be stored.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Ours.
    pub id: EventId,
    /// Its place in the catalogue.
    pub event_type: EventType,
    /// Where it happened.
    pub source: String,
    /// The id that the source gave it.
    pub ce_id: String,
    /// What it is about.
    pub subject: Option<String>,
    /// Extension attributes of CloudEvents as a JSON object, when there are any.
    pub extensions: Option<String>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The callback's body, byte for byte as it will be sent.
    pub body: Bytes,
}
