//! The one-time link for creating the first administrator. Only the hash of its token is stored.

use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, PaginatorTrait};

use crate::{
    domain::{audit::AuditAction, role::Role, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        batch_insert::statement,
        entity::user,
        sessions::{self, NewSession},
        users::{UserRecord, new_user, record, snapshot},
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
        self.execute("DELETE FROM setup_links WHERE expires_at <= ?", [now.0.into()])
            .await?;
        let sql = "INSERT INTO setup_links (token_hash, expires_at) VALUES (?, ?)";
        self.execute(sql, [token_hash.into(), expires_at.0.into()]).await?;
        Ok(())
    }

    /// The state of a link.
    pub async fn setup_link(&self, token_hash: &[u8], now: Timestamp) -> Result<SetupLink, StoreError> {
        if !self.has_no_users().await? {
            return Ok(SetupLink::Used);
        }
        expiry(&self.read, token_hash).await.map(|end| state(end, now))
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
        if user::Entity::find().count(&transaction).await? > 0 {
            return Ok(Err(SetupLink::Used));
        }
        let link = state(expiry(&transaction, token_hash).await?, now);
        if link != SetupLink::Valid {
            return Ok(Err(link));
        }
        let all = statement(transaction.get_database_backend(), "DELETE FROM setup_links", []);
        // If two requests use the link at the same time, the second waits for the first here, and then finds no link to delete.
        if transaction.execute_raw(all).await?.rows_affected() == 0 {
            return Ok(Err(SetupLink::Used));
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
    let sql = "SELECT expires_at FROM setup_links WHERE token_hash = ?";
    let row = on
        .query_one_raw(statement(on.get_database_backend(), sql, [token_hash.to_vec().into()]))
        .await?;
    Ok(row.map(|row| row.try_get("", "expires_at")).transpose()?.map(Timestamp))
}

fn state(expires_at: Option<Timestamp>, now: Timestamp) -> SetupLink {
    match expires_at {
        Some(end) if now < end => SetupLink::Valid,
        Some(_) => SetupLink::Stale,
        None => SetupLink::Unknown,
    }
}
