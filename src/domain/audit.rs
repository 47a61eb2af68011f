//! Vocabulary of the audit log.

use crate::domain::named::named;

/// Replaces secrets in the audit log.
pub const MASK: &str = "••••••";

named! {
    /// Who made a change.
    ActorKind("kind of actor") {
        /// A user who is signed in to the console.
        User = "user",
        /// A program, identified by its API key.
        ApiKey = "api_key",
        /// The command line on the server.
        CommandLine = "command_line",
        /// A publisher whose messages come through a broker.
        Broker = "broker",
        /// clearhook itself.
        Clearhook = "clearhook",
    }

    /// What was changed.
    ObjectKind("kind of object") {
        /// A webhook or its deliveries.
        Webhook = "webhook",
        /// An API key.
        ApiKey = "api_key",
        /// A user.
        User = "user",
        /// An event type, or several that were imported together.
        EventType = "event_type",
        /// The service itself.
        Server = "server",
    }

    /// What was done.
    AuditAction("action") {
        /// A webhook was added.
        WebhookCreated = "webhook.created",
        /// A webhook's settings were changed.
        WebhookChanged = "webhook.changed",
        /// A webhook was enabled, without other changes.
        WebhookEnabled = "webhook.enabled",
        /// A webhook was disabled, without other changes.
        WebhookDisabled = "webhook.disabled",
        /// A webhook was deleted.
        WebhookDeleted = "webhook.deleted",
        /// A webhook got a new signing secret.
        WebhookSecretRotated = "webhook.secret_rotated",
        /// A test event was sent to a webhook.
        WebhookTested = "webhook.tested",
        /// Failed and held deliveries of a webhook were sent again.
        WebhookRecovered = "webhook.recovered",
        /// Held or waiting deliveries of a webhook were discarded.
        WebhookDiscarded = "webhook.discarded",
        /// A single delivery was cancelled.
        DeliveryCancelled = "webhook.delivery_cancelled",
        /// A single delivery was sent again.
        WebhookRedelivered = "webhook.redelivered",
        /// An event type was added.
        EventTypeCreated = "event_type.created",
        /// An event type was changed.
        EventTypeChanged = "event_type.changed",
        /// An event type was archived.
        EventTypeArchived = "event_type.archived",
        /// An archived event type was made active or deprecated.
        EventTypeRestored = "event_type.restored",
        /// An event type was registered because an event of it was published.
        EventTypeDiscovered = "event_type.discovered",
        /// Event types were imported from a file.
        EventTypesImported = "event_types.imported",
        /// An API key was created.
        ApiKeyCreated = "api_key.created",
        /// An API key was revoked.
        ApiKeyRevoked = "api_key.revoked",
        /// A user was created.
        UserCreated = "user.created",
        /// A user was disabled.
        UserDisabled = "user.disabled",
        /// A user was enabled.
        UserEnabled = "user.enabled",
        /// A user's role was changed.
        UserRoleChanged = "user.role_changed",
        /// A user's password was reset.
        UserPasswordReset = "user.password_reset",
        /// A user signed in.
        SignedIn = "user.signed_in",
        /// Further attempts to sign in as a user were blocked for a while, because there were too many.
        SignInLimited = "user.sign_in_limited",
        /// A user ended all their sessions.
        SignedOutEverywhere = "user.signed_out_everywhere",
        /// A user changed their own password.
        PasswordChanged = "user.password_changed",
        /// A user turned the second factor on.
        SecondFactorAdded = "user.second_factor_added",
        /// The second factor of a user was turned off.
        SecondFactorRemoved = "user.second_factor_removed",
        /// The recovery codes of a user were replaced.
        RecoveryCodesRenewed = "user.recovery_codes_renewed",
        /// All secrets were re-encrypted with a new master key.
        MasterKeyRotated = "master_key.rotated",
        /// The database was restored from a backup.
        DatabaseRestored = "database.restored",
        /// The rows of a SQLite database were copied into this one.
        DatabaseCopied = "database.copied",
        /// Payloads of events and logged responses were erased.
        DataErased = "data.erased",
    }
}
