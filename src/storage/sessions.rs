//! Storage of sessions. Only hashes of their tokens are stored.

use std::time::Duration;

use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Set, sea_query::Expr};
use serde_json::json;

use crate::{
    domain::{
        audit::AuditAction,
        id::{SessionId, UserId},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        entity::{session, user},
        new_id,
        user_record::{UserRecord, record},
    },
};

/// A session ends after this time without use.
pub const IDLE: Duration = Duration::from_hours(12);
/// Maximum number of sessions per user. If there are more, the least recently used one ends.
const MOST: usize = 50;

/// A stored session and its user.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    /// Its id.
    pub id: SessionId,
    /// Its user.
    pub user: UserRecord,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends even if it is used.
    pub expires_at: Timestamp,
}

/// A session in the list of a user's own sessions.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// The IP address of the last use.
    pub address: Option<String>,
    /// The `User-Agent` header.
    pub browser: Option<String>,
}

/// A session to insert.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its user.
    pub user: UserId,
    /// The hash of its token.
    pub token_hash: Vec<u8>,
    /// When it starts.
    pub now: Timestamp,
    /// When it ends even if it is used.
    pub expires_at: Timestamp,
    /// The IP address.
    pub address: String,
    /// The `User-Agent` header.
    pub browser: Option<String>,
}

impl Store {
    /// Starts a session, and ends the browser's previous session, whichever user it belonged to. `how` is the method of authentication, for
    /// the audit log.
    pub async fn begin_session(&self, by: &Actor, new: &NewSession, before: Option<&[u8]>, how: &str) -> Result<SessionId, StoreError> {
        let transaction = self.begin().await?;
        if let Some(before) = before {
            let ending = session::Entity::delete_many().filter(session::Column::TokenHash.eq(before));
            ending.exec(&transaction).await?;
        }
        let id = insert(&transaction, new).await?;
        note_sign_in(&transaction, new).await?;
        let entry = Entry::of_user(AuditAction::SignedIn, new.user, &by.name).after(json!({ "by": how }));
        audit::add(&transaction, by, entry, new.now).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// The session with this token.
    pub async fn session(&self, token_hash: &[u8]) -> Result<Option<SessionRecord>, StoreError> {
        let Some(session) = session::Entity::find()
            .filter(session::Column::TokenHash.eq(token_hash))
            .one(&self.read)
            .await?
        else {
            return Ok(None);
        };
        let Some(user) = user::Entity::find_by_id(session.user_id).one(&self.read).await? else {
            return Ok(None);
        };
        Ok(Some(SessionRecord {
            id: SessionId(session.id),
            user: record(user)?,
            last_seen_at: Timestamp(session.last_seen_at),
            expires_at: Timestamp(session.expires_at),
        }))
    }

    /// A user's sessions that were used after `idle` and end after `now`, most recently used first.
    pub async fn sessions(&self, user: UserId, now: Timestamp, idle: Timestamp) -> Result<Vec<SessionRow>, StoreError> {
        let rows = session::Entity::find()
            .filter(session::Column::UserId.eq(user.0))
            .filter(session::Column::ExpiresAt.gt(now.0))
            .filter(session::Column::LastSeenAt.gt(idle.0))
            .order_by_desc(session::Column::LastSeenAt)
            .all(&self.read)
            .await?;
        let row = |row: session::Model| SessionRow {
            id: SessionId(row.id),
            created_at: Timestamp(row.created_at),
            last_seen_at: Timestamp(row.last_seen_at),
            address: row.address,
            browser: row.browser,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Stores the time and the IP address of the last use.
    pub async fn touch_session(&self, id: SessionId, now: Timestamp, address: &str) -> Result<(), StoreError> {
        session::Entity::update_many()
            .col_expr(session::Column::LastSeenAt, Expr::value(now.0))
            .col_expr(session::Column::Address, Expr::value(address))
            .filter(session::Column::Id.eq(id.0))
            .exec(&self.write)
            .await?;
        Ok(())
    }

    /// Ends a session.
    pub async fn end_session(&self, id: SessionId) -> Result<(), StoreError> {
        session::Entity::delete_by_id(id.0).exec(&self.write).await?;
        Ok(())
    }

    /// Ends a session if it belongs to this user.
    pub async fn end_own_session(&self, user: UserId, id: SessionId) -> Result<(), StoreError> {
        session::Entity::delete_by_id(id.0)
            .filter(session::Column::UserId.eq(user.0))
            .exec(&self.write)
            .await?;
        Ok(())
    }

    /// Ends all sessions of a user.
    pub async fn end_sessions(&self, by: &Actor, user: UserId, now: Timestamp) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        replace_all(&transaction, user, None).await?;
        let entry = Entry::of_user(AuditAction::SignedOutEverywhere, user, &by.name);
        audit::add(&transaction, by, entry, now).await?;
        Ok(transaction.commit().await?)
    }

    /// Deletes a batch of expired sessions. Returns whether there may be more.
    pub(super) async fn delete_expired_sessions(&self, now: Timestamp, idle: Timestamp, batch: i64) -> Result<bool, StoreError> {
        let sql = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= ? OR last_seen_at <= ? LIMIT ?)";
        let deleted = self.execute(sql, [now.0.into(), idle.0.into(), batch.into()]).await?;
        Ok(deleted >= batch.unsigned_abs())
    }
}

/// Inserts a session. If the user has too many, the least recently used ones are deleted.
pub(super) async fn insert(on: &impl ConnectionTrait, new: &NewSession) -> Result<SessionId, StoreError> {
    let kept: Vec<_> = session::Entity::find()
        .filter(session::Column::UserId.eq(new.user.0))
        .order_by_desc(session::Column::LastSeenAt)
        .all(on)
        .await?;
    for old in kept.iter().skip(MOST - 1) {
        session::Entity::delete_by_id(old.id).exec(on).await?;
    }
    let row = session::ActiveModel {
        id: Set(new_id()),
        user_id: Set(new.user.0),
        token_hash: Set(new.token_hash.clone()),
        created_at: Set(new.now.0),
        last_seen_at: Set(new.now.0),
        expires_at: Set(new.expires_at.0),
        address: Set(Some(new.address.clone())),
        browser: Set(new.browser.clone()),
    };
    Ok(SessionId(row.insert(on).await?.id))
}

/// Stores the time of the last sign-in.
pub(super) async fn note_sign_in(on: &impl ConnectionTrait, new: &NewSession) -> Result<(), StoreError> {
    let when = user::Entity::update_many().col_expr(user::Column::LastSignInAt, Expr::value(new.now.0));
    when.filter(user::Column::Id.eq(new.user.0)).exec(on).await?;
    Ok(())
}

/// Ends all sessions of a user, and inserts the new one, if any.
pub(super) async fn replace_all(on: &impl ConnectionTrait, user: UserId, new: Option<&NewSession>) -> Result<(), StoreError> {
    let all = session::Entity::delete_many().filter(session::Column::UserId.eq(user.0));
    all.exec(on).await?;
    if let Some(new) = new {
        insert(on, new).await?;
    }
    Ok(())
}
