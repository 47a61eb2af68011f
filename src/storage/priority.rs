//! Priority of deliveries. The due deliveries of a webhook are claimed in the order of `priority` and `due_at`, so that a manually requested
//! delivery is sent before the backlog, however long that is.

/// The value of the column `priority`. A lower number is claimed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Priority {
    /// Requested manually. It is due at once: `due_at` is the time of the request, and only determines the order among manual ones.
    Manual,
    /// New events and retries of the schedule.
    Scheduled,
}

impl Priority {
    /// The number in the database.
    pub(super) const fn number(self) -> i16 {
        match self {
            Self::Manual => 0,
            Self::Scheduled => 1,
        }
    }
}
