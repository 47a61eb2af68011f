//! Places in line. What is due is claimed by its due time, longest due first; what people ask for ("send now") stands before everything
//! else that is due, however much that is. Its due time is that of a past so remote that nothing else has it, which needs neither a
//! column nor an index of its own.

use crate::domain::timestamp::Timestamp;

/// How far ahead it stands, in milliseconds: some 35,000 years.
pub(super) const AHEAD: i64 = 1 << 50;

/// Due before everything that is due by the schedule, and after what was asked for before.
pub(super) const fn ahead(at: Timestamp) -> Timestamp {
    Timestamp(at.0 - AHEAD)
}

/// Everything that stands ahead is due by then, and nothing else.
pub(super) const ALL_AHEAD: Timestamp = Timestamp(-AHEAD / 2);

/// When a delivery was due, wherever it stands.
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
