//! Whoever is calling.

use std::net::IpAddr;

use crate::{
    domain::{
        audit::ActorKind,
        id::{ApiKeyId, SessionId, UserId},
        role::{Role, Scope},
        timestamp::Timestamp,
    },
    storage::audit::Actor,
};

/// Somebody who signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Their session.
    pub session: SessionId,
    /// Who.
    pub user: UserId,
    /// Their address.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Where their request came from.
    pub address: Option<IpAddr>,
}

/// A program with a key.
#[derive(Clone, Debug)]
pub struct KeyHolder {
    /// Which key.
    pub key: ApiKeyId,
    /// What it is called.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// Where its request came from.
    pub address: Option<IpAddr>,
}

/// Whoever is calling.
#[derive(Clone, Debug)]
pub enum Principal {
    /// A person in a browser.
    User(SignedIn),
    /// A program.
    Key(KeyHolder),
    /// Somebody at the command line of the server.
    CommandLine,
    /// clearhook itself, for the sample of `--demo`.
    System,
}

impl Principal {
    /// Who it is, if it is somebody who signed in.
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user.user),
            Self::Key(_) | Self::CommandLine | Self::System => None,
        }
    }

    /// How the audit log names them.
    pub fn actor(&self) -> Actor {
        match self {
            Self::User(user) => Actor {
                kind: ActorKind::User,
                id: Some(user.user.0),
                name: user.email.clone(),
                address: user.address,
            },
            Self::Key(key) => Actor {
                kind: ActorKind::ApiKey,
                id: Some(key.key.0),
                name: key.name.clone(),
                address: key.address,
            },
            Self::CommandLine => Actor::command_line(),
            Self::System => Actor::clearhook(),
        }
    }
}
