//! Signing in: by password, then by the second factor if the user has one.

use std::time::Duration;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    auth::{
        login_throttle, password, second_factor,
        session::{self, Browser},
    },
    domain::{id::UserId, timestamp::Timestamp},
    storage::{Store, StoreError, sealed_token::Purpose, users::UserRecord},
};

/// The name of the cookie that is valid between password and second factor.
pub const STEP_COOKIE: &str = "clearhook_step";
/// How much time a user has to enter the second factor.
pub const STEP_AGE: Duration = Duration::from_mins(10);

/// The result of an attempt to sign in.
#[derive(Debug)]
pub enum SignIn {
    /// The user is signed in.
    Done(SignedInSession),
    /// The password is correct and the second factor is required. The value is the proof of the password for the next step.
    SecondStep(String),
    /// E-mail address, password or code is wrong, or the user is disabled.
    Wrong,
    /// Too many attempts. The next one is accepted after this time.
    Wait(Duration),
    /// The proof of the password has expired.
    Expired,
}

/// A new session.
#[derive(Debug)]
pub struct SignedInSession {
    /// The session's token, for its cookie.
    pub token: String,
    /// The value of the device cookie ([`login_throttle::DEVICE_COOKIE`]).
    pub device_cookie: String,
}

/// Signs a user in by e-mail address and password. Takes the same time for unknown addresses.
pub async fn by_password(store: &Store, browser: &Browser, email: &str, password: &str, now: Timestamp) -> Result<SignIn, StoreError> {
    let found = store.user_by_email(email).await?;
    let attempt = match login_throttle::sign_in(store, browser, email, found.as_ref().map(|(user, _)| user), now).await? {
        Ok(attempt) => attempt,
        Err(wait) => return Ok(SignIn::Wait(wait)),
    };
    let hash = found.as_ref().map(|(_, hash)| hash.as_str());
    let fits = password::verify(password, hash).await;
    let Some((user, hash)) = found.filter(|(user, _)| fits && user.disabled_at.is_none()) else {
        return Ok(SignIn::Wrong);
    };
    login_throttle::succeeded(store, &attempt).await?;
    if store.second_factor(user.id).await?.is_some_and(|factor| factor.confirmed) {
        return Ok(SignIn::SecondStep(proof(store, &user, &hash, now)));
    }
    Ok(SignIn::Done(begin(store, browser, &user, "password", now).await?))
}

/// Signs in a user whom the OpenID provider authenticated. If the user has set up a second factor in clearhook, it is still required,
/// because the provider's sign-in does not replace it.
pub async fn by_provider(store: &Store, browser: &Browser, user: &UserRecord, now: Timestamp) -> Result<SignIn, StoreError> {
    if store.second_factor(user.id).await?.is_some_and(|factor| factor.confirmed)
        && let Some((user, hash)) = store.user_with_hash(user.id).await?
    {
        return Ok(SignIn::SecondStep(proof(store, &user, &hash, now)));
    }
    Ok(SignIn::Done(begin(store, browser, user, "OpenID provider", now).await?))
}

/// Signs in a user by a code of the second factor, after the password was correct.
pub async fn by_code(store: &Store, browser: &Browser, proof: &str, code: &str, now: Timestamp) -> Result<SignIn, StoreError> {
    let Some(user) = proved(store, proof, now).await? else {
        return Ok(SignIn::Expired);
    };
    let attempt = match login_throttle::second_step(store, browser, &user, now).await? {
        Ok(attempt) => attempt,
        Err(wait) => return Ok(SignIn::Wait(wait)),
    };
    if !second_factor::take(store, user.id, code, now).await? {
        return Ok(SignIn::Wrong);
    }
    login_throttle::succeeded(store, &attempt).await?;
    Ok(SignIn::Done(begin(store, browser, &user, "password and second factor", now).await?))
}

/// Starts a session for an authenticated user.
pub async fn begin(store: &Store, browser: &Browser, user: &UserRecord, how: &str, now: Timestamp) -> Result<SignedInSession, StoreError> {
    Ok(SignedInSession {
        token: session::begin(store, user, browser, how, now).await?,
        device_cookie: login_throttle::device_cookie(store, browser, user.id),
    })
}

/// The user for whom this proof of a correct password was made, if it has not expired and the password was not changed since.
pub async fn proved(store: &Store, proof: &str, now: Timestamp) -> Result<Option<UserRecord>, StoreError> {
    let Some(opened) = store.unseal(Purpose::SecondStep, proof) else {
        return Ok(None);
    };
    let Some((id, rest)) = opened.split_first_chunk::<16>() else {
        return Ok(None);
    };
    let Some((until, digest)) = rest.split_first_chunk::<8>() else {
        return Ok(None);
    };
    let found = store.user_with_hash(UserId(Uuid::from_bytes(*id))).await?;
    let is_valid = |user: &UserRecord, hash: &str| {
        user.disabled_at.is_none() && now < Timestamp(i64::from_be_bytes(*until)) && Sha256::digest(hash.as_bytes()).as_slice() == digest
    };
    Ok(found.filter(|(user, hash)| is_valid(user, hash)).map(|(user, _)| user))
}

fn proof(store: &Store, user: &UserRecord, hash: &str, now: Timestamp) -> String {
    let until = now.plus(STEP_AGE).0.to_be_bytes();
    let digest = Sha256::digest(hash.as_bytes());
    store.seal(
        Purpose::SecondStep,
        &[user.id.0.as_bytes().as_slice(), until.as_slice(), digest.as_slice()].concat(),
    )
}
