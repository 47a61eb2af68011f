//! The one-time link for creating the first administrator. Only the hash of its token is stored.

use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};

use crate::{
    domain::{audit::AuditAction, role::Role, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        entity::{setup_link, user},
        sessions::{self, NewSession},
        user_record::{UserRecord, new_user, record, snapshot},
    },
};

/// The state of a set-up link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupLink {
    /// The link is valid.
    Valid,
    /// The link has expired.
    Stale,
    /// There is no such link, or another one was used since.
    Unknown,
    /// There is a user already.
    Used,
}

impl Store {
    /// Stores a link, and deletes expired ones.
    pub async fn add_setup_link(&self, token_hash: Vec<u8>, now: Timestamp, expires_at: Timestamp) -> Result<(), StoreError> {
        setup_link::Entity::delete_many()
            .filter(setup_link::Column::ExpiresAt.lte(now.0))
            .exec(&self.write)
            .await?;
        let link = setup_link::ActiveModel {
            token_hash: Set(token_hash),
            expires_at: Set(expires_at.0),
        };
        setup_link::Entity::insert(link).exec_without_returning(&self.write).await?;
        Ok(())
    }

    /// The state of a link.
    pub async fn setup_link(&self, token_hash: &[u8], now: Timestamp) -> Result<SetupLink, StoreError> {
        // In this order: a link is deleted in the transaction that creates the user, so whoever does not find it any more finds the user.
        let link = state(expiry(&self.read, token_hash).await?, now);
        Ok(if self.has_no_users().await? { link } else { SetupLink::Used })
    }

    /// Creates the first administrator with a session, and deletes all links. Returns the state of the link if that is not possible.
    pub async fn set_up(
        &self,
        token_hash: &[u8],
        now: Timestamp,
        email: &str,
        password_hash: String,
        session: impl FnOnce(&UserRecord) -> NewSession,
    ) -> Result<Result<UserRecord, SetupLink>, StoreError> {
        let transaction = self.begin().await?;
        let link = state(expiry(&transaction, token_hash).await?, now);
        // If two requests use a link at the same time, the second waits for the first here, and then finds its user.
        setup_link::Entity::delete_many().exec(&transaction).await?;
        if user::Entity::find().count(&transaction).await? > 0 {
            return Ok(Err(SetupLink::Used));
        }
        if link != SetupLink::Valid {
            return Ok(Err(link));
        }
        let user = record(
            new_user(email, password_hash, Role::Administrator, now)
                .insert(&transaction)
                .await?,
        )?;
        let session = session(&user);
        sessions::insert(&transaction, &session).await?;
        sessions::note_sign_in(&transaction, &session).await?;
        let by = Actor::person(user.id, &user.email, session.address.parse().ok());
        let entry = Entry::of_user(AuditAction::UserCreated, user.id, &user.email).after(snapshot(&user));
        audit::add(&transaction, &by, entry, now).await?;
        transaction.commit().await?;
        Ok(Ok(user))
    }
}

async fn expiry(on: &impl ConnectionTrait, token_hash: &[u8]) -> Result<Option<Timestamp>, StoreError> {
    let link = setup_link::Entity::find_by_id(token_hash.to_vec()).one(on).await?;
    Ok(link.map(|link| Timestamp(link.expires_at)))
}

fn state(expires_at: Option<Timestamp>, now: Timestamp) -> SetupLink {
    match expires_at {
        Some(end) if now < end => SetupLink::Valid,
        Some(_) => SetupLink::Stale,
        None => SetupLink::Unknown,
    }
}
