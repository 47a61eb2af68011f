//! Signing in: the first step is a password or the OpenID provider, the second step is the second factor, if the user has one.

use std::time::Duration;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    auth::{
        login_throttle, password, second_factor,
        session::{self, Browser},
    },
    domain::{id::UserId, role::Role, timestamp::Timestamp},
    storage::{Store, StoreError, sealed_token::Purpose, users::UserRecord},
};

/// The name of the cookie that is valid between the two steps.
pub const STEP_COOKIE: &str = "clearhook_step";
/// How much time a user has to enter the second factor.
pub const STEP_AGE: Duration = Duration::from_mins(10);

/// The result of an attempt to sign in.
#[derive(Debug)]
pub enum SignIn {
    /// The user is signed in.
    Done(SignedInSession),
    /// The first step succeeded and the second factor is required. The value proves the first step.
    SecondStep(String),
    /// Email address, password or code is wrong, or the user is disabled.
    Wrong,
    /// Too many attempts. The next one is accepted after this time.
    Wait(Duration),
    /// The proof of the first step has expired.
    Expired,
}

/// How a user passed the first step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FirstStep {
    Password,
    Provider,
}

impl FirstStep {
    /// The byte in a proof.
    const fn code(self) -> u8 {
        match self {
            Self::Password => b'p',
            Self::Provider => b'o',
        }
    }

    fn of_code(code: u8) -> Option<Self> {
        [Self::Password, Self::Provider].into_iter().find(|step| step.code() == code)
    }

    /// The name in the audit log.
    const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Provider => "OpenID provider",
        }
    }
}

/// A new session.
#[derive(Debug)]
pub struct SignedInSession {
    /// The user.
    pub user: UserId,
    /// The role of the user.
    pub role: Role,
    /// The session's token, for its cookie.
    pub token: String,
    /// The value of the device cookie ([`login_throttle::DEVICE_COOKIE`]).
    pub device_cookie: String,
}

/// Signs a user in by email address and password. Takes the same time for unknown addresses.
pub async fn by_password(store: &Store, browser: &Browser, email: &str, password: &str, now: Timestamp) -> Result<SignIn, StoreError> {
    let found = store.user_by_email(email).await?;
    let attempt = match login_throttle::count_password_attempt(store, browser, email, found.as_ref().map(|(user, _)| user), now).await? {
        Ok(attempt) => attempt,
        Err(wait) => return Ok(SignIn::Wait(wait)),
    };
    let hash = found.as_ref().map(|(_, hash)| hash.as_str());
    let is_correct = password::verify(password, hash).await;
    let Some((user, hash)) = found.filter(|(user, _)| is_correct && user.disabled_at.is_none()) else {
        return Ok(SignIn::Wrong);
    };
    login_throttle::reset_counters(store, &attempt).await?;
    if store.second_factor(user.id).await?.is_some_and(|factor| factor.confirmed) {
        return Ok(SignIn::SecondStep(seal_proof(store, FirstStep::Password, &user, &hash, now)));
    }
    Ok(SignIn::Done(begin(store, browser, &user, FirstStep::Password.name(), now).await?))
}

/// Signs in a user whom the OpenID provider authenticated. If the user has set up a second factor in clearhook, it is still required,
/// because the provider's sign-in does not replace it.
pub async fn by_provider(store: &Store, browser: &Browser, user: &UserRecord, now: Timestamp) -> Result<SignIn, StoreError> {
    if store.second_factor(user.id).await?.is_some_and(|factor| factor.confirmed) {
        let found = store.user_with_hash(user.id).await?;
        return Ok(found.map_or(SignIn::Expired, |(user, hash)| {
            SignIn::SecondStep(seal_proof(store, FirstStep::Provider, &user, &hash, now))
        }));
    }
    Ok(SignIn::Done(begin(store, browser, user, FirstStep::Provider.name(), now).await?))
}

/// Signs in a user by a code of the second factor, after the first step.
pub async fn by_code(store: &Store, browser: &Browser, proof: &str, code: &str, now: Timestamp) -> Result<SignIn, StoreError> {
    let Some((first, user)) = user_of_proof(store, proof, now).await? else {
        return Ok(SignIn::Expired);
    };
    let attempt = match login_throttle::count_code_attempt(store, browser, &user, now).await? {
        Ok(attempt) => attempt,
        Err(wait) => return Ok(SignIn::Wait(wait)),
    };
    if !second_factor::consume_code(store, user.id, code, now).await? {
        return Ok(SignIn::Wrong);
    }
    login_throttle::reset_counters(store, &attempt).await?;
    let how = format!("{} and second factor", first.name());
    Ok(SignIn::Done(begin(store, browser, &user, &how, now).await?))
}

/// Starts a session for an authenticated user. `how` is the method for the audit log.
async fn begin(store: &Store, browser: &Browser, user: &UserRecord, how: &str, now: Timestamp) -> Result<SignedInSession, StoreError> {
    Ok(SignedInSession {
        user: user.id,
        role: user.role,
        token: session::begin(store, user, browser, how, now).await?,
        device_cookie: login_throttle::device_cookie(store, browser, user.id),
    })
}

/// The user for whom this proof was made and how they passed the first step, if it has not expired and the password was not changed since.
async fn user_of_proof(store: &Store, proof: &str, now: Timestamp) -> Result<Option<(FirstStep, UserRecord)>, StoreError> {
    let Some(opened) = store.unseal(Purpose::SecondStep, proof) else {
        return Ok(None);
    };
    let Some((first, rest)) = opened
        .split_first()
        .and_then(|(code, rest)| Some((FirstStep::of_code(*code)?, rest)))
    else {
        return Ok(None);
    };
    let Some((id, rest)) = rest.split_first_chunk::<16>() else {
        return Ok(None);
    };
    let Some((until, digest)) = rest.split_first_chunk::<8>() else {
        return Ok(None);
    };
    let found = store.user_with_hash(UserId(Uuid::from_bytes(*id))).await?;
    let is_valid = |user: &UserRecord, hash: &str| {
        user.disabled_at.is_none() && now < Timestamp(i64::from_be_bytes(*until)) && Sha256::digest(hash.as_bytes()).as_slice() == digest
    };
    Ok(found.filter(|(user, hash)| is_valid(user, hash)).map(|(user, _)| (first, user)))
}

fn seal_proof(store: &Store, first: FirstStep, user: &UserRecord, hash: &str, now: Timestamp) -> String {
    let until = now.plus(STEP_AGE).0.to_be_bytes();
    let digest = Sha256::digest(hash.as_bytes());
    store.seal(
        Purpose::SecondStep,
        &[[first.code()].as_slice(), user.id.0.as_bytes(), until.as_slice(), digest.as_slice()].concat(),
    )
}
