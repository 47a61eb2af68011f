//! Creation of the first administrator, by a link that a server without users prints.

use std::time::Duration;

use url::Url;

use crate::{
    auth::{
        email, password,
        session::{self, Browser},
        token,
    },
    domain::timestamp::Timestamp,
    storage::{Store, StoreError, setup::SetupLink},
};

/// The lifetime of a link.
const AGE: Duration = Duration::from_hours(1);

/// Why the first administrator was not created.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The link is not valid.
    #[error("the link cannot be used")]
    Link(SetupLink),
    /// The email address is not valid.
    #[error(transparent)]
    Email(#[from] email::InvalidEmail),
    /// The password is not acceptable.
    #[error(transparent)]
    Password(#[from] password::UnfitPassword),
    /// Password hashing failed.
    #[error(transparent)]
    Hash(#[from] password::HashError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Creates a link if there are no users yet.
pub async fn link(store: &Store, console: &Url, now: Timestamp) -> Result<Option<Url>, StoreError> {
    if !store.has_no_users().await? {
        return Ok(None);
    }
    let token = token::generate_short();
    store.add_setup_link(token::hash(&token), now, now.plus(AGE)).await?;
    let mut link = console.clone();
    link.set_path("/setup");
    link.query_pairs_mut().clear().append_pair("token", &token);
    Ok(Some(link))
}

/// Whether the link with this token is valid.
pub async fn state(store: &Store, token: &str, now: Timestamp) -> Result<SetupLink, StoreError> {
    store.setup_link(&token::hash(token), now).await
}

/// Creates the first administrator and a session. Returns the session's token.
pub async fn run(store: &Store, browser: &Browser, token: &str, email: &str, password: &str, now: Timestamp) -> Result<String, SetupError> {
    match state(store, token, now).await? {
        SetupLink::Valid => {}
        other => return Err(SetupError::Link(other)),
    }
    email::check(email)?;
    password::check(password, &[email])?;
    let hash = password::hash(password).await?;
    let mut cookie = None;
    let made = store
        .set_up(&token::hash(token), now, email, hash, |user| {
            let (token, session) = session::new(user.id, browser, now);
            cookie = Some(token);
            session
        })
        .await?;
    match (made, cookie) {
        (Ok(_), Some(cookie)) => Ok(cookie),
        (Err(link), _) => Err(SetupError::Link(link)),
        (Ok(_), None) => Err(SetupError::Link(SetupLink::Used)),
    }
}
