//! Storage of API keys. Only the SHA-256 hash of a key is stored.

use std::sync::atomic::Ordering;

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set, sea_query::Expr};
use serde_json::{Value, json};

use crate::{
    domain::{
        audit::AuditAction,
        id::ApiKeyId,
        page::{Cursor, Page},
        role::Scope,
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        change_notifications,
        entity::api_key,
        keyset::newest_first,
        new_id,
        search::{contains, storable},
    },
};

/// Number of leading characters that are stored in plain text, so that people can recognise a key.
pub const PREFIX_SHOWN: usize = 10;

/// A stored API key.
#[derive(Clone, Debug)]
pub struct ApiKeyRecord {
    /// Its id.
    pub id: ApiKeyId,
    /// Its name, which describes what it is used for.
    pub name: String,
    /// The first characters of the key, by which people recognise it.
    pub prefix: String,
    /// The scopes it grants.
    pub scopes: Vec<Scope>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked. A revoked key is rejected.
    pub revoked_at: Option<Timestamp>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

/// An API key to insert.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// Its name.
    pub name: String,
    /// The scopes it grants.
    pub scopes: Vec<Scope>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// The first characters of the key.
    pub prefix: String,
    /// The hash of the key.
    pub hash: Vec<u8>,
}

impl Store {
    /// Inserts a key and writes an audit entry.
    pub async fn add_api_key(&self, by: &Actor, new: NewApiKey) -> Result<ApiKeyRecord, StoreError> {
        let (transaction, now) = (self.begin().await?, Timestamp::now());
        let row = api_key::ActiveModel {
            id: Set(new_id()),
            name: Set(new.name),
            prefix: Set(new.prefix),
            key_hash: Set(new.hash),
            scopes: Set(new.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")),
            created_at: Set(now.0),
            expires_at: Set(new.expires_at.map(|end| end.0)),
            last_used_at: Set(None),
            revoked_at: Set(None),
        };
        let key = record(row.insert(&transaction).await?)?;
        let entry = Entry::of_api_key(AuditAction::ApiKeyCreated, key.id, &key.name).after(snapshot(&key));
        audit::add(&transaction, by, entry, now).await?;
        transaction.commit().await?;
        Ok(key)
    }

    /// Returns the key with this hash, revoked or not.
    pub async fn api_key(&self, key_hash: &[u8]) -> Result<Option<ApiKeyRecord>, StoreError> {
        let find = api_key::Entity::find().filter(api_key::Column::KeyHash.eq(key_hash));
        find.one(&self.read).await?.map(record).transpose()
    }

    /// Returns the key with this id, revoked or not.
    pub async fn api_key_by_id(&self, id: ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
        let found = api_key::Entity::find_by_id(id.0).one(&self.read).await?;
        found.map(record).transpose()
    }

    /// A page of the keys whose name or prefix contains `q`, newest first.
    pub async fn find_api_keys(&self, q: Option<&str>, after: Option<Cursor>, limit: u64) -> Result<Page<ApiKeyRecord>, StoreError> {
        let mut found = api_key::Entity::find();
        if let Some(q) = q.map(str::trim).filter(|q| !q.is_empty()) {
            // Only the prefix of a key is stored, so a search for the whole key has to compare its first characters.
            let prefix = api_key::Column::Prefix.eq(storable(q).chars().take(PREFIX_SHOWN).collect::<String>());
            found = found.filter(contains([api_key::Column::Name, api_key::Column::Prefix], q).add(prefix));
        }
        let columns = (api_key::Column::CreatedAt, api_key::Column::Id);
        let page = newest_first(&self.read, found, columns, after, limit, |row| Cursor {
            at: Timestamp(row.created_at),
            id: row.id,
        });
        let page = page.await?;
        let items = page.items.into_iter().map(record).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    /// All keys, oldest first.
    pub async fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StoreError> {
        let rows = api_key::Entity::find().order_by_asc(api_key::Column::Id).all(&self.read).await?;
        rows.into_iter().map(record).collect()
    }

    /// Revokes a key. Returns `None` if there is no such key or it is already revoked.
    pub async fn revoke_api_key(&self, by: &Actor, id: ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
        let (transaction, now) = (self.begin().await?, Timestamp::now());
        let live = api_key::Entity::find_by_id(id.0).filter(api_key::Column::RevokedAt.is_null());
        let Some(row) = live.lock_exclusive().one(&transaction).await? else {
            return Ok(None);
        };
        let before = record(row)?;
        api_key::Entity::update_many()
            .col_expr(api_key::Column::RevokedAt, Expr::value(now.0))
            .filter(api_key::Column::Id.eq(id.0))
            .exec(&transaction)
            .await?;
        let after = ApiKeyRecord {
            revoked_at: Some(now),
            ..before.clone()
        };
        let entry = Entry::of_api_key(AuditAction::ApiKeyRevoked, id, &after.name)
            .before(snapshot(&before))
            .after(snapshot(&after));
        audit::add(&transaction, by, entry, now).await?;
        change_notifications::tell(&transaction, change_notifications::KEYS).await?;
        transaction.commit().await?;
        self.revocations.fetch_add(1, Ordering::AcqRel);
        Ok(Some(after))
    }

    /// Stores the time of the last use.
    pub async fn touch_api_key(&self, id: ApiKeyId, now: Timestamp) -> Result<(), StoreError> {
        let touch = api_key::Entity::update_many()
            .col_expr(api_key::Column::LastUsedAt, Expr::value(now.0))
            .filter(api_key::Column::Id.eq(id.0));
        touch.exec(&self.write).await?;
        Ok(())
    }
}

fn record(row: api_key::Model) -> Result<ApiKeyRecord, StoreError> {
    Ok(ApiKeyRecord {
        id: ApiKeyId(row.id),
        name: row.name,
        prefix: row.prefix,
        scopes: row.scopes.split_whitespace().map(str::parse).collect::<Result<_, _>>()?,
        created_at: Timestamp(row.created_at),
        last_used_at: row.last_used_at.map(Timestamp),
        revoked_at: row.revoked_at.map(Timestamp),
        expires_at: row.expires_at.map(Timestamp),
    })
}

/// The fields of a key that are written to the audit log.
fn snapshot(key: &ApiKeyRecord) -> Value {
    json!({
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    })
}
