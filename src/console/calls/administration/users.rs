//! Users.

use crate::{
    console::{
        ConsoleError,
        calls::{ErrorView, SecretView, TimeView},
    },
    domain::role::Role,
};

/// A row of the list of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRowView {
    /// Who.
    pub id: String,
    /// Their address.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may not sign in.
    pub disabled: bool,
    /// Since when they are known.
    pub created: TimeView,
    /// When they last signed in.
    pub last_sign_in: Option<TimeView>,
}

/// A page of the users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsersView {
    /// This page of it.
    pub rows: Vec<UserRowView>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// The form of a new user, or the password that came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFormView {
    /// Their address.
    pub email: String,
    /// What they shall be.
    pub role: Option<Role>,
    /// What is wrong.
    pub errors: Vec<ErrorView>,
    /// The password that was generated, once they are added.
    pub made: Option<SecretView>,
}

/// A webhook that somebody owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedView {
    /// Which.
    pub id: String,
    /// What it is called.
    pub name: String,
}

/// What came of something that was done to a user, when it is no redirect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostedUser {
    /// A generated password.
    pub made: Option<SecretView>,
    /// Wrong fields.
    pub errors: Vec<ErrorView>,
    /// Why it cannot be done.
    pub refusal: Option<String>,
}

/// One user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserView {
    /// As in the list.
    pub user: UserRowView,
    /// Whether it is the viewer.
    pub is_viewer: bool,
    /// Whether they have a second factor.
    pub has_factor: bool,
    /// The webhooks that are theirs.
    pub owned: Vec<OwnedView>,
    /// What came of what was done.
    pub posted: PostedUser,
}

/// A page of the users.
pub async fn users(q: Option<String>, after: Option<String>) -> Result<UsersView, ConsoleError> {
    let (app, by) = crate::console::server::caller()?;
    crate::console::server::administration::users::page(&app, &by, q, after)
        .await
        .map_err(crate::console::server::console_error)
}

/// The form of a new user; after it was posted, what was typed and what is wrong with it, or their password.
pub fn new_user() -> Result<UserFormView, ConsoleError> {
    crate::console::server::caller()?;
    Ok(leptos::prelude::use_context::<UserFormView>().unwrap_or_default())
}

/// One user.
pub async fn user(id: String) -> Result<UserView, ConsoleError> {
    let (app, by) = crate::console::server::caller()?;
    crate::console::server::administration::users::one(&app, &by, &id)
        .await
        .map_err(crate::console::server::console_error)
}
