//! Questions about sessions. A token is known only by its hash.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set, sea_query::Expr};

use crate::{
    domain::{
        id::{SessionId, UserId},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        entity::{session, user},
        new_id,
        users::{UserRecord, record},
    },
};

/// A signed-in browser.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub user: UserRecord,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

impl Store {
    /// Begins a session, and clears away those that have ended.
    pub async fn add_session(
        &self,
        user: UserId,
        token_hash: Vec<u8>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<SessionId, StoreError> {
        session::Entity::delete_many()
            .filter(session::Column::ExpiresAt.lte(now.0))
            .exec(&self.write)
            .await?;
        user::Entity::update_many()
            .col_expr(user::Column::LastSignInAt, Expr::value(now.0))
            .filter(user::Column::Id.eq(user.0))
            .exec(&self.write)
            .await?;
        let row = session::ActiveModel {
            id: Set(new_id()),
            user_id: Set(user.0),
            token_hash: Set(token_hash),
            created_at: Set(now.0),
            last_seen_at: Set(now.0),
            expires_at: Set(expires_at.0),
        };
        Ok(SessionId(row.insert(&self.write).await?.id))
    }

    /// The session of a token.
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

    /// Notes that a session was used.
    pub async fn touch_session(&self, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
        session::Entity::update_many()
            .col_expr(session::Column::LastSeenAt, Expr::value(now.0))
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
}
