//! Authorization: which caller is allowed which action. All decisions are made here.

use thiserror::Error;

use crate::{
    auth::principal::Principal,
    domain::role::{Role, Scope},
};

/// An action that requires authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Be signed in, and manage one's own account.
    UseConsole,
    /// Read the event types and their schemas.
    ReadCatalogue,
    /// Add, change and archive event types.
    WriteEventTypes,
    /// Publish events.
    PublishEvents,
    /// Read webhooks and their settings.
    ReadWebhooks,
    /// Create, change and delete webhooks.
    WriteWebhooks,
    /// Read the log of callbacks.
    ReadCallbacks,
    /// Redeliver a callback, or send a test event.
    Resend,
    /// Read the metrics of the service.
    ReadMetrics,
    /// Create and revoke API keys.
    ManageApiKeys,
    /// Create, enable and disable users, and change their roles.
    ManageUsers,
    /// Read the audit log.
    ReadAuditLog,
    /// Erase payloads and logged responses.
    EraseData,
}

/// What an API key needs to be allowed an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Any key is allowed.
    Any,
    /// This scope is required.
    Scope(Scope),
    /// No key is allowed.
    Person,
}

/// The caller is not allowed this action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this requires {}", match .0.needs() { Need::Scope(scope) => scope.as_str(), Need::Any | Need::Person => "another role" })]
pub struct Forbidden(pub Action);

impl Action {
    /// What an API key needs to be allowed this action.
    pub const fn needs(self) -> Need {
        match self {
            Self::ReadCatalogue => Need::Any,
            Self::WriteEventTypes => Need::Scope(Scope::EventTypesWrite),
            Self::PublishEvents => Need::Scope(Scope::EventsWrite),
            Self::ReadWebhooks => Need::Scope(Scope::WebhooksRead),
            Self::ReadMetrics => Need::Scope(Scope::MetricsRead),
            Self::WriteWebhooks | Self::Resend => Need::Scope(Scope::WebhooksWrite),
            Self::ReadCallbacks => Need::Scope(Scope::CallbacksRead),
            Self::ManageApiKeys | Self::ManageUsers | Self::ReadAuditLog | Self::EraseData => Need::Scope(Scope::Admin),
            Self::UseConsole => Need::Person,
        }
    }

    /// Whether the action concerns one webhook, so that its owners matter.
    pub const fn is_of_a_webhook(self) -> bool {
        matches!(self, Self::ReadWebhooks | Self::WriteWebhooks | Self::ReadCallbacks | Self::Resend)
    }
}

impl Principal {
    /// Whether the caller is allowed an action. API owners may only read webhooks that they own: `owns` says whether this is one.
    pub fn may(&self, action: Action, owns: bool) -> Result<(), Forbidden> {
        let allowed = match self {
            Self::CommandLine | Self::System => true,
            Self::Broker(_) => matches!(action, Action::PublishEvents),
            Self::Public => matches!(action, Action::ReadCatalogue),
            Self::Key(key) => match action.needs() {
                Need::Any => true,
                Need::Scope(scope) => key.scopes.contains(&scope),
                Need::Person => false,
            },
            Self::User(user) => match (user.role, action) {
                (Role::Administrator, _) | (_, Action::UseConsole | Action::ReadCatalogue) => true,
                (Role::ApiOwner, Action::ReadWebhooks | Action::ReadCallbacks) => owns,
                (
                    Role::ApiOwner,
                    Action::WriteEventTypes
                    | Action::PublishEvents
                    | Action::WriteWebhooks
                    | Action::Resend
                    | Action::ReadMetrics
                    | Action::ManageApiKeys
                    | Action::ManageUsers
                    | Action::ReadAuditLog
                    | Action::EraseData,
                ) => false,
            },
        };
        if allowed { Ok(()) } else { Err(Forbidden(action)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auth::principal::{KeyHolder, SignedIn},
        storage::new_id,
    };

    const ACTIONS: [Action; 11] = [
        Action::WriteEventTypes,
        Action::PublishEvents,
        Action::ReadWebhooks,
        Action::WriteWebhooks,
        Action::ReadCallbacks,
        Action::Resend,
        Action::ReadMetrics,
        Action::ManageApiKeys,
        Action::ManageUsers,
        Action::ReadAuditLog,
        Action::EraseData,
    ];

    fn user(role: Role) -> Principal {
        Principal::User(SignedIn {
            session: new_id(),
            user: new_id(),
            email: "a@example.com".to_owned(),
            role,
            address: None,
        })
    }

    #[test]
    fn administrators_do_all_and_owners_read_their_own() {
        for action in ACTIONS {
            assert!(user(Role::Administrator).may(action, false).is_ok());
            let reads = matches!(action, Action::ReadWebhooks | Action::ReadCallbacks);
            assert_eq!(user(Role::ApiOwner).may(action, true).is_ok(), reads);
            assert!(user(Role::ApiOwner).may(action, false).is_err());
        }
    }

    #[test]
    fn brokers_publish_and_do_nothing_else() {
        for action in ACTIONS {
            assert_eq!(Principal::Broker("x").may(action, true).is_ok(), action == Action::PublishEvents);
        }
    }

    #[test]
    fn keys_do_what_their_scopes_say() {
        for action in ACTIONS {
            for scope in Scope::ALL {
                let key = Principal::Key(KeyHolder {
                    key: new_id(),
                    name: "key".to_owned(),
                    scopes: vec![*scope],
                    expires_at: None,
                    address: None,
                });
                assert_eq!(key.may(action, false).is_ok(), Need::Scope(*scope) == action.needs());
            }
        }
    }
}
