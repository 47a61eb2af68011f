//! Use cases of users.

use crate::{
    auth::{
        email,
        password::{self, UnfitPassword},
        principal::Principal,
        rules::Action,
    },
    domain::{
        id::UserId,
        page::{Cursor, Page},
        role::Role,
        timestamp::Timestamp,
    },
    messages::validation::ValidationError,
    services::error::{FieldError, UseCaseError},
    storage::{
        Store,
        users::{ChangedUser, UserChange, UserRecord},
    },
};

/// A user, and the password that was generated for them.
#[derive(Clone, Debug)]
pub struct WithPassword {
    /// The user.
    pub user: UserRecord,
    /// The generated password in plain text, which cannot be read later. `None` if the caller gave one.
    pub generated: Option<String>,
}

/// Creates a user. If no password is given, one is generated. `role` is `None` if the form had none, which is an error of the field.
pub async fn create(
    store: &Store,
    by: &Principal,
    email: &str,
    role: Option<Role>,
    password: Option<&str>,
) -> Result<WithPassword, UseCaseError> {
    by.may(Action::ManageUsers, false)?;
    let mut errors = Vec::new();
    if email::check(email.trim()).is_err() {
        let email = email.chars().take(80).collect();
        errors.push(FieldError::new("/email", ValidationError::NoAddress { email }));
    }
    if role.is_none() {
        errors.push(FieldError::new("/role", ValidationError::NoSuchRole));
    }
    errors.extend(password.and_then(|password| unfit(password, email.trim()).err()));
    let Some(role) = role.filter(|_| errors.is_empty()) else {
        return Err(UseCaseError::Invalid(errors));
    };
    let (password, generated) = given_or_generated(password);
    let added = store.add_user(&by.actor(), email, password::hash(&password).await?, role).await?;
    let taken = || {
        UseCaseError::Invalid(vec![FieldError::new(
            "/email",
            ValidationError::AddressTaken {
                email: email.trim().to_owned(),
            },
        )])
    };
    let user = added.ok_or_else(taken)?;
    tracing::info!(user = %user.id, "user {} created", user.id);
    Ok(WithPassword { user, generated })
}

/// Changes a user. Users cannot change themselves here, so that they cannot lock themselves out.
pub async fn change(store: &Store, by: &Principal, id: UserId, change: UserChange) -> Result<UserRecord, UseCaseError> {
    change_since(store, by, id, change, None).await
}

/// As [`change`], if the user was not changed after `seen`, the `updated_at` of the version that the caller has read. Otherwise the error is
/// [`UseCaseError::Stale`].
pub async fn change_since(
    store: &Store,
    by: &Principal,
    id: UserId,
    change: UserChange,
    seen: Option<Timestamp>,
) -> Result<UserRecord, UseCaseError> {
    by.may(Action::ManageUsers, false)?;
    if matches!(by, Principal::User(who) if who.user == id) && !matches!(change, UserChange::Enable) {
        return Err(UseCaseError::Conflict(ValidationError::Yourself));
    }
    match store.change_user_since(&by.actor(), id, change, seen).await? {
        ChangedUser::Done(user) => {
            tracing::info!(user = %id, "user {id} changed");
            Ok(user)
        }
        ChangedUser::Stale => Err(UseCaseError::Stale),
        ChangedUser::Unknown => Err(UseCaseError::NotFound),
        ChangedUser::LastAdministrator => Err(UseCaseError::Conflict(ValidationError::LastAdministrator)),
    }
}

/// Sets a new password and ends the user's sessions. If no password is given, one is generated.
pub async fn reset_password(store: &Store, by: &Principal, id: UserId, password: Option<&str>) -> Result<WithPassword, UseCaseError> {
    by.may(Action::ManageUsers, false)?;
    let user = get(store, by, id).await?;
    if let Some(password) = password {
        unfit(password, &user.email).map_err(|error| UseCaseError::Invalid(vec![error]))?;
    }
    let (password, generated) = given_or_generated(password);
    let user = change(store, by, id, UserChange::Password(password::hash(&password).await?)).await?;
    Ok(WithPassword { user, generated })
}

/// Turns off the second factor of a user who lost it, and ends their sessions. Users turn off their own on the account page, with their
/// password.
pub async fn reset_second_factor(store: &Store, by: &Principal, id: UserId) -> Result<(), UseCaseError> {
    let user = get(store, by, id).await?;
    if matches!(by, Principal::User(who) if who.user == id) {
        return Err(UseCaseError::Conflict(ValidationError::Yourself));
    }
    if !store.remove_second_factor(&by.actor(), &user, None).await? {
        return Err(UseCaseError::Conflict(ValidationError::NoFactor));
    }
    tracing::info!(user = %id, "second factor of user {id} turned off");
    Ok(())
}

/// A page of the users, newest first. `q` is a part of an email address.
pub async fn list(
    store: &Store,
    by: &Principal,
    q: Option<&str>,
    after: Option<Cursor>,
    limit: u64,
) -> Result<Page<UserRecord>, UseCaseError> {
    by.may(Action::ManageUsers, false)?;
    Ok(store.find_users(q, after, limit).await?)
}

/// A user.
pub async fn get(store: &Store, by: &Principal, id: UserId) -> Result<UserRecord, UseCaseError> {
    by.may(Action::ManageUsers, false)?;
    store.user(id).await?.ok_or(UseCaseError::NotFound)
}

fn unfit(password: &str, email: &str) -> Result<(), FieldError> {
    password::check(password, &[email]).map_err(|unfit| {
        let wrong = match unfit {
            UnfitPassword::TooShort => ValidationError::PasswordShort { min: password::MIN as u64 },
            UnfitPassword::TooLong => ValidationError::PasswordLong { max: password::MAX as u64 },
            UnfitPassword::TooCommon => ValidationError::PasswordCommon,
        };
        FieldError::new("/password", wrong)
    })
}

fn given_or_generated(password: Option<&str>) -> (String, Option<String>) {
    if let Some(password) = password {
        return (password.to_owned(), None);
    }
    let generated = password::generate();
    (generated.clone(), Some(generated))
}
