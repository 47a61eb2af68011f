//! The view of the list of keys.

use crate::{
    app::AppState,
    auth::principal::Principal,
    console::{
        calls::{KeyRowView, KeyState, KeysView},
        server::{lang, time_view, zone},
    },
    domain::{
        page::{Cursor, ListId},
        timestamp::Timestamp,
    },
    services::api_keys,
    services::error::UseCaseError,
    storage::api_keys::ApiKeyRecord,
};

/// Keys on a page.
const ROWS: u64 = 50;

/// A page of the list. A cursor that is none begins anew.
pub async fn page(app: &AppState, by: &Principal, q: Option<String>, after: Option<String>) -> Result<KeysView, UseCaseError> {
    let list = ListId::new("api-keys", q.as_deref().map(|q| ("q", q)));
    let after = after.and_then(|after| Cursor::decode(&after, &list).ok());
    let page = api_keys::list(&app.store, by, q.as_deref(), after, ROWS).await?;
    let now = Timestamp::now();
    Ok(KeysView {
        next: page.next.map(|next| next.encode(&list)),
        rows: page.items.into_iter().map(|key| row(key, now)).collect(),
    })
}

fn row(key: ApiKeyRecord, now: Timestamp) -> KeyRowView {
    let (zone, lang) = (zone(), lang());
    let time = |at| time_view(at, &zone, lang);
    let state = match (key.revoked_at, key.expires_at) {
        (Some(_), _) => KeyState::Revoked,
        (None, Some(end)) if now >= end => KeyState::Expired,
        (None, _) => KeyState::Live,
    };
    KeyRowView {
        id: key.id.to_string(),
        name: key.name,
        prefix: key.prefix,
        scopes: key.scopes.iter().map(ToString::to_string).collect(),
        created: time(key.created_at),
        expires: key.expires_at.map(time),
        last_used: key.last_used_at.map(time),
        state,
    }
}
