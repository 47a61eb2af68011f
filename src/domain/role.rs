//! Who somebody is, and what a key may do.

use crate::domain::named::named;

named! {
    /// What a user may do in the console.
    Role("role") {
        /// Sees and changes everything.
        Administrator = "administrator",
        /// Sees the webhooks whose owner they are, and their logs; changes nothing.
        ApiOwner = "api-owner",
    }

    /// What an API key may do.
    Scope("scope") {
        /// Publish events.
        EventsWrite = "events:write",
        /// Read webhooks, without their secrets.
        WebhooksRead = "webhooks:read",
        /// Create, change and delete webhooks.
        WebhooksWrite = "webhooks:write",
        /// Read the log of callbacks.
        CallbacksRead = "callbacks:read",
        /// Read `/metrics`.
        MetricsRead = "metrics:read",
    }
}
