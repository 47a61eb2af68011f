//! Sessions of the console: a cookie with a random token, 12 hours idle, 7 days in all.

use std::time::Duration;

use crate::{
    auth::{password, principal::SignedIn, token},
    domain::timestamp::Timestamp,
    storage::{Store, StoreError},
};

/// The cookie's name.
pub const COOKIE: &str = "clearhook_session";
const IDLE: Duration = Duration::from_hours(12);
const WHOLE: Duration = Duration::from_hours(7 * 24);
/// A use is noted at most this often: a write a request would be too many.
const NOTED: Duration = Duration::from_mins(1);

/// Signs somebody in and gives the session's token; `None` when address or password is wrong, or the user is disabled.
pub async fn sign_in(store: &Store, email: &str, password: &str) -> Result<Option<String>, StoreError> {
    let found = store.user_by_email(email).await?;
    let hash = found.as_ref().map(|(_, hash)| hash.as_str());
    let fits = password.len() <= password::MAX && password::verify(password, hash).await;
    let Some((user, _)) = found.filter(|(user, _)| fits && user.disabled_at.is_none()) else {
        return Ok(None);
    };
    let (token, now) = (token::generate(), Timestamp::now());
    store.add_session(user.id, token::hash(&token), now, now.plus(WHOLE)).await?;
    Ok(Some(token))
}

/// Who has this token, if the session still lives.
pub async fn resume(store: &Store, token: &str) -> Result<Option<SignedIn>, StoreError> {
    let now = Timestamp::now();
    let Some(session) = store.session(&token::hash(token)).await? else {
        return Ok(None);
    };
    let unused = now.since(session.last_seen_at);
    if now >= session.expires_at || unused >= IDLE || session.user.disabled_at.is_some() {
        store.end_session(session.id).await?;
        return Ok(None);
    }
    if unused >= NOTED {
        store.touch_session(session.id, now).await?;
    }
    Ok(Some(SignedIn {
        session: session.id,
        user: session.user.id,
        email: session.user.email,
        role: session.user.role,
        address: None,
    }))
}

/// The value of `Set-Cookie` that keeps the token, or that takes it away.
pub fn cookie(token: Option<&str>, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    match token {
        Some(token) => format!(
            "{COOKIE}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={}{secure}",
            WHOLE.as_secs()
        ),
        None => format!("{COOKIE}=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0{secure}"),
    }
}
