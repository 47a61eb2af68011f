//! Storage of users.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    domain::{
        audit::{AuditAction, MASK},
        id::UserId,
        page::{Cursor, Page},
        role::Role,
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        entity::user,
        keyset::newest_first,
        search::contains,
        sessions::{self, NewSession},
        sign_in_limits::{self, LimitKey},
        user_record::{new_user, record, snapshot},
    },
};

pub use crate::storage::user_record::{UserRecord, normal_email};

/// A change of a user by an administrator.
#[derive(Clone, Debug)]
pub enum UserChange {
    /// Disable the user and end their sessions.
    Disable,
    /// Enable the user.
    Enable,
    /// Set another role.
    Role(Role),
    /// Set another password, given as a hash, and end the user's sessions.
    Password(String),
}

/// The result of a change.
#[derive(Clone, Debug)]
pub enum ChangedUser {
    /// The user after the change.
    Done(UserRecord),
    /// The user does not exist.
    Unknown,
    /// The user was changed after the version that the caller has read.
    Stale,
    /// The change was rejected, because it would leave no administrator who can sign in.
    LastAdministrator,
}

impl Store {
    /// Inserts a user. Returns `None` if the email address is taken.
    pub async fn add_user(&self, by: &Actor, email: &str, password_hash: String, role: Role) -> Result<Option<UserRecord>, StoreError> {
        let (transaction, now) = (self.begin().await?, Timestamp::now());
        let row = new_user(email, password_hash, role, now);
        let user = match row.insert(&transaction).await.map_err(StoreError::from) {
            Ok(row) => record(row)?,
            Err(error) if error.is_duplicate() => return Ok(None),
            Err(error) => return Err(error),
        };
        let entry = Entry::of_user(AuditAction::UserCreated, user.id, &user.email).after(snapshot(&user));
        audit::add(&transaction, by, entry, now).await?;
        transaction.commit().await?;
        Ok(Some(user))
    }

    /// A user and the hash of their password, which is empty if they have no password.
    pub async fn user_with_hash(&self, id: UserId) -> Result<Option<(UserRecord, String)>, StoreError> {
        let found = user::Entity::find_by_id(id.0).one(&self.read).await?;
        found.map(with_hash).transpose()
    }

