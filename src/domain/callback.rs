//! The trigger and the outcome of a callback.

use crate::domain::named::named;

named! {
    /// Why an attempt was made.
    Trigger("trigger") {
        /// The first attempt of a delivery.
        Event = "event",
        /// A later attempt, by the retry schedule.
        Retry = "retry",
        /// A person or program requested it (redeliver).
        Manual = "manual",
        /// A test event.
        Test = "test",
    }

    /// Whether the receiver accepted the callback.
    Outcome("outcome") {
        /// A 2xx response.
        Succeeded = "succeeded",
        /// Anything else, redirects included.
        Failed = "failed",
    }
}
