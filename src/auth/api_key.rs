//! Keys of the HTTP API: `chk_` and 256 random bits, shown once, stored as a hash.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
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
};

const PREFIX: &str = "chk_";
/// Longest text that can be a key.
const LONGEST: usize = 100;
const NOTED: Duration = Duration::from_mins(1);

/// Makes a key and gives it in clear, for this once.
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

/// How long it is remembered what a key may do. One that is revoked in this process, or by another node, is refused at once; one that is
/// revoked by command is refused after this time at the latest.
const REMEMBERED: Duration = Duration::from_secs(1);
/// Most keys that are remembered.
const MOST: usize = 10_000;

/// What keys may do, remembered for a moment: a busy publisher asks thousands of times a second.
#[derive(Default)]
pub struct Keys(RwLock<HashMap<Vec<u8>, Known>>);

#[derive(Clone)]
struct Known {
    since: Instant,
    /// How many keys had been revoked then: what was known before another one was counts no more.
    revocations: u64,
    holder: KeyHolder,
}

impl Keys {
    /// What this key may do; `None` when it is unknown, revoked or expired.
    pub async fn check(&self, store: &Store, key: &str) -> Result<Option<KeyHolder>, StoreError> {
        if !key.starts_with(PREFIX) || key.len() > LONGEST {
            return Ok(None);
        }
        let hash = token::hash(key);
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        let revocations = store.revocations();
        if let Some(known) = known
            && known.since.elapsed() < REMEMBERED
            && known.revocations == revocations
            && known.holder.expires_at.is_none_or(|end| Timestamp::now() < end)
        {
            return Ok(Some(known.holder));
        }
        let holder = check(store, &hash).await?;
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match &holder {
            Some(holder) => {
                if known.len() >= MOST {
                    known.clear();
                }
                let (since, holder) = (Instant::now(), holder.clone());
                known.insert(
                    hash,
                    Known {
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
    if record.last_used_at.is_none_or(|last| now.since(last) >= NOTED) {
        // Nobody waits for this: a database that is busy with something else must not keep publishers out.
        let (store, id) = (store.clone(), record.id);
        tokio::spawn(async move {
            if let Err(error) = store.touch_api_key(id, now).await {
                tracing::warn!(%error, key = %id, "the time of the last use of API key {id} cannot be stored: {error}");
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
