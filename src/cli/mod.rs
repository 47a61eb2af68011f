//! The command line. An error is one line on stderr that says what is wrong and what to do. The exit code is 2 for a usage error and 1
//! otherwise.

mod api_key;
mod demo;
mod environment;
mod error;
mod listen;
mod master_key;
mod open;
mod output;
mod publish;
mod schema;
mod serve;
mod signals;
mod user;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use rustix::fs::Mode;

use self::{
    error::CliError,
    output::{note, print_line},
};

/// Sends signed webhooks, retries failed deliveries and logs every attempt
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
    /// Apply all database migrations and exit
    Migrate(open::DatabaseArguments),
    /// Manage the users of the console
    User(user::UserArguments),
    /// Manage the keys of the HTTP API
    ApiKey(api_key::ApiKeyArguments),
    /// Manage the key that encrypts the secrets in the database
    MasterKey(master_key::MasterKeyArguments),
    /// Publish one event to a running server
    Publish(publish::PublishArguments),
    /// Print the JSON Schema of an event type's callback body
    Schema(schema::SchemaArguments),
    /// Run a receiver that prints callbacks and checks their signatures, or forward the callbacks of a server to a program on this machine
    #[command(after_help = listen::HELP)]
    Listen(listen::ListenArguments),
}

/// Parses the arguments and runs the command.
pub fn main() -> ExitCode {
    environment::without_empty_certificate_variables();
    // New files are readable by their owner only. The umask belongs to the whole process, so it is set before any thread starts.
    rustix::process::umask(Mode::from_raw_mode(0o077));
    if let Some(wrong) = environment::not_utf8(&Arguments::command()) {
        note(format_args!("clearhook: {wrong}"));
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
        Err(CliError::OutputClosed) => ExitCode::FAILURE,
        Err(error) => fail(&error),
    }
}

async fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Serve(arguments) => serve::run(arguments, &Arguments::command()).await,
        Command::Migrate(arguments) => {
            let (store, config) = arguments.open().await?;
            print_line(format_args!("The database {} is up to date.", config.database))?;
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
    note(format_args!("clearhook: {line}"));
    ExitCode::FAILURE
}

/// Help and version go to stdout. Any other usage error is printed as one line.
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
    note(format_args!(
        "clearhook: {}; see clearhook --help",
        about.strip_prefix("error: ").unwrap_or(&about)
    ));
    ExitCode::from(2)
}
