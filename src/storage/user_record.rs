//! The record of a user, and its conversion from and to rows of `users`.

use sea_orm::Set;
use serde_json::{Value, json};

use crate::{
    domain::{id::UserId, role::Role, timestamp::Timestamp},
    storage::{StoreError, entity::user, new_id, search::storable},
};

/// A stored user.
#[derive(Clone, Debug)]
pub struct UserRecord {
    /// Its id.
    pub id: UserId,
    /// The email address, in lower case.
    pub email: String,
    /// The role.
    pub role: Role,
    /// When the user was disabled.
    pub disabled_at: Option<Timestamp>,
    /// When the user was created.
    pub created_at: Timestamp,
    /// When an administrator or the user last changed it. Each change has another time.
    pub updated_at: Timestamp,
    /// When the user last signed in.
    pub last_sign_in_at: Option<Timestamp>,
}

/// The form in which an email address is stored and compared.
pub fn normal_email(email: &str) -> String {
    storable(email.trim()).to_lowercase()
}

/// The row of a new user.
pub(super) fn new_user(email: &str, password_hash: String, role: Role, now: Timestamp) -> user::ActiveModel {
    user::ActiveModel {
        id: Set(new_id()),
        email: Set(normal_email(email)),
        password_hash: Set(password_hash),
        role: Set(role.to_string()),
        disabled_at: Set(None),
        created_at: Set(now.0),
        updated_at: Set(now.0),
        last_sign_in_at: Set(None),
    }
}

/// The record of a row.
pub(super) fn record(row: user::Model) -> Result<UserRecord, StoreError> {
    Ok(UserRecord {
        id: UserId(row.id),
        email: row.email,
        role: row.role.parse()?,
        disabled_at: row.disabled_at.map(Timestamp),
        created_at: Timestamp(row.created_at),
        updated_at: Timestamp(row.updated_at),
        last_sign_in_at: row.last_sign_in_at.map(Timestamp),
    })
}

/// The fields of a user that are written to the audit log.
pub(super) fn snapshot(user: &UserRecord) -> Value {
    json!({ "email": user.email, "role": user.role, "disabled": user.disabled_at.is_some() })
}
