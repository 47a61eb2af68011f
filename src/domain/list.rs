//! Sort order of the console's list of webhooks.

use crate::domain::named::named;

named! {
    /// The column by which the list is ordered.
    Sort("column to sort by") {
        /// The name, case-insensitive.
        Name = "name",
        /// The URL.
        Url = "url",
        /// The first of the webhook's event types.
        Event = "event",
        /// The description, case-insensitive.
        Description = "description",
        /// Failing ones first, then disabled ones.
        Status = "status",
        /// The time of the newest callback.
        Last = "last",
    }

    /// Sort direction.
    Direction("direction") {
        /// Smallest first.
        Ascending = "asc",
        /// Largest first.
        Descending = "desc",
    }
}
