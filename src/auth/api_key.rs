//! API keys: `chk_` and 256 random bits, shown once and stored as a hash.

use std::{
    collections::HashMap,
    sync::RwLock,
    time::{Duration, Instant},
};

use crate::{
    auth::{principal::KeyHolder, token},
    domain::{role::Scope, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        api_keys::{ApiKeyRecord, NewApiKey, PREFIX_SHOWN},
        audit::Actor,
    },
    sync::{read_locked, write_locked},
};

const PREFIX: &str = "chk_";
/// Maximum length of a key.
const LENGTH_MAX: usize = 100;
/// The minimum time between two updates of a key's last use.
const TOUCH_INTERVAL: Duration = Duration::from_mins(1);

/// Creates a key. Returns it in plain text, which is not possible later.
pub async fn create(
    store: &Store,
    by: &Actor,
    name: &str,
    scopes: &[Scope],
    expires_at: Option<Timestamp>,
) -> Result<(String, ApiKeyRecord), StoreError> {
    let key = format!("{PREFIX}{}", token::generate());
    let new = NewApiKey {
        name: name.to_owned(),
        scopes: scopes.to_vec(),
        expires_at,
        prefix: key.chars().take(PREFIX_SHOWN).collect(),
        hash: token::hash(&key),
    };
    let record = store.add_api_key(by, new).await?;
    Ok((key, record))
}

/// For how long the result of a check is cached. A key that is revoked by this process or another node is rejected at once, one that is
/// revoked by the command line at the latest after this time.
const CACHE_TIME: Duration = Duration::from_secs(1);
/// Maximum number of cached keys.
const CACHED_MAX: usize = 10_000;

/// A cache of API keys. A busy publisher makes thousands of requests per second.
#[derive(Default)]
pub struct Keys(RwLock<HashMap<Vec<u8>, Cached>>);

#[derive(Clone)]
struct Cached {
    since: Instant,
    /// The number of revocations when the key was loaded. A later revocation invalidates the entry.
    revocations: u64,
    holder: KeyHolder,
}

impl Keys {
    /// Looks up a key. Returns `None` if it is unknown, revoked or expired.
    pub async fn check(&self, store: &Store, key: &str) -> Result<Option<KeyHolder>, StoreError> {
        if !key.starts_with(PREFIX) || key.len() > LENGTH_MAX {
            return Ok(None);
        }
        let hash = token::hash(key);
        let known = read_locked(&self.0).get(&hash).cloned();
        let revocations = store.revocations();
        if let Some(known) = known
            && known.since.elapsed() < CACHE_TIME
            && known.revocations == revocations
            && known.holder.expires_at.is_none_or(|end| Timestamp::now() < end)
        {
            return Ok(Some(known.holder));
        }
        let holder = check(store, &hash).await?;
        let mut known = write_locked(&self.0);
        match &holder {
            Some(holder) => {
                if known.len() >= CACHED_MAX {
                    known.clear();
                }
                let (since, holder) = (Instant::now(), holder.clone());
                known.insert(
                    hash,
                    Cached {
                        since,
                        revocations,
                        holder,
                    },
                );
            }
            None => {
                known.remove(&hash);
            }
        }
        Ok(holder)
    }
}

async fn check(store: &Store, hash: &[u8]) -> Result<Option<KeyHolder>, StoreError> {
    let now = Timestamp::now();
    let Some(record) = store.api_key(hash).await? else {
        return Ok(None);
    };
    if record.revoked_at.is_some() || record.expires_at.is_some_and(|end| now >= end) {
        return Ok(None);
    }
    if record.last_used_at.is_none_or(|last| now.since(last) >= TOUCH_INTERVAL) {
        // Done in the background, so that a busy database does not delay publishers.
        let (store, id) = (store.clone(), record.id);
        tokio::spawn(async move {
            if let Err(error) = store.touch_api_key(id, now).await {
                tracing::warn!(%error, key = %id, "cannot store the last use of API key {id}: {error}");
            }
        });
    }
    Ok(Some(KeyHolder {
        key: record.id,
        name: record.name,
        scopes: record.scopes,
        expires_at: record.expires_at,
        address: None,
    }))
}
