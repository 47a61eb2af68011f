//! Conversion between UUIDv7 ids and times. The first 48 bits of a UUIDv7 are its creation time in milliseconds since 1970.

use uuid::{NoContext, Uuid};

use crate::domain::timestamp::Timestamp;

/// The smallest UUIDv7 with this creation time.
pub fn oldest_id_of(at: Timestamp) -> Uuid {
    let (seconds, nanos) = (at.0.div_euclid(1_000), at.0.rem_euclid(1_000) * 1_000_000);
    let stamp = uuid::Timestamp::from_unix(NoContext, u64::try_from(seconds).unwrap_or(0), u32::try_from(nanos).unwrap_or(0));
    let mut bytes = Uuid::new_v7(stamp).into_bytes();
    for byte in bytes.iter_mut().skip(6) {
        *byte = 0;
    }
    Uuid::from_bytes(bytes)
}

/// The creation time of an id.
pub fn made_at(id: Uuid) -> Timestamp {
    Timestamp(id.into_bytes().iter().take(6).fold(0, |ms, byte| ms << 8 | i64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_id_of_a_time_separates_older_ids_from_newer_ones() {
        let id = Uuid::now_v7();
        let now = Timestamp::now();
        assert!(oldest_id_of(Timestamp(now.0 - 5_000)) < id);
        assert!(oldest_id_of(Timestamp(now.0 + 5_000)) > id);
    }

    #[test]
    fn an_id_contains_its_creation_time() {
        let at = Timestamp(1_764_000_000_123);
        assert_eq!(made_at(oldest_id_of(at)), at);
        assert_eq!(made_at(Uuid::nil()), Timestamp(0));
    }
}
