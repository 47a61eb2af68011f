//! Whoever is calling.

use crate::domain::{
    id::{ApiKeyId, SessionId, UserId},
    role::{Role, Scope},
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
}

/// A program with a key.
#[derive(Clone, Debug)]
pub struct KeyHolder {
    /// Which key.
    pub key: ApiKeyId,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// Whoever is calling.
#[derive(Clone, Debug)]
pub enum Principal {
    /// A person in a browser.
    User(SignedIn),
    /// A program.
    Key(KeyHolder),
    /// clearhook itself, for the sample of `--demo`.
    System,
}
