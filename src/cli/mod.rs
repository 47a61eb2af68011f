//! The command line. Errors are one line on stderr that says what is wrong and what to do; exit 2 for usage, 1 otherwise.
#![expect(clippy::print_stdout, reason = "what a command answers goes to stdout")]

mod api_key;
mod demo;
mod environment;
mod listen;
mod master_key;
mod open;
mod publish;
mod schema;
mod serve;
mod signals;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rustix::fs::Mode;
use thiserror::Error;

use crate::{
    auth::password::HashError,
    config::ConfigError,
    dispatch::ClientError,
    storage::{StoreError, keys::KeyError, open::OpenError},
    webhooks::UseCaseError,
};

/// clearhook: signs, sends, retries and logs webhooks.
#[derive(Parser)]
#[command(name = "clearhook", version, about, max_term_width = 120)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the web console, the HTTP API and the dispatcher
    Serve(serve::ServeArguments),
    /// Bring the database up to date and exit
    Migrate(open::DatabaseArguments),
    /// People who can sign in
    User(user::UserArguments),
    /// Keys of the HTTP API
    ApiKey(api_key::ApiKeyArguments),
    /// The key that seals the database's secrets
    MasterKey(master_key::MasterKeyArguments),
    /// Send one event to a running server
    Publish(publish::PublishArguments),
    /// Print the JSON Schema of an event's callback body
    Schema(schema::SchemaArguments),
    /// Receive callbacks, check their signatures and print them
    Listen(listen::ListenArguments),
}

/// What ends a command.
#[derive(Debug, Error)]
pub(crate) enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("{0}")]
    Other(String),
}

impl From<UseCaseError> for CliError {
    fn from(error: UseCaseError) -> Self {
        match error {
            UseCaseError::Invalid(errors) => {
                let told = errors
                    .iter()
                    .map(|error| format!("--{}: {}", error.pointer.trim_start_matches('/'), error.detail));
                Self::Other(told.collect::<Vec<_>>().join(" "))
            }
            UseCaseError::Store(error) => error.into(),
            other => Self::Other(other.to_string()),
        }
    }
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    // What is made is for its owner only. Before there are threads, because it is the whole process's.
    rustix::process::umask(Mode::from_raw_mode(0o077));
    if let Some(wrong) = environment::not_utf8() {
        eprintln!("clearhook: {wrong}");
        return ExitCode::from(2);
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&CliError::Other(format!("cannot start: {error}"))),
    };
    match runtime.block_on(run(arguments.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

async fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Serve(arguments) => serve::run(arguments).await,
        Command::Migrate(arguments) => {
            let (store, config) = arguments.open().await?;
            println!("The database {} is up to date.", config.database);
            Ok(store.close().await?)
        }
        Command::User(arguments) => user::run(arguments).await,
        Command::ApiKey(arguments) => api_key::run(arguments).await,
        Command::MasterKey(arguments) => master_key::run(arguments).await,
        Command::Publish(arguments) => publish::run(arguments).await,
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Listen(arguments) => listen::run(arguments).await,
    }
}

fn fail(error: &CliError) -> ExitCode {
    let line = error.to_string().replace('\n', " ");
    eprintln!("clearhook: {line}");
    ExitCode::FAILURE
}

/// Help and version are answers; all else is one line.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return if error.print().is_ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    let text = error.to_string();
    let about: Vec<&str> = text
        .lines()
        .take_while(|line| !line.starts_with("Usage:"))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let about = about.join(" ");
    eprintln!(
        "clearhook: {}; see clearhook --help",
        about.strip_prefix("error: ").unwrap_or(&about)
    );
    ExitCode::from(2)
}

/// Writes a list for people or programs.
fn print_list(json: bool, items: &[serde_json::Value], line: impl Fn(&serde_json::Value) -> String) -> Result<(), CliError> {
    if json {
        let text = serde_json::to_string_pretty(items).map_err(|error| CliError::Other(error.to_string()))?;
        println!("{text}");
    } else {
        for item in items {
            println!("{}", line(item));
        }
    }
    Ok(())
}

/// A field of a JSON object as text.
fn text(item: &serde_json::Value, field: &str) -> String {
    item.get(field)
        .map_or_else(String::new, |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}
