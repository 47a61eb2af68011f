//! How the console's list of webhooks is ordered.

use crate::domain::named::named;

named! {
    /// The column by which the list is ordered.
    Sort("column to sort by") {
        /// The name, in any case.
        Name = "name",
        /// The URL.
        Url = "url",
        /// The first of its events.
        Event = "event",
        /// The description, in any case.
        Description = "description",
        /// Failing ones first, then disabled ones.
        Status = "status",
    }

    /// Which way.
    Direction("direction") {
        /// Smallest first.
        Ascending = "asc",
        /// Largest first.
        Descending = "desc",
    }
}