    /// The user with this email address, and the hash of their password, which is empty if they have no password.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<(UserRecord, String)>, StoreError> {
        let found = user::Entity::find()
            .filter(user::Column::Email.eq(normal_email(email)))
            .one(&self.read)
            .await?;
        found.map(with_hash).transpose()
    }

    /// Changes a user. If nothing has to be changed, nothing is written, not even an audit entry.
    pub async fn change_user(&self, by: &Actor, id: UserId, change: UserChange) -> Result<ChangedUser, StoreError> {
        self.change_user_since(by, id, change, None).await
    }

    /// As [`Self::change_user`], if the user was not changed after `seen`, the `updated_at` of the version that the caller has read.
    pub async fn change_user_since(
        &self,
        by: &Actor,
        id: UserId,
        change: UserChange,
        seen: Option<Timestamp>,
    ) -> Result<ChangedUser, StoreError> {
        let (transaction, now) = (self.begin().await?, Timestamp::now());
        let is_last = is_last_administrator(&transaction, id).await?;
        let Some(row) = user::Entity::find_by_id(id.0).lock_exclusive().one(&transaction).await? else {
            return Ok(ChangedUser::Unknown);
        };
        let before = record(row)?;
        if seen.is_some_and(|seen| seen != before.updated_at) {
            return Ok(ChangedUser::Stale);
        }
        let version = Ord::max(now, Timestamp(before.updated_at.0.saturating_add(1))).0;
        let takes_away = match change {
            UserChange::Disable => true,
            UserChange::Role(role) => role != Role::Administrator,
            UserChange::Enable | UserChange::Password(_) => false,
        };
        if takes_away && is_last {
            return Ok(ChangedUser::LastAdministrator);
        }
        let (action, column, value, ends_sessions) = match change {
            UserChange::Disable if before.disabled_at.is_some() => return Ok(ChangedUser::Done(before)),
            UserChange::Enable if before.disabled_at.is_none() => return Ok(ChangedUser::Done(before)),
            UserChange::Role(role) if role == before.role => return Ok(ChangedUser::Done(before)),
            UserChange::Disable => (AuditAction::UserDisabled, user::Column::DisabledAt, Expr::value(now.0), true),
            UserChange::Enable => (AuditAction::UserEnabled, user::Column::DisabledAt, Expr::value(None::<i64>), false),
            UserChange::Role(role) => (AuditAction::UserRoleChanged, user::Column::Role, Expr::value(role.as_str()), false),
            UserChange::Password(hash) => (AuditAction::UserPasswordReset, user::Column::PasswordHash, Expr::value(hash), true),
        };
        user::Entity::update_many()
            .col_expr(column, value)
            .col_expr(user::Column::UpdatedAt, Expr::value(version))
            .filter(user::Column::Id.eq(id.0))
            .exec(&transaction)
            .await?;
        if ends_sessions {
            sessions::replace_all(&transaction, id, None).await?;
        }
        if action == AuditAction::UserPasswordReset {
            // If attempts of a stranger have blocked the account, the user can sign in with the new password at once.
            sign_in_limits::reset(&transaction, &LimitKey::account(&before.email)).await?;
        }
        let after = user::Entity::find_by_id(id.0).one(&transaction).await?;
        let after = after
            .map(record)
            .transpose()?
            .ok_or_else(|| StoreError::Corrupt(format!("user {id} does not exist in the transaction that changed it")))?;
        let (mut from, mut to) = (snapshot(&before), snapshot(&after));
        if action == AuditAction::UserPasswordReset {
            from["password"] = MASK.into();
            to["password"] = format!("{MASK} (changed)").into();
        }
        let entry = Entry::of_user(action, id, &after.email).before(from).after(to);
        audit::add(&transaction, by, entry, now).await?;
        transaction.commit().await?;
        Ok(ChangedUser::Done(after))
    }

    /// Loads a user.
    pub async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreError> {
        user::Entity::find_by_id(id.0).one(&self.read).await?.map(record).transpose()
    }

    /// A page of the users whose email address contains `q`, newest first.
    pub async fn find_users(&self, q: Option<&str>, after: Option<Cursor>, limit: u64) -> Result<Page<UserRecord>, StoreError> {
        let mut found = user::Entity::find();
        if let Some(q) = q.map(str::trim).filter(|q| !q.is_empty()) {
            found = found.filter(contains([user::Column::Email], q));
        }
        let columns = (user::Column::CreatedAt, user::Column::Id);
        let page = newest_first(&self.read, found, columns, after, limit, |row| Cursor {
            at: Timestamp(row.created_at),
            id: row.id,
        });
        let page = page.await?;
        let items = page.items.into_iter().map(record).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    /// The users who can own webhooks, and those in `present`, sorted by email address.
    pub async fn possible_owners(&self, present: &[UserId]) -> Result<Vec<UserRecord>, StoreError> {
        let can = user::Column::Role
            .eq(Role::ApiOwner.as_str())
            .and(user::Column::DisabledAt.is_null());
        let are = user::Column::Id.is_in(present.iter().map(|id| id.0));
        let rows = user::Entity::find().filter(can.or(are)).order_by_asc(user::Column::Email);
        rows.all(&self.read).await?.into_iter().map(record).collect()
    }

    /// Changes a user's own password, and ends all their sessions except the new one.
    pub async fn change_password(&self, by: &Actor, id: UserId, hash: String, session: &NewSession) -> Result<(), StoreError> {
        let (transaction, now) = (self.begin().await?, session.now);
        user::Entity::update_many()
            .col_expr(user::Column::PasswordHash, Expr::value(hash))
            .col_expr(user::Column::UpdatedAt, Expr::value(now.0))
            .filter(user::Column::Id.eq(id.0))
            .exec(&transaction)
            .await?;
        sessions::replace_all(&transaction, id, Some(session)).await?;
        let entry = Entry::of_user(AuditAction::PasswordChanged, id, &by.name);
        audit::add(&transaction, by, entry, now).await?;
        Ok(transaction.commit().await?)
    }

    /// All users, oldest first.
    pub async fn users(&self) -> Result<Vec<UserRecord>, StoreError> {
        let rows = user::Entity::find().order_by_asc(user::Column::Id).all(&self.read).await?;
        rows.into_iter().map(record).collect()
    }

    /// Whether there are no users yet.
    pub async fn has_no_users(&self) -> Result<bool, StoreError> {
        Ok(user::Entity::find().count(&self.read).await? == 0)
    }

    /// Those of these ids that belong to existing users.
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

/// Whether this is the only administrator who can sign in. Locks all administrators, so that of two transactions that each remove one, the
/// second sees the change of the first.
pub(super) async fn is_last_administrator(transaction: &impl ConnectionTrait, id: UserId) -> Result<bool, StoreError> {
    let administrators = user::Entity::find()
        .filter(user::Column::Role.eq(Role::Administrator.as_str()))
        .filter(user::Column::DisabledAt.is_null())
        .order_by_asc(user::Column::Id)
        .lock_exclusive()
        .all(transaction)
        .await?;
    Ok(!administrators.is_empty() && administrators.iter().all(|administrator| administrator.id == id.0))
}

fn with_hash(row: user::Model) -> Result<(UserRecord, String), StoreError> {
    let hash = row.password_hash.clone();
    Ok((record(row)?, hash))
}
