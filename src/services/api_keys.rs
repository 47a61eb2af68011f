//! Use cases of API keys.

use crate::{
    auth::{api_key, principal::Principal, rules::Action},
    domain::{
        id::ApiKeyId,
        page::{Cursor, Page},
        role::Scope,
        timestamp::Timestamp,
        webhook::check_name,
    },
    messages::validation::ValidationError,
    services::error::{FieldError, UseCaseError},
    storage::{Store, api_keys::ApiKeyRecord},
};

/// Creates a key. Returns it in plain text, which is not possible later.
pub async fn create(
    store: &Store,
    by: &Principal,
    name: &str,
    scopes: &[Scope],
    expires_at: Option<Timestamp>,
) -> Result<(String, ApiKeyRecord), UseCaseError> {
    by.may(Action::ManageApiKeys, false)?;
    let mut errors = Vec::new();
    if let Err(wrong) = check_name(name) {
        errors.push(FieldError::new("/name", wrong));
    }
    if scopes.is_empty() {
        errors.push(FieldError::new("/scopes", ValidationError::NoScope));
    }
    if expires_at.is_some_and(|end| end <= Timestamp::now()) {
        errors.push(FieldError::new("/expires", ValidationError::ExpiryPast));
    }
    if !errors.is_empty() {
        return Err(UseCaseError::Invalid(errors));
    }
    let mut scopes = scopes.to_vec();
    scopes.sort();
    scopes.dedup();
    let (key, record) = api_key::create(store, &by.actor(), name.trim(), &scopes, expires_at).await?;
    tracing::info!(key = %record.id, "API key {} created", record.id);
    Ok((key, record))
}

/// A page of the keys, newest first. `q` is a part of a name, a prefix, or a whole key.
pub async fn list(
    store: &Store,
    by: &Principal,
    q: Option<&str>,
    after: Option<Cursor>,
    limit: u64,
) -> Result<Page<ApiKeyRecord>, UseCaseError> {
    by.may(Action::ManageApiKeys, false)?;
    Ok(store.find_api_keys(q, after, limit).await?)
}

/// A key, revoked or not.
pub async fn get(store: &Store, by: &Principal, id: ApiKeyId) -> Result<ApiKeyRecord, UseCaseError> {
    by.may(Action::ManageApiKeys, false)?;
    store.api_key_by_id(id).await?.ok_or(UseCaseError::NotFound)
}

/// Revokes a key.
pub async fn revoke(store: &Store, by: &Principal, id: ApiKeyId) -> Result<ApiKeyRecord, UseCaseError> {
    by.may(Action::ManageApiKeys, false)?;
    let revoked = store.revoke_api_key(&by.actor(), id).await?.ok_or(UseCaseError::NotFound)?;
    tracing::info!(key = %id, "API key {id} revoked");
    Ok(revoked)
}
