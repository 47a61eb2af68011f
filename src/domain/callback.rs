//! A callback: what set it off and how it ended.

use crate::domain::named::named;

named! {
    /// Why an attempt was made.
    Trigger("trigger") {
        /// The first attempt of a fresh event.
        Event = "event",
        /// A later attempt by the schedule.
        Retry = "retry",
        /// Somebody asked for it.
        Manual = "manual",
        /// A test event.
        Test = "test",
    }

    /// Whether the receiver took the callback.
    Outcome("outcome") {
        /// A 2xx answer.
        Succeeded = "succeeded",
        /// Anything else, redirects included.
        Failed = "failed",
    }
}
