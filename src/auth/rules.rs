//! Who may do what: the one place.

use thiserror::Error;

use crate::{
    auth::principal::Principal,
    domain::role::{Role, Scope},
};

/// Something that somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Publish events.
    PublishEvents,
    /// See the webhooks and their settings.
    ReadWebhooks,
    /// Create, change and delete webhooks.
    WriteWebhooks,
    /// See the log of callbacks.
    ReadCallbacks,
}

/// They may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this needs the scope {}", .0.needs())]
pub struct Forbidden(pub Action);

impl Action {
    /// The scope that lets a key do it.
    pub const fn needs(self) -> Scope {
        match self {
            Self::PublishEvents => Scope::EventsWrite,
            Self::ReadWebhooks => Scope::WebhooksRead,
            Self::WriteWebhooks => Scope::WebhooksWrite,
            Self::ReadCallbacks => Scope::CallbacksRead,
        }
    }
}

impl Principal {
    /// Whether they may do this with any webhook. An API owner may see only webhooks of their own: `owns` says whether this is one.
    pub fn may(&self, action: Action, owns: bool) -> Result<(), Forbidden> {
        let allowed = match self {
            Self::Key(key) => key.scopes.contains(&action.needs()),
            Self::User(user) => match (user.role, action) {
                (Role::Administrator, _) => true,
                (Role::ApiOwner, Action::ReadWebhooks | Action::ReadCallbacks) => owns,
                (Role::ApiOwner, Action::PublishEvents | Action::WriteWebhooks) => false,
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

    const ACTIONS: [Action; 4] = [Action::PublishEvents, Action::ReadWebhooks, Action::WriteWebhooks, Action::ReadCallbacks];

    fn user(role: Role) -> Principal {
        Principal::User(SignedIn { session: new_id(), user: new_id(), email: "a@example.com".to_owned(), role })
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
                let key = Principal::Key(KeyHolder { key: new_id(), scopes: vec![*scope] });
                assert_eq!(key.may(action, false).is_ok(), *scope == action.needs());
            }
        }
    }
}
