//! The words of the audit log.

use crate::domain::named::named;

/// What stands in the audit log in place of a secret.
pub const MASK: &str = "••••••";

named! {
    /// Who made a change.
    ActorKind("kind of actor") {
        /// Somebody who signed in to the console.
        User = "user",
        /// A program, by its key.
        ApiKey = "api_key",
        /// Somebody at the command line of the server.
        CommandLine = "command_line",
        /// clearhook itself.
        Clearhook = "clearhook",
    }

    /// What was changed.
    ObjectKind("kind of object") {
        /// A webhook, or something that was sent to it.
        Webhook = "webhook",
        /// A key of the HTTP API.
        ApiKey = "api_key",
        /// Somebody who can sign in.
        User = "user",
        /// The service itself.
        Server = "server",
    }

    /// What was done.
    AuditAction("action") {
        /// A webhook was added.
        WebhookCreated = "webhook.created",
        /// A webhook's settings were changed.
        WebhookChanged = "webhook.changed",
        /// A webhook was enabled, and nothing else of it changed.
        WebhookEnabled = "webhook.enabled",
        /// A webhook was disabled, and nothing else of it changed.
        WebhookDisabled = "webhook.disabled",
        /// A webhook was deleted.
        WebhookDeleted = "webhook.deleted",
        /// A webhook got a new secret.
        WebhookSecretRotated = "webhook.secret_rotated",
        /// An example was sent to a webhook.
        WebhookTested = "webhook.tested",
        /// What failed or was held was queued again.
        WebhookRecovered = "webhook.recovered",
        /// One callback's event was sent again.
        WebhookRedelivered = "webhook.redelivered",
        /// A key was made.
        ApiKeyCreated = "api_key.created",
        /// A key is refused from then on.
        ApiKeyRevoked = "api_key.revoked",
        /// Somebody can sign in from then on.
        UserCreated = "user.created",
        /// Somebody can sign in no more.
        UserDisabled = "user.disabled",
        /// Somebody can sign in again.
        UserEnabled = "user.enabled",
        /// Somebody has another role.
        UserRoleChanged = "user.role_changed",
        /// Somebody was given a new password.
        UserPasswordReset = "user.password_reset",
        /// Somebody signed in.
        SignedIn = "user.signed_in",
        /// There were so many attempts to sign in as somebody that the next has to wait.
        SignInLimited = "user.sign_in_limited",
        /// Somebody ended all their sessions.
        SignedOutEverywhere = "user.signed_out_everywhere",
        /// Somebody changed their own password.
        PasswordChanged = "user.password_changed",
        /// Somebody signs in with a second factor from then on.
        SecondFactorAdded = "user.second_factor_added",
        /// Somebody signs in without a second factor from then on.
        SecondFactorRemoved = "user.second_factor_removed",
        /// Somebody has other recovery codes.
        RecoveryCodesRenewed = "user.recovery_codes_renewed",
        /// Every secret was sealed with a new master key.
        MasterKeyRotated = "master_key.rotated",
    }
}
