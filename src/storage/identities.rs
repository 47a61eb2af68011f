//! Users as an OpenID provider knows them: by issuer and subject, which never change, unlike an e-mail address.

use std::net::IpAddr;

use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use crate::{
    domain::{audit::AuditAction, role::Role, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        bulk::statement,
        entity::user,
        users::{self, UserRecord, new_user, normal_email, record, snapshot},
    },
};

/// Somebody as a provider describes them.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Its name for them.
    pub subject: String,
    /// Their address, which the provider has verified.
    pub email: String,
    /// What they may do.
    pub role: Role,
}

/// What became of somebody who comes from a provider.
#[derive(Clone, Debug)]
pub enum Identified {
    /// A user who was there or is new, with the role of now; they may be disabled.
    User(UserRecord),
    /// The address belongs to somebody else whom the provider knows.
    Taken,
}

impl Store {
    /// The user of an identity: the one who came with it before, else the one with the same address, else a new one without a password.
    /// Their role follows, except that the last administrator stays one.
    pub async fn identify(&self, identity: &Identity, address: Option<IpAddr>, now: Timestamp) -> Result<Identified, StoreError> {
        let transaction = self.begin().await?;
        let backend = self.backend();
        let sql = "SELECT user_id FROM identities WHERE issuer = ? AND subject = ?";
        let values = [identity.issuer.clone().into(), identity.subject.clone().into()];
        let known = transaction.query_one_raw(statement(backend, sql, values)).await?;
        let known: Option<Uuid> = known.map(|row| row.try_get("", "user_id")).transpose()?;
        let found = if let Some(id) = known {
            user::Entity::find_by_id(id).one(&transaction).await?
        } else {
            let by_address = user::Entity::find().filter(user::Column::Email.eq(normal_email(&identity.email)));
            by_address.one(&transaction).await?
        };
        let (row, created) = match found {
            Some(row) => (row, false),
            None => (
                new_user(&identity.email, String::new(), identity.role, now)
                    .insert(&transaction)
                    .await?,
                true,
            ),
        };
        if known.is_none() {
            let sql = "INSERT INTO identities (issuer, subject, user_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
            let values = [identity.issuer.clone().into(), identity.subject.clone().into(), row.id.into()];
            if transaction.execute_raw(statement(backend, sql, values)).await?.rows_affected() == 0 {
                return Ok(Identified::Taken);
            }
        }
        let before = record(row)?;
        let by = Actor::person(before.id, &before.email, address);
        let is_last_administrator = !created
            && before.role == Role::Administrator
            && identity.role != Role::Administrator
            && users::is_last_administrator(&transaction, before.id).await?;
        if is_last_administrator {
            tracing::warn!(
                user = %before.id,
                "user {} stays administrator although the OpenID provider gives them the role {}: there is no other administrator",
                before.id,
                identity.role
            );
        }
        let user = UserRecord {
            role: if is_last_administrator { before.role } else { identity.role },
            ..before.clone()
        };
        if created {
            let entry = Entry::of_user(AuditAction::UserCreated, user.id, &user.email).after(snapshot(&user));
            audit::add(&transaction, &by, entry, now).await?;
        } else if user.role != before.role {
            user::Entity::update_many()
                .col_expr(user::Column::Role, Expr::value(user.role.as_str()))
                .col_expr(user::Column::UpdatedAt, Expr::value(now.0))
                .filter(user::Column::Id.eq(user.id.0))
                .exec(&transaction)
                .await?;
            let entry = Entry::of_user(AuditAction::UserRoleChanged, user.id, &user.email);
            audit::add(&transaction, &by, entry.before(snapshot(&before)).after(snapshot(&user)), now).await?;
        }
        transaction.commit().await?;
        Ok(Identified::User(user))
    }

    /// Notes that a sign-in by the OpenID provider is finished, by the hash of its state. False if it was finished before.
    pub async fn use_oidc_state(&self, hash: Vec<u8>, expires: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        // Nobody can finish a sign-in that has expired, so its state need not be known.
        self.execute("DELETE FROM used_oidc_states WHERE expires_at < ?", [now.0.into()])
            .await?;
        let sql = "INSERT INTO used_oidc_states (state_hash, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING";
        Ok(self.execute(sql, [hash.into(), expires.0.into()]).await? == 1)
    }
}
