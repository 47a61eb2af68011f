//! Keys of the HTTP API.

use crate::console::{
    ConsoleError,
    calls::{ErrorView, SecretView, TimeView},
};

/// How a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It is accepted.
    Live,
    /// Its time is over.
    Expired,
    /// Somebody revoked it.
    Revoked,
}

/// A row of the list of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRowView {
    /// Which.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created: TimeView,
    /// When it ends.
    pub expires: Option<TimeView>,
    /// When it was last used.
    pub last_used: Option<TimeView>,
    /// How it stands.
    pub state: KeyState,
}

/// A page of the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysView {
    /// This page of it.
    pub rows: Vec<KeyRowView>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// The form of a new key, or the key that came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFormView {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The last day on which it is accepted.
    pub expires: String,
    /// What is wrong.
    pub errors: Vec<ErrorView>,
    /// The key, once it is made.
    pub made: Option<SecretView>,
}

/// A page of the keys.
pub async fn api_keys(q: Option<String>, after: Option<String>) -> Result<KeysView, ConsoleError> {
    let (app, by) = crate::console::server::caller()?;
    crate::console::server::administration::keys::page(&app, &by, q, after)
        .await
        .map_err(crate::console::server::console_error)
}

/// The form of a new key; after it was posted, what was typed and what is wrong with it, or the key.
pub fn new_api_key() -> Result<KeyFormView, ConsoleError> {
    crate::console::server::caller()?;
    Ok(leptos::prelude::use_context::<KeyFormView>().unwrap_or_default())
}
