//! The caller of an action.

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

/// A user who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub session: SessionId,
    /// The user.
    pub user: UserId,
    /// The email address.
    pub email: String,
    /// The role.
    pub role: Role,
    /// The IP address of the request.
    pub address: Option<IpAddr>,
}

/// A program that authenticated with an API key.
#[derive(Clone, Debug)]
pub struct KeyHolder {
    /// The key.
    pub key: ApiKeyId,
    /// The key's name.
    pub name: String,
    /// The scopes of the key.
    pub scopes: Vec<Scope>,
    /// When the key expires.
    pub expires_at: Option<Timestamp>,
    /// The IP address of the request.
    pub address: Option<IpAddr>,
}

/// The caller of an action.
#[derive(Clone, Debug)]
pub enum Principal {
    /// A user in a browser.
    User(SignedIn),
    /// A program with an API key.
    Key(KeyHolder),
    /// A command on the server's command line.
    CommandLine,
    /// The publishers of messages of a broker. The text is the name of the broker.
    Broker(&'static str),
    /// Clearhook itself, when it creates the sample of `--demo`.
    System,
    /// Somebody who is not signed in and reads the public catalogue.
    Public,
}

impl Principal {
    /// The user, if the caller is one.
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user.user),
            Self::Key(_) | Self::CommandLine | Self::Broker(_) | Self::System | Self::Public => None,
        }
    }

    /// The caller as an actor in the audit log.
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
            Self::Broker(name) => Actor::broker(name),
            Self::System | Self::Public => Actor::clearhook(),
        }
    }
}
