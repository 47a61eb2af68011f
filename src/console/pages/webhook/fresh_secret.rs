//! The secret of a webhook that was just added: its page shows it once, after the redirect. Until then it is in a sealed cookie, bound to the
//! session and the webhook, for at most five minutes.

use std::time::Duration;

use axum::{
    http::{HeaderValue, header, request::Parts},
    response::Response,
};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use uuid::Uuid;

use crate::{
    app::AppState,
    auth::session::http_only_cookie,
    console::server::{response::is_secure, signed_in},
    domain::{
        id::{SessionId, WebhookId},
        timestamp::Timestamp,
    },
    request::cookies,
    storage::sealed_token::Purpose,
};

/// The name of the cookie.
const COOKIE: &str = "clearhook_new_secret";
/// The pages that receive it.
const PATH: &str = "/webhooks";
/// How long the secret can be shown.
const AGE: Duration = Duration::from_mins(5);
/// The length of what precedes the secret: session, webhook, and end.
const HEAD: usize = 16 + 16 + 8;

/// Makes the page of this webhook show the secret once.
pub(super) fn keep(response: &mut Response, app: &AppState, webhook: &str, secret: &str) {
    let (Some(who), Ok(webhook)) = (signed_in(), webhook.parse::<WebhookId>()) else {
        return;
    };
    let sealed = app.store.seal(
        Purpose::NewSecret,
        &content(who.session, webhook, Timestamp::now().plus(AGE), secret),
    );
    cookies::set(response, &http_only_cookie(COOKIE, Some(&sealed), PATH, AGE, is_secure()));
}

fn content(session: SessionId, webhook: WebhookId, until: Timestamp, secret: &str) -> Vec<u8> {
    [
        session.0.as_bytes().as_slice(),
        webhook.0.as_bytes().as_slice(),
        until.0.to_be_bytes().as_slice(),
        secret.as_bytes(),
    ]
    .concat()
}

/// The secret that the page of this webhook shows, if it was added a moment ago in this session. The response deletes the cookie, so that no other
/// response shows it.
pub(super) fn take(app: &AppState, webhook: WebhookId) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let sealed = cookies::value(&parts.headers, COOKIE)?;
    let opened = app.store.unseal(Purpose::NewSecret, sealed)?;
    let (head, secret) = opened.split_at_checked(HEAD)?;
    let id = |from: usize| Uuid::from_slice(head.get(from..from + 16)?).ok();
    let until = i64::from_be_bytes(head.get(32..HEAD)?.try_into().ok()?);
    let is_mine = id(0)? == signed_in()?.session.0 && id(16)? == webhook.0;
    if !is_mine || Timestamp::now().0 >= until {
        return None;
    }
    let deletion = http_only_cookie(COOKIE, None, PATH, AGE, is_secure());
    let deletion = HeaderValue::from_str(&deletion.to_string()).ok()?;
    // A secret that could be shown twice is not shown at all.
    use_context::<ResponseOptions>()?.append_header(header::SET_COOKIE, deletion);
    String::from_utf8(secret.to_vec()).ok()
}
