//! Sessions of the console: a cookie with a random token. A session ends after 12 hours without a request, or 7 days after sign-in.

use std::{net::IpAddr, time::Duration};

use cookie::{Cookie, SameSite};

use crate::{
    auth::{principal::SignedIn, token},
    domain::{id::UserId, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        audit::Actor,
        sessions::{IDLE, NewSession},
        users::UserRecord,
    },
};

/// The name of the session cookie.
pub const COOKIE: &str = "clearhook_session";
/// Maximum lifetime of a session.
const LIFETIME: Duration = Duration::from_hours(7 * 24);
/// The minimum time between two updates of a session's last use. One write per request would be too many.
const TOUCH_INTERVAL: Duration = Duration::from_mins(1);
/// Maximum number of characters of the `User-Agent` header that are stored.
const USER_AGENT_MAX: usize = 300;

/// The browser of a sign-in.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Its IP address.
    pub address: IpAddr,
    /// Its `User-Agent` header.
    pub agent: Option<String>,
    /// The token of its current session, if it has one.
    pub token: Option<String>,
    /// The value of its device cookie, if a user signed in with it before (`login_throttle`).
    pub device_cookie: Option<String>,
}

/// Creates a session of this user. Returns the token for the cookie, and the session to store.
pub fn new(user: UserId, browser: &Browser, now: Timestamp) -> (String, NewSession) {
    let token = token::generate();
    let session = NewSession {
        user,
        token_hash: token::hash(&token),
        now,
        expires_at: now.plus(LIFETIME),
        address: browser.address.to_string(),
        browser: browser.agent.as_ref().map(|agent| agent.chars().take(USER_AGENT_MAX).collect()),
    };
    (token, session)
}

/// Starts a session with a new token and ends the browser's current one. Returns the token. `how` is the method of authentication for the
/// audit log.
pub async fn begin(store: &Store, user: &UserRecord, browser: &Browser, how: &str, now: Timestamp) -> Result<String, StoreError> {
    let (token, session) = new(user.id, browser, now);
    let before = browser.token.as_deref().map(token::hash);
    let by = Actor::person(user.id, &user.email, Some(browser.address));
    store.begin_session(&by, &session, before.as_deref(), how).await?;
    Ok(token)
}

/// The user of this session token, if the session is still valid. Counts as use of the session.
pub async fn resume(store: &Store, token: &str, address: IpAddr, now: Timestamp) -> Result<Option<SignedIn>, StoreError> {
    let Some(session) = store.session(&token::hash(token)).await? else {
        return Ok(None);
    };
    let unused = now.since(session.last_seen_at);
    if now >= session.expires_at || unused >= IDLE || session.user.disabled_at.is_some() {
        store.end_session(session.id).await?;
        return Ok(None);
    }
    if unused >= TOUCH_INTERVAL {
        store.touch_session(session.id, now, &address.to_string()).await?;
    }
    Ok(Some(SignedIn {
        session: session.id,
        user: session.user.id,
        email: session.user.email,
        role: session.user.role,
        address: Some(address),
    }))
}

/// The user of this session token, if the session is still valid. Does not count as use of the session.
pub async fn check(store: &Store, token: &str, address: IpAddr, now: Timestamp) -> Result<Option<SignedIn>, StoreError> {
    let session = store.session(&token::hash(token)).await?;
    let valid =
        session.filter(|session| now < session.expires_at && now.since(session.last_seen_at) < IDLE && session.user.disabled_at.is_none());
    Ok(valid.map(|session| SignedIn {
        session: session.id,
        user: session.user.id,
        email: session.user.email,
        role: session.user.role,
        address: Some(address),
    }))
}

/// The session cookie with this token. Without a token, the cookie that deletes it.
pub fn cookie(token: Option<&str>, secure: bool) -> Cookie<'static> {
    http_only_cookie(COOKIE, token, "/", LIFETIME, secure)
}

/// A cookie that scripts cannot read. Without a value, the cookie that deletes it. `secure`: the browser sends it over https only.
pub fn http_only_cookie(name: &'static str, value: Option<&str>, path: &'static str, age: Duration, secure: bool) -> Cookie<'static> {
    let age = if value.is_some() { age } else { Duration::ZERO };
    let cookie = Cookie::build((name, value.unwrap_or_default().to_owned()))
        .http_only(true)
        .same_site(SameSite::Lax)
        .path(path)
        .max_age(cookie::time::Duration::seconds(age.as_secs().try_into().unwrap_or(i64::MAX)));
    cookie.secure(secure).build()
}
