//! The command `clearhook user`.

use std::io::{BufRead, Read};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    auth::{email, password, principal::Principal},
    cli::{
        error::CliError,
        open::DatabaseArguments,
        output::{print_line, print_list, text},
    },
    domain::role::Role,
    services::error::UseCaseError,
    services::users::{self, WithPassword},
    storage::{
        Store,
        users::{UserChange, UserRecord},
    },
};

const BY: Principal = Principal::CommandLine;

#[derive(Args)]
pub(super) struct UserArguments {
    #[command(subcommand)]
    command: UserCommand,
    #[command(flatten)]
    database: DatabaseArguments,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Create a user. Without --password-stdin, a password is generated and printed
    #[command(after_help = "Example:\n  clearhook user create --email ada@example.com --role administrator")]
    Create {
        /// The user's email address
        #[arg(long)]
        email: String,
        /// The user's role: administrator (may do everything) or api-owner (may see the webhooks whose owner the user is, and their logs)
        #[arg(long)]
        role: Role,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// List all users
    List {
        /// Print the list as JSON
        #[arg(long)]
        json: bool,
    },
    /// Disable a user and end their sessions
    Disable {
        /// The user's email address
        #[arg(long)]
        email: String,
    },
    /// Enable a disabled user
    Enable {
        /// The user's email address
        #[arg(long)]
        email: String,
    },
    /// Change a user's role
    SetRole {
        /// The user's email address
        #[arg(long)]
        email: String,
        /// The new role: administrator (may do everything) or api-owner (may see the webhooks whose owner the user is, and their logs)
        #[arg(long)]
        role: Role,
    },
    /// Turn off the second factor of a user who has lost the device and the recovery codes, and end the user's sessions
    ResetSecondFactor {
        /// The user's email address
        #[arg(long)]
        email: String,
    },
    /// Set a new password and end the user's sessions. Without --password-stdin, a password is generated and printed
    ResetPassword {
        /// The user's email address
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
            let user = change(&store, &email, UserChange::Disable).await?;
            print_line(format_args!("{} can no longer sign in.", user.email))?;
        }
        UserCommand::Enable { email } => {
            let user = change(&store, &email, UserChange::Enable).await?;
            print_line(format_args!("{} can sign in again.", user.email))?;
        }
        UserCommand::SetRole { email, role } => {
            let user = change(&store, &email, UserChange::Role(role)).await?;
            print_line(format_args!("The role of {} is now {}.", user.email, user.role))?;
        }
        UserCommand::ResetSecondFactor { email } => {
            let user = find(&store, &email).await?;
            if !store.remove_second_factor(&BY.actor(), &user, None).await? {
                return Err(CliError::Other(format!("{} has no second factor; nothing was changed", user.email)));
            }
            print_line(format_args!(
                "{} can sign in without a second factor until they set up a new one.",
                user.email
            ))?;
        }
        UserCommand::ResetPassword { email, password_stdin } => {
            let user = find(&store, &email).await?;
            let password = Password::obtain(password_stdin)?;
            let reset = users::reset_password(&store, &BY, user.id, Some(&password.text)).await;
            let WithPassword { user, .. } = reset.map_err(|error| password.unused(error))?;
            password.confirm(format_args!("{} has a new password.", user.email))?;
        }
    }
    Ok(store.close().await?)
}

async fn create(store: &Store, email: &str, role: Role, from_stdin: bool) -> Result<(), CliError> {
    if store.user_by_email(email).await?.is_some() {
        return Err(CliError::Other(format!(
            "the user {email} already exists; use `clearhook user reset-password` to set a new password"
        )));
    }
    if email::check(email.trim()).is_err() {
        // Reports the error in the words of the use case, before a password is printed.
        users::create(store, &BY, email, Some(role), None).await?;
    }
    let password = Password::obtain(from_stdin)?;
    let created = users::create(store, &BY, email, Some(role), Some(&password.text)).await;
    let WithPassword { user, .. } = created.map_err(|error| password.unused(error))?;
    password.confirm(format_args!("{} can sign in as {}.", user.email, user.role))
}

/// A password that was read from standard input, or generated and printed. It is printed before it is set, because a password
/// that was set but not printed would lock the user out.
struct Password {
    text: String,
    is_generated: bool,
}

impl Password {
    fn obtain(from_stdin: bool) -> Result<Self, CliError> {
        let (text, is_generated) = match given(from_stdin)? {
            Some(given) => (given, false),
            None => (password::generate(), true),
        };
        if is_generated {
            print_line(&text)?;
        }
        Ok(Self { text, is_generated })
    }

    /// The error if the password was not set.
    fn unused(&self, error: UseCaseError) -> CliError {
        let error = CliError::from(error);
        if self.is_generated {
            return CliError::Other(format!("{error}; the printed password was not set"));
        }
        error
    }

    /// Prints a confirmation, unless the password itself is the output.
    fn confirm(&self, text: impl std::fmt::Display) -> Result<(), CliError> {
        if self.is_generated { Ok(()) } else { print_line(text) }
    }
}

async fn change(store: &Store, email: &str, change: UserChange) -> Result<UserRecord, CliError> {
    let user = find(store, email).await?;
    Ok(users::change(store, &BY, user.id, change).await?)
}

async fn list(store: &Store, as_json: bool) -> Result<(), CliError> {
    let users = store.users().await?;
    let users: Vec<_> = users
        .iter()
        .map(|user| json!({ "id": user.id, "email": user.email, "role": user.role, "disabled": user.disabled_at.is_some(), "created_at": user.created_at, "last_sign_in_at": user.last_sign_in_at }))
        .collect();
    print_list(as_json, &users, |user| {
        let disabled = if text(user, "disabled") == "true" { "  disabled" } else { "" };
        format!("{}  {:<14}{}{disabled}", text(user, "id"), text(user, "role"), text(user, "email"))
    })
}

async fn find(store: &Store, email: &str) -> Result<UserRecord, CliError> {
    let found = store.user_by_email(email).await?;
    found
        .map(|(user, _)| user)
        .ok_or_else(|| CliError::Other(format!("there is no user {email}; `clearhook user list` shows all users")))
}

/// The password from standard input, if it was requested.
fn given(from_stdin: bool) -> Result<Option<String>, CliError> {
    if !from_stdin {
        return Ok(None);
    }
    let mut given = String::new();
    // Only the first line is read, because the writer may keep the stream open.
    let mut limited = std::io::stdin().lock().take(4 * password::MAX as u64);
    limited
        .read_line(&mut given)
        .map_err(|error| CliError::Other(format!("cannot read the password: {error}")))?;
    Ok(Some(given.lines().next().unwrap_or_default().to_owned()))
}
