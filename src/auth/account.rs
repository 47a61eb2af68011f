//! Changes that users make to their own account. Each asks for the password, so that somebody who finds an unlocked browser cannot make
//! them.

use std::time::Duration;

use thiserror::Error;

use crate::{
    auth::{
        login_throttle, password,
        principal::SignedIn,
        second_factor,
        session::{self, Browser},
    },
    domain::timestamp::Timestamp,
    storage::{Store, StoreError, audit::Actor, users::UserRecord},
};

/// Why nothing was changed.
#[derive(Debug, Error)]
pub enum AccountError {
    /// The current password is wrong.
    #[error("the password is wrong")]
    WrongPassword,
    /// The code of the authenticator app is wrong.
    #[error("the code is wrong")]
    WrongCode,
    /// Too many attempts. The caller has to wait for this long.
    #[error("too many attempts")]
    Wait(Duration),
    /// The account is already in the requested state, or was changed concurrently.
    #[error("nothing to change")]
    Unchanged,
    /// The new password is not acceptable.
    #[error(transparent)]
    Unfit(#[from] password::UnfitPassword),
    /// Password hashing failed.
    #[error(transparent)]
    Hash(#[from] password::HashError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sets a new password. Ends all sessions of the user and starts a new one for this browser, whose token is returned.
pub async fn change_password(
    store: &Store,
    who: &SignedIn,
    browser: &Browser,
    current: &str,
    new: &str,
    now: Timestamp,
) -> Result<String, AccountError> {
    // Checked before the attempt is counted: an unacceptable new password is not a failed guess of the current one.
    password::check(new, &[&who.email])?;
    confirm(store, who, current, now).await?;
    let hash = password::hash(new).await?;
    let (token, session) = session::new(who.user, browser, now);
    store.change_password(&actor(who), who.user, hash, &session).await?;
    Ok(token)
}

/// Generates the secret of a second factor. It is not required at sign-in until [`confirm_factor`] succeeds.
pub async fn begin_factor(store: &Store, who: &SignedIn, current: &str, now: Timestamp) -> Result<(), AccountError> {
    confirm(store, who, current, now).await?;
    Ok(store.begin_second_factor(who.user, &second_factor::generate(), now).await?)
}

/// Turns the second factor on after a valid code has shown that the app has the secret. Returns the session's new token and the recovery
/// codes.
pub async fn confirm_factor(
    store: &Store,
    who: &SignedIn,
    browser: &Browser,
    code: &str,
    now: Timestamp,
) -> Result<(String, Vec<String>), AccountError> {
    let factor = store.second_factor(who.user).await?.filter(|factor| !factor.confirmed);
    let factor = factor.ok_or(AccountError::Unchanged)?;
    let step = second_factor::step(&factor.secret, code, now).ok_or(AccountError::WrongCode)?;
    let (codes, hashes) = second_factor::recovery_codes();
    let (token, session) = session::new(who.user, browser, now);
    if !store.confirm_second_factor(&actor(who), who.user, step, hashes, &session).await? {
        return Err(AccountError::Unchanged);
    }
    Ok((token, codes))
}

/// Turns the second factor off. Returns the session's new token.
pub async fn remove_factor(
    store: &Store,
    who: &SignedIn,
    browser: &Browser,
    current: &str,
    now: Timestamp,
) -> Result<String, AccountError> {
    let user = confirm(store, who, current, now).await?;
    let (token, session) = session::new(who.user, browser, now);
    if !store.remove_second_factor(&actor(who), &user, Some(&session)).await? {
        return Err(AccountError::Unchanged);
    }
    Ok(token)
}

/// Replaces the recovery codes. The old ones become invalid.
pub async fn renew_codes(store: &Store, who: &SignedIn, current: &str, now: Timestamp) -> Result<Vec<String>, AccountError> {
    confirm(store, who, current, now).await?;
    let factor = store.second_factor(who.user).await?;
    if !factor.is_some_and(|factor| factor.confirmed) {
        return Err(AccountError::Unchanged);
    }
    let (codes, hashes) = second_factor::recovery_codes();
    store.renew_recovery_codes(&actor(who), who.user, hashes, now).await?;
    Ok(codes)
}

/// Ends all sessions of the user, including this one.
pub async fn sign_out_everywhere(store: &Store, who: &SignedIn, now: Timestamp) -> Result<(), AccountError> {
    Ok(store.end_sessions(&actor(who), who.user, now).await?)
}

fn actor(who: &SignedIn) -> Actor {
    Actor::person(who.user, &who.email, who.address)
}

/// Checks the user's password. The number of attempts is limited.
pub async fn confirm(store: &Store, who: &SignedIn, current: &str, now: Timestamp) -> Result<UserRecord, AccountError> {
    let attempt = login_throttle::confirmation(store, &actor(who), who.user, now)
        .await?
        .map_err(AccountError::Wait)?;
    let found = store.user_with_hash(who.user).await?;
    let fits = password::verify(current, found.as_ref().map(|(_, hash)| hash.as_str())).await;
    let (user, _) = found.filter(|_| fits).ok_or(AccountError::WrongPassword)?;
    login_throttle::reset_counters(store, &attempt).await?;
    Ok(user)
}
