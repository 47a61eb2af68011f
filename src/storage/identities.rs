//! Users who sign in through an OpenID provider. They are identified by issuer and subject, which never change, unlike an e-mail address.

use std::net::IpAddr;

use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use crate::{
    domain::{audit::AuditAction, role::Role, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        batch_insert::statement,
        entity::user,
        users::{self, UserRecord, new_user, normal_email, record, snapshot},
    },
};

/// A user as described by the provider.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The issuer URL of the provider.
    pub issuer: String,
    /// The user's `sub` claim.
    pub subject: String,
    /// The e-mail address, which the provider has verified.
    pub email: String,
    /// The role that the claims map to.
    pub role: Role,
}

/// The result of looking up an identity.
#[derive(Clone, Debug)]
pub enum Identified {
    /// The existing or newly created user, with the current role. The user may be disabled.
    User(UserRecord),
    /// The user with this e-mail address is already linked to another subject of the provider.
    Taken,
}

impl Store {
    /// Finds the user of an identity: the user who signed in with it before, or else the user with the same e-mail address, or else a new
    /// user without a password. The role is updated, except that the last administrator stays administrator.
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
                "user {} remains administrator although the OpenID provider assigns the role {}: there is no other administrator",
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

    /// Marks a sign-in through the OpenID provider as completed, by the hash of its `state`. Returns false if it was completed before.
    pub async fn use_oidc_state(&self, hash: Vec<u8>, expires: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        // The state of an expired sign-in is rejected anyway, so it does not have to be stored.
        self.execute("DELETE FROM used_oidc_states WHERE expires_at < ?", [now.0.into()])
            .await?;
        let sql = "INSERT INTO used_oidc_states (state_hash, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING";
        Ok(self.execute(sql, [hash.into(), expires.0.into()]).await? == 1)
    }
}
