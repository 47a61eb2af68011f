//! Who may do what: the one place.

use thiserror::Error;

use crate::{
    auth::principal::Principal,
    domain::role::{Role, Scope},
};

/// Something that somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Be signed in, and look after their own account.
    UseConsole,
    /// See the event types and their schemas.
    ReadCatalogue,
    /// Publish events.
    PublishEvents,
    /// See the webhooks and their settings.
    ReadWebhooks,
    /// Create, change and delete webhooks.
    WriteWebhooks,
    /// See the log of callbacks.
    ReadCallbacks,
    /// Send again what was sent before, or a test.
    Resend,
    /// See the service's own figures.
    ReadMetrics,
    /// Make and revoke keys of the HTTP API.
    ManageApiKeys,
    /// Add users, change their roles, let them in or not.
    ManageUsers,
    /// See who changed what.
    ReadAuditLog,
}

/// What a key needs to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Any key will do.
    Any,
    /// This scope.
    Scope(Scope),
    /// No key can.
    Person,
}

/// They may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this needs {}", match .0.needs() { Need::Scope(scope) => scope.as_str(), Need::Any | Need::Person => "another role" })]
pub struct Forbidden(pub Action);

impl Action {
    /// What lets a key do it.
    pub const fn needs(self) -> Need {
        match self {
            Self::ReadCatalogue => Need::Any,
            Self::PublishEvents => Need::Scope(Scope::EventsWrite),
            Self::ReadWebhooks => Need::Scope(Scope::WebhooksRead),
            Self::ReadMetrics => Need::Scope(Scope::MetricsRead),
            Self::WriteWebhooks | Self::Resend => Need::Scope(Scope::WebhooksWrite),
            Self::ReadCallbacks => Need::Scope(Scope::CallbacksRead),
            Self::UseConsole | Self::ManageApiKeys | Self::ManageUsers | Self::ReadAuditLog => Need::Person,
        }
    }

    /// Whether it is done with one webhook, so that it matters whose that is.
    pub const fn is_of_a_webhook(self) -> bool {
        matches!(self, Self::ReadWebhooks | Self::WriteWebhooks | Self::ReadCallbacks | Self::Resend)
    }
}

impl Principal {
    /// Whether they may do this with any webhook. An API owner may see only webhooks of their own: `owns` says whether this is one.
    pub fn may(&self, action: Action, owns: bool) -> Result<(), Forbidden> {
        let allowed = match self {
            Self::CommandLine | Self::System => true,
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
                    Action::PublishEvents
                    | Action::WriteWebhooks
                    | Action::Resend
                    | Action::ReadMetrics
                    | Action::ManageApiKeys
                    | Action::ManageUsers
                    | Action::ReadAuditLog,
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

    const ACTIONS: [Action; 9] = [
        Action::PublishEvents,
        Action::ReadWebhooks,
        Action::WriteWebhooks,
        Action::ReadCallbacks,
        Action::Resend,
        Action::ReadMetrics,
        Action::ManageApiKeys,
        Action::ManageUsers,
        Action::ReadAuditLog,
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
