//! `clearhook user`.

use std::io::Read;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    auth::{email, password},
    cli::{CliError, open::DatabaseArguments, print_list, text},
    domain::role::Role,
    storage::{
        Store,
        audit::Actor,
        users::{ChangedUser, UserChange, UserRecord},
    },
};

#[derive(Args)]
pub(super) struct UserArguments {
    #[command(subcommand)]
    command: UserCommand,
    #[command(flatten)]
    database: DatabaseArguments,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add somebody who can sign in; prints a generated password when none is given
    Create {
        /// Their e-mail address
        #[arg(long)]
        email: String,
        /// administrator or api-owner
        #[arg(long)]
        role: Role,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// List everybody who can sign in
    List {
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Let somebody sign in no more, and end their sessions
    Disable {
        /// Their e-mail address
        #[arg(long)]
        email: String,
    },
    /// Take somebody's second factor away, whose device and recovery codes are lost, and end their sessions
    ResetSecondFactor {
        /// Their e-mail address
        #[arg(long)]
        email: String,
    },
    /// Give somebody a new password, and end their sessions
    ResetPassword {
        /// Their e-mail address
        #[arg(long)]
        email: String,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
}

pub(super) async fn run(arguments: UserArguments) -> Result<(), CliError> {
    let (store, _) = arguments.database.open().await?;
    match arguments.command {
        UserCommand::Create {
            email,
            role,
            password_stdin,
        } => create(&store, &email, role, password_stdin).await?,
        UserCommand::List { json } => list(&store, json).await?,
        UserCommand::Disable { email } => {
            let user = find(&store, &email).await?;
            change(&store, &user, UserChange::Disable).await?;
            println!("{} can sign in no more.", user.email);
        }
        UserCommand::ResetSecondFactor { email } => {
            let user = find(&store, &email).await?;
            if !store.remove_second_factor(&Actor::command_line(), &user, None).await? {
                return Err(CliError::Other(format!("{} has no second factor; nothing was changed", user.email)));
            }
            println!("{} signs in without a second factor, until they set one up.", user.email);
        }
        UserCommand::ResetPassword { email, password_stdin } => {
            let user = find(&store, &email).await?;
            let (password, generated) = password(password_stdin, &user.email)?;
            change(&store, &user, UserChange::Password(password::hash(&password).await?)).await?;
            println!(
                "{}",
                if generated {
                    password
                } else {
                    format!("{} has a new password.", user.email)
                }
            );
        }
    }
    Ok(store.close().await?)
}

async fn create(store: &Store, email: &str, role: Role, from_stdin: bool) -> Result<(), CliError> {
    email::check(email)?;
    let (password, generated) = password(from_stdin, email)?;
    match store
        .add_user(&Actor::command_line(), email, password::hash(&password).await?, role)
        .await?
    {
        Some(_) if generated => println!("{password}"),
        Some(user) => println!("{} can sign in as {}.", user.email, user.role),
        None => {
            return Err(CliError::Other(format!(
                "there is a user {email} already; use `clearhook user reset-password` for a new password"
            )));
        }
    }
    Ok(())
}

async fn list(store: &Store, as_json: bool) -> Result<(), CliError> {
    let users = store.users().await?;
    let users: Vec<_> = users
        .iter()
        .map(|user| json!({ "id": user.id, "email": user.email, "role": user.role, "disabled": user.disabled_at.is_some(), "created_at": user.created_at }))
        .collect();
    print_list(as_json, &users, |user| {
        let disabled = if text(user, "disabled") == "true" { "  disabled" } else { "" };
        format!("{}  {:<14}{}{disabled}", text(user, "id"), text(user, "role"), text(user, "email"))
    })
}

async fn change(store: &Store, user: &UserRecord, change: UserChange) -> Result<(), CliError> {
    match store.change_user(&Actor::command_line(), user.id, change).await? {
        ChangedUser::Done(_) => Ok(()),
        ChangedUser::Unknown => Err(CliError::Other(format!("there is no user {} any more", user.email))),
        ChangedUser::LastAdministrator => Err(CliError::Other(format!(
            "{} is the last administrator; make another one first: clearhook user create --role administrator --email E",
            user.email
        ))),
    }
}

async fn find(store: &Store, email: &str) -> Result<UserRecord, CliError> {
    let found = store.user_by_email(email).await?;
    found
        .map(|(user, _)| user)
        .ok_or_else(|| CliError::Other(format!("there is no user {email}; `clearhook user list` shows who there is")))
}

/// The password, and whether it was generated.
fn password(from_stdin: bool, email: &str) -> Result<(String, bool), CliError> {
    if !from_stdin {
        return Ok((password::generate(), true));
    }
    let mut given = String::new();
    let mut limited = std::io::stdin().take(4 * password::MAX as u64);
    limited
        .read_to_string(&mut given)
        .map_err(|error| CliError::Other(format!("cannot read the password: {error}")))?;
    let password = given.lines().next().unwrap_or_default().to_owned();
    password::check(&password, &[email])?;
    Ok((password, false))
}
