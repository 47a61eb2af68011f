//! Limits of failed sign-in attempts. The counters are in the database (`storage::sign_in_limits`).
//!
//! Attempts from an unknown browser are limited per account and per IP address. A browser in which the user signed in before has a limit of
//! its own instead (OWASP, "device cookies"), so strangers who keep trying an account cannot lock its owner out.

use std::{net::IpAddr, time::Duration};

use uuid::Uuid;

use crate::{
    auth::session::Browser,
    domain::{id::UserId, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        audit::Actor,
        sealed_token::Purpose,
        sign_in_limits::{Limit, LimitKey},
        users::UserRecord,
    },
};

/// The name of the cookie that identifies a browser in which a user signed in before.
pub const DEVICE_COOKIE: &str = "clearhook_browser";
/// The lifetime of that cookie.
pub const DEVICE_COOKIE_AGE: Duration = Duration::from_hours(400 * 24);

const BY_ACCOUNT: Limit = Limit {
    free: 10,
    longest: Duration::from_mins(5),
};
const BY_ADDRESS: Limit = Limit {
    free: 20,
    longest: Duration::from_mins(15),
};
const BY_BROWSER: Limit = Limit {
    free: 10,
    longest: Duration::from_mins(15),
};
const BY_CODE: Limit = Limit {
    free: 5,
    longest: Duration::from_mins(15),
};

/// A counted attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    cleared: Vec<LimitKey>,
    counted: Vec<LimitKey>,
}

/// Counts an attempt to sign in as a failed one, before it is made, so that parallel attempts have no advantage. The inner error is how long to
/// wait before the next attempt. `user` is the user with that email address, if there is one.
pub async fn count_password_attempt(
    store: &Store,
    browser: &Browser,
    email: &str,
    user: Option<&UserRecord>,
    now: Timestamp,
) -> Result<Result<Attempt, Duration>, StoreError> {
    let device = user.and_then(|user| known_browser(store, browser, user.id));
    let own = match &device {
        Some(device) => (LimitKey::new("browser", device), BY_BROWSER),
        None => (LimitKey::account(email), BY_ACCOUNT),
    };
    let by = user.map(|user| Actor::person(user.id, &user.email, Some(browser.address)));
    attempt(store, by.as_ref(), own, device.is_none().then_some(browser.address), now).await
}

/// [`count_password_attempt`] for a code of the second factor.
pub async fn count_code_attempt(
    store: &Store,
    browser: &Browser,
    user: &UserRecord,
    now: Timestamp,
) -> Result<Result<Attempt, Duration>, StoreError> {
    let device = known_browser(store, browser, user.id);
    let own = match &device {
        Some(device) => LimitKey::new("browser code", device),
        None => LimitKey::new("code", user.id.0.as_bytes()),
    };
    let by = Actor::person(user.id, &user.email, Some(browser.address));
    attempt(store, Some(&by), (own, BY_CODE), device.is_none().then_some(browser.address), now).await
}

/// Counts an attempt of a signed-in user to confirm the password.
pub async fn confirmation(store: &Store, by: &Actor, user: UserId, now: Timestamp) -> Result<Result<Attempt, Duration>, StoreError> {
    attempt(store, Some(by), (LimitKey::confirmation(user), BY_CODE), None, now).await
}

/// Resets the counters after a successful attempt.
pub async fn reset_counters(store: &Store, attempt: &Attempt) -> Result<(), StoreError> {
    store.attempt_succeeded(&attempt.cleared, &attempt.counted).await
}

/// The value of the device cookie for a browser in which this user signed in. Keeps the browser's id if it already has one for this user.
pub fn device_cookie(store: &Store, browser: &Browser, user: UserId) -> String {
    let random = known_browser(store, browser, user).unwrap_or_else(rand::random);
    store.seal(Purpose::Browser, &[user.0.into_bytes(), random].concat())
}

async fn attempt(
    store: &Store,
    by: Option<&Actor>,
    own: (LimitKey, Limit),
    address: Option<IpAddr>,
    now: Timestamp,
) -> Result<Result<Attempt, Duration>, StoreError> {
    let attempt = Attempt {
        cleared: vec![own.0.clone()],
        counted: address.map(by_address).into_iter().collect(),
    };
    let mut keys = vec![own];
    keys.extend(attempt.counted.iter().map(|key| (key.clone(), BY_ADDRESS)));
    match store.begin_attempt(by, &keys, now).await? {
        None => Ok(Ok(attempt)),
        Some(until) => Ok(Err(until.since(now))),
    }
}

fn known_browser(store: &Store, browser: &Browser, user: UserId) -> Option<[u8; 16]> {
    let opened = store.unseal(Purpose::Browser, browser.device_cookie.as_deref()?)?;
    let (of, random) = opened.split_first_chunk::<16>()?;
    (Uuid::from_bytes(*of) == user.0).then(|| random.try_into().ok()).flatten()
}

/// IPv6 addresses are counted by /64, because a client usually has a whole /64.
fn by_address(address: IpAddr) -> LimitKey {
    match address.to_canonical() {
        IpAddr::V4(address) => LimitKey::new("address", &address.octets()),
        IpAddr::V6(address) => LimitKey::new("address", address.octets().get(..8).unwrap_or_default()),
    }
}
