//! Users who sign in through an OpenID provider. They are identified by issuer and subject, which never change, unlike an email address.

use std::net::IpAddr;

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set, TryInsertResult,
    sea_query::{Expr, OnConflict},
};

use crate::{
    domain::{audit::AuditAction, role::Role, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        entity::{identity, used_oidc_state, user},
        user_record::{UserRecord, new_user, normal_email, record, snapshot},
        users,
    },
};

/// A user as described by the provider.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The issuer URL of the provider.
    pub issuer: String,
    /// The user's `sub` claim.
    pub subject: String,
    /// The email address, which the provider has verified.
    pub email: String,
    /// The role that the claims map to.
    pub role: Role,
}

/// The result of looking up an identity.
#[derive(Clone, Debug)]
pub enum Identified {
    /// The existing or newly created user, with the current role. The user may be disabled.
    User(UserRecord),
    /// The user with this email address is already linked to another subject of the provider.
    Taken,
}

impl Store {
    /// Finds the user of an identity: the user who signed in with it before, or else the user with the same email address, or else a new
    /// user without a password. The role is updated, except that the last administrator stays administrator.
    pub async fn identify(&self, claims: &Identity, address: Option<IpAddr>, now: Timestamp) -> Result<Identified, StoreError> {
        let transaction = self.begin().await?;
        let known = identity::Entity::find_by_id((claims.issuer.clone(), claims.subject.clone()))
            .one(&transaction)
            .await?;
        let found = if let Some(known) = &known {
            user::Entity::find_by_id(known.user_id).one(&transaction).await?
        } else {
            let by_address = user::Entity::find().filter(user::Column::Email.eq(normal_email(&claims.email)));
            by_address.one(&transaction).await?
        };
        let (row, created) = match found {
            Some(row) => (row, false),
            None => (
                new_user(&claims.email, String::new(), claims.role, now)
                    .insert(&transaction)
                    .await?,
                true,
            ),
        };
        if known.is_none() {
            let link = identity::ActiveModel {
                issuer: Set(claims.issuer.clone()),
                subject: Set(claims.subject.clone()),
                user_id: Set(row.id),
            };
            // Another subject of the provider may be linked to the user already.
            let linked = identity::Entity::insert(link)
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .try_insert()
                .exec_without_returning(&transaction)
                .await?;
            if !was_inserted(&linked) {
                return Ok(Identified::Taken);
            }
        }
        let before = record(row)?;
        let by = Actor::person(before.id, &before.email, address);
        let is_last_administrator = !created
            && before.role == Role::Administrator
            && claims.role != Role::Administrator
            && users::is_last_administrator(&transaction, before.id).await?;
        if is_last_administrator {
            tracing::warn!(
                user = %before.id,
                "user {} remains administrator although the OpenID provider assigns the role {}: there is no other administrator",
                before.id,
                claims.role
            );
        }
        let user = UserRecord {
            role: if is_last_administrator { before.role } else { claims.role },
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
        used_oidc_state::Entity::delete_many()
            .filter(used_oidc_state::Column::ExpiresAt.lt(now.0))
            .exec(&self.write)
            .await?;
        let used = used_oidc_state::ActiveModel {
            state_hash: Set(hash),
            expires_at: Set(expires.0),
        };
        let stored = used_oidc_state::Entity::insert(used)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(&self.write)
            .await?;
        Ok(was_inserted(&stored))
    }
}

/// Whether the row was inserted, and there was none with the same key.
const fn was_inserted(result: &TryInsertResult<u64>) -> bool {
    matches!(result, TryInsertResult::Inserted(1..))
}
