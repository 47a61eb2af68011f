//! Sessions of the console: a cookie with a random token, 12 hours idle, 7 days in all.

use std::{net::IpAddr, time::Duration};

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

/// The cookie's name.
pub const COOKIE: &str = "clearhook_session";
const WHOLE: Duration = Duration::from_hours(7 * 24);
/// A use is noted at most this often: a write a request would be too many.
const NOTED: Duration = Duration::from_mins(1);
/// How much of what a browser calls itself is kept, in characters.
const BROWSER_KEPT: usize = 300;

/// The browser that somebody signs in with.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Where it is.
    pub address: IpAddr,
    /// What it calls itself.
    pub agent: Option<String>,
    /// The token of the session that it has.
    pub token: Option<String>,
    /// The mark that it got when somebody signed in before.
    pub mark: Option<String>,
}

/// A new session of this user: its token for the cookie, and what is stored.
pub fn new(user: UserId, browser: &Browser, now: Timestamp) -> (String, NewSession) {
    let token = token::generate();
    let session = NewSession {
        user,
        token_hash: token::hash(&token),
        now,
        expires_at: now.plus(WHOLE),
        address: browser.address.to_string(),
        browser: browser.agent.as_ref().map(|agent| agent.chars().take(BROWSER_KEPT).collect()),
    };
    (token, session)
}

/// Begins a session under a token that is new; the one that the browser had ends. Gives the token. `how` says how they proved who they are.
pub async fn begin(store: &Store, user: &UserRecord, browser: &Browser, how: &str, now: Timestamp) -> Result<String, StoreError> {
    let (token, session) = new(user.id, browser, now);
    let before = browser.token.as_deref().map(token::hash);
    let by = Actor::person(user.id, &user.email, Some(browser.address));
    store.begin_session(&by, &session, before.as_deref(), how).await?;
    Ok(token)
}

/// Who has this token, if the session still lives.
pub async fn resume(store: &Store, token: &str, address: IpAddr, now: Timestamp) -> Result<Option<SignedIn>, StoreError> {
    let Some(session) = store.session(&token::hash(token)).await? else {
        return Ok(None);
    };
    let unused = now.since(session.last_seen_at);
    if now >= session.expires_at || unused >= IDLE || session.user.disabled_at.is_some() {
        store.end_session(session.id).await?;
        return Ok(None);
    }
    if unused >= NOTED {
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

/// Whose session this is, if it still lives. That somebody asks counts as no use of the session.
pub async fn check(store: &Store, token: &str, address: IpAddr, now: Timestamp) -> Result<Option<SignedIn>, StoreError> {
    let session = store.session(&token::hash(token)).await?;
    let lives =
        session.filter(|session| now < session.expires_at && now.since(session.last_seen_at) < IDLE && session.user.disabled_at.is_none());
    Ok(lives.map(|session| SignedIn {
        session: session.id,
        user: session.user.id,
        email: session.user.email,
        role: session.user.role,
        address: Some(address),
    }))
}

/// The value of `Set-Cookie` that keeps the token, or that takes it away.
pub fn cookie(token: Option<&str>, secure: bool) -> String {
    set_cookie(COOKIE, token, "/", WHOLE, secure)
}

/// The value of `Set-Cookie` that keeps a value for so long, or that takes it away. No script can read it.
pub fn set_cookie(name: &str, value: Option<&str>, path: &str, age: Duration, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    let (value, age) = value.map_or(("", 0), |value| (value, age.as_secs()));
    format!("{name}={value}; HttpOnly; SameSite=Lax; Path={path}; Max-Age={age}{secure}")
}
