//! Priority of manual deliveries. Due deliveries are claimed in the order of `due_at`. A manually requested delivery ("send now") must be
//! claimed before all others, however many are due. So its `due_at` is moved so far into the past that no scheduled delivery can be
//! earlier, which needs neither an extra column nor an extra index.

use crate::domain::timestamp::Timestamp;

/// By how much `due_at` is moved, in milliseconds: about 35,000 years.
pub(super) const AHEAD: i64 = 1 << 50;

/// The `due_at` of a manual delivery. It is before every scheduled delivery, and after manual deliveries that were requested earlier.
pub(super) const fn ahead(at: Timestamp) -> Timestamp {
    Timestamp(at.0 - AHEAD)
}

/// All manual deliveries are due at this time, and no others.
pub(super) const ALL_AHEAD: Timestamp = Timestamp(-AHEAD / 2);

/// The time when a delivery is due, without the shift of manual deliveries.
pub(super) const fn due(stored: i64) -> Timestamp {
    Timestamp(if stored <= ALL_AHEAD.0 { stored + AHEAD } else { stored })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stands_before_all_else_in_the_order_of_asking() {
        let (first, second) = (Timestamp(1_764_000_000_000), Timestamp(1_764_000_000_001));
        assert!(ahead(first) < ahead(second) && ahead(second) < ALL_AHEAD && ALL_AHEAD < Timestamp(0));
        assert_eq!((due(ahead(first).0), due(first.0)), (first, first));
    }
}
