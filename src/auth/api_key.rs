//! Keys of the HTTP API: `chk_` and 256 random bits, shown once, stored as a hash.

use std::time::Duration;

use crate::{
    auth::{principal::KeyHolder, token},
    domain::{role::Scope, timestamp::Timestamp},
    storage::{Store, StoreError, api_keys::ApiKeyRecord},
};

const PREFIX: &str = "chk_";
/// Characters that stay readable, so that people can tell which key it is.
const SHOWN: usize = PREFIX.len() + 6;
const NOTED: Duration = Duration::from_mins(1);

/// Makes a key and gives it in clear, for this once.
pub async fn create(store: &Store, name: &str, scopes: &[Scope]) -> Result<(String, ApiKeyRecord), StoreError> {
    let key = format!("{PREFIX}{}", token::generate());
    let record = store
        .add_api_key(name, key.chars().take(SHOWN).collect(), token::hash(&key), scopes)
        .await?;
    Ok((key, record))
}

/// What this key may do; `None` when it is unknown, revoked or expired.
pub async fn check(store: &Store, key: &str) -> Result<Option<KeyHolder>, StoreError> {
    if !key.starts_with(PREFIX) || key.len() > 100 {
        return Ok(None);
    }
    let now = Timestamp::now();
    let Some(record) = store.api_key(&token::hash(key)).await? else {
        return Ok(None);
    };
    if record.revoked_at.is_some() || record.expires_at.is_some_and(|end| now >= end) {
        return Ok(None);
    }
    if record.last_used_at.is_none_or(|last| now.since(last) >= NOTED) {
        store.touch_api_key(record.id, now).await?;
    }
    Ok(Some(KeyHolder {
        key: record.id,
        scopes: record.scopes,
    }))
}
