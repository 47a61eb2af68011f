//! Questions about users.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Set, sea_query::Expr};

use crate::{
    domain::{id::UserId, role::Role, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        entity::{session, user},
        new_id,
    },
};

/// Somebody who can sign in.
#[derive(Clone, Debug)]
pub struct UserRecord {
    /// Who.
    pub id: UserId,
    /// In lower case.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Since when they may not sign in any more.
    pub disabled_at: Option<Timestamp>,
    /// Since when they exist.
    pub created_at: Timestamp,
}

/// How an e-mail address is kept and compared.
pub fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

impl Store {
    /// Adds a user; `None` when the address is taken.
    pub async fn add_user(&self, email: &str, password_hash: String, role: Role) -> Result<Option<UserRecord>, StoreError> {
        let now = Timestamp::now();
        let row = user::ActiveModel {
            id: Set(new_id()),
            email: Set(normal_email(email)),
            password_hash: Set(password_hash),
            role: Set(role.to_string()),
            disabled_at: Set(None),
            created_at: Set(now.0),
            updated_at: Set(now.0),
        };
        match row.insert(&self.write).await.map_err(StoreError::from) {
            Ok(row) => Ok(Some(record(row)?)),
            Err(error) if error.is_duplicate() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The user with that address, and the hash of their password.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<(UserRecord, String)>, StoreError> {
        let found = user::Entity::find()
            .filter(user::Column::Email.eq(normal_email(email)))
            .one(&self.read)
            .await?;
        found
            .map(|row| {
                let hash = row.password_hash.clone();
                Ok((record(row)?, hash))
            })
            .transpose()
    }

    /// Lets a user sign in no more, and ends their sessions.
    pub async fn disable_user(&self, id: UserId) -> Result<(), StoreError> {
        self.change_user(id, user::Column::DisabledAt, Expr::value(Timestamp::now().0))
            .await
    }

    /// Replaces a user's password, and ends their sessions.
    pub async fn set_password(&self, id: UserId, password_hash: String) -> Result<(), StoreError> {
        self.change_user(id, user::Column::PasswordHash, Expr::value(password_hash)).await
    }

    async fn change_user(&self, id: UserId, column: user::Column, value: Expr) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        user::Entity::update_many()
            .col_expr(column, value)
            .col_expr(user::Column::UpdatedAt, Expr::value(Timestamp::now().0))
            .filter(user::Column::Id.eq(id.0))
            .exec(&transaction)
            .await?;
        session::Entity::delete_many()
            .filter(session::Column::UserId.eq(id.0))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// All users, oldest first.
    pub async fn users(&self) -> Result<Vec<UserRecord>, StoreError> {
        let rows = user::Entity::find().order_by_asc(user::Column::Id).all(&self.read).await?;
        rows.into_iter().map(record).collect()
    }

    /// Whether nobody can sign in yet.
    pub async fn has_no_users(&self) -> Result<bool, StoreError> {
        Ok(user::Entity::find().count(&self.read).await? == 0)
    }

    /// Which of these users exist.
    pub async fn known_users(&self, ids: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = user::Entity::find()
            .filter(user::Column::Id.is_in(ids.iter().map(|id| id.0)))
            .all(&self.read)
            .await?;
        Ok(rows.into_iter().map(|row| UserId(row.id)).collect())
    }
}

pub(super) fn record(row: user::Model) -> Result<UserRecord, StoreError> {
    Ok(UserRecord {
        id: UserId(row.id),
        email: row.email,
        role: row.role.parse()?,
        disabled_at: row.disabled_at.map(Timestamp),
        created_at: Timestamp(row.created_at),
    })
}
