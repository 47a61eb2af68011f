//! Who may do what: the one place.

use thiserror::Error;

use crate::{
    auth::principal::Principal,
    domain::role::{Role, Scope},
};

/// Something that somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
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
}

/// They may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this needs {}", .0.needs().map_or("another role", Scope::as_str))]
pub struct Forbidden(pub Action);

impl Action {
    /// The scope that lets a key do it; `None` when any key will do.
    pub const fn needs(self) -> Option<Scope> {
        match self {
            Self::ReadCatalogue => None,
            Self::PublishEvents => Some(Scope::EventsWrite),
            Self::ReadWebhooks => Some(Scope::WebhooksRead),
            Self::ReadMetrics => Some(Scope::MetricsRead),
            Self::WriteWebhooks | Self::Resend => Some(Scope::WebhooksWrite),
            Self::ReadCallbacks => Some(Scope::CallbacksRead),
        }
    }
}

impl Principal {
    /// Whether they may do this with any webhook. An API owner may see only webhooks of their own: `owns` says whether this is one.
    pub fn may(&self, action: Action, owns: bool) -> Result<(), Forbidden> {
        let allowed = match self {
            Self::CommandLine | Self::System => true,
            Self::Key(key) => action.needs().is_none_or(|scope| key.scopes.contains(&scope)),
            Self::User(user) => match (user.role, action) {
                (Role::Administrator, _) | (_, Action::ReadCatalogue) => true,
                (Role::ApiOwner, Action::ReadWebhooks | Action::ReadCallbacks) => owns,
                (Role::ApiOwner, Action::PublishEvents | Action::WriteWebhooks | Action::Resend | Action::ReadMetrics) => false,
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

    const ACTIONS: [Action; 6] = [
        Action::PublishEvents,
        Action::ReadWebhooks,
        Action::WriteWebhooks,
        Action::ReadCallbacks,
        Action::Resend,
        Action::ReadMetrics,
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
                    address: None,
                });
                assert_eq!(key.may(action, false).is_ok(), Some(*scope) == action.needs());
            }
        }
    }
}
