//! Users: who can sign in, and as what.

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
    },
    messages::wrong::Wrong,
    services::error::{FieldError, UseCaseError},
    storage::{
        Store,
        users::{ChangedUser, UserChange, UserRecord},
    },
};

/// A user, and the password that was made for them.
#[derive(Clone, Debug)]
pub struct WithPassword {
    /// Who.
    pub user: UserRecord,
    /// Their password in clear, for this once; `None` when it was given.
    pub generated: Option<String>,
}

/// Adds a user, if a role was chosen and all else is right too. Without a password one is generated.
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
        errors.push(FieldError::new("/email", Wrong::NoAddress { email }));
    }
    if role.is_none() {
        errors.push(FieldError::new("/role", Wrong::NoSuchRole));
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
            Wrong::AddressTaken {
                email: email.trim().to_owned(),
            },
        )])
    };
    let user = added.ok_or_else(taken)?;
    tracing::info!(user = %user.id, "user {} created", user.id);
    Ok(WithPassword { user, generated })
}

/// Changes a user. People do this to others, not to themselves: nobody locks themselves out.
pub async fn change(store: &Store, by: &Principal, id: UserId, change: UserChange) -> Result<UserRecord, UseCaseError> {
    by.may(Action::ManageUsers, false)?;
    if matches!(by, Principal::User(who) if who.user == id) && !matches!(change, UserChange::Enable) {
        return Err(UseCaseError::Conflict(Wrong::Yourself));
    }
    match store.change_user(&by.actor(), id, change).await? {
        ChangedUser::Done(user) => {
            tracing::info!(user = %id, "user {id} changed");
            Ok(user)
        }
        ChangedUser::Unknown => Err(UseCaseError::NotFound),
        ChangedUser::LastAdministrator => Err(UseCaseError::Conflict(Wrong::LastAdministrator)),
    }
}

/// Gives a user a new password, and ends their sessions. Without a password one is generated.
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

/// Takes somebody's second factor away, for who lost theirs, and ends their sessions. Nobody does it to themselves without their password.
pub async fn reset_second_factor(store: &Store, by: &Principal, id: UserId) -> Result<(), UseCaseError> {
    let user = get(store, by, id).await?;
    if matches!(by, Principal::User(who) if who.user == id) {
        return Err(UseCaseError::Conflict(Wrong::Yourself));
    }
    if !store.remove_second_factor(&by.actor(), &user, None).await? {
        return Err(UseCaseError::Conflict(Wrong::NoFactor));
    }
    tracing::info!(user = %id, "second factor of user {id} removed");
    Ok(())
}

/// A page of the users, newest first; `q` is part of an address.
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

/// One user.
pub async fn get(store: &Store, by: &Principal, id: UserId) -> Result<UserRecord, UseCaseError> {
    by.may(Action::ManageUsers, false)?;
    store.user(id).await?.ok_or(UseCaseError::NotFound)
}

fn unfit(password: &str, email: &str) -> Result<(), FieldError> {
    password::check(password, &[email]).map_err(|unfit| {
        let wrong = match unfit {
            UnfitPassword::TooShort => Wrong::PasswordShort { min: password::MIN as u64 },
            UnfitPassword::TooLong => Wrong::PasswordLong { max: password::MAX as u64 },
            UnfitPassword::TooCommon => Wrong::PasswordCommon,
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
