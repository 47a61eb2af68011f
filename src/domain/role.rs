//! Roles of users and scopes of API keys.

use crate::domain::named::named;

named! {
    /// The role of a user; it determines what the user may do in the console.
    Role("role") {
        /// May see and change everything.
        Administrator = "administrator",
        /// May see the webhooks that they own, and their logs; may not change anything.
        ApiOwner = "api-owner",
    }

    /// A scope; it determines what an API key may do.
    Scope("scope") {
        /// Publish events.
        EventsWrite = "events:write",
        /// Add, change and archive event types.
        EventTypesWrite = "event-types:write",
        /// Read webhooks, without their secrets.
        WebhooksRead = "webhooks:read",
        /// Create, change and delete webhooks.
        WebhooksWrite = "webhooks:write",
        /// Read the log of callbacks.
        CallbacksRead = "callbacks:read",
        /// Read `/metrics`.
        MetricsRead = "metrics:read",
        /// Manage users and API keys, and read the audit log. No other scope implies it, and it implies no other.
        Admin = "admin",
    }
}
