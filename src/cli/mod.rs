//! The command line. An error is one line on stderr that says what is wrong and what to do. The exit code is 2 for a usage error and 1
//! otherwise.

mod api_key;
mod backup;
mod client;
mod configuration;
mod confirm;
mod copy;
mod demo;
mod doctor;
mod environment;
mod erase;
mod error;
mod health;
mod help;
mod input;
mod interrupt;
mod listen;
mod listing;
mod manage;
mod manual;
mod master_key;
mod open;
mod output;
mod plain;
mod profile;
mod progress;
mod publish;
mod schema;
mod serve;
mod signals;
mod suggest;
mod table;
mod user;

use std::{process::ExitCode, time::Duration};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use rustix::fs::Mode;

use self::{
    error::CliError,
    output::{note, print_line},
};

/// Sends signed webhooks, retries failed deliveries and logs every attempt
#[derive(Parser)]
#[command(name = "clearhook", version, about, max_term_width = 120, after_help = HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// How long the process waits for background work when its command has ended.
const EXIT_MAX: Duration = Duration::from_secs(10);

/// What the help says below the commands.
const HELP: &str = "`serve`, `migrate`, `user`, `api-key`, `master-key`, `backup`, `restore`, `copy`, `doctor` and `health` run on the machine of the server, with its settings. The other commands talk to a running server: they take its URL and an API key from --url and CLEARHOOK_API_KEY, or from a profile (`clearhook profile --help`).

Examples:
  clearhook serve --demo
  clearhook webhook --help";

#[derive(Subcommand)]
enum Command {
    /// Run the server: the web console, the HTTP API and the sending of callbacks
    #[command(after_help = serve::HELP)]
    Serve(serve::ServeArguments),
    /// Create the database or bring it up to date, and exit. `serve` does the same when it starts
    #[command(after_help = "Example:\n  clearhook migrate --database-url postgres://clearhook@db.example.com/clearhook")]
    Migrate(open::DatabaseArguments),
    /// Ask the service on this machine whether it works, as a container's health check does
    #[command(after_help = "Example:\n  clearhook health --ready")]
    Health(health::HealthArguments),
    /// Manage the users of the console
    User(user::UserArguments),
    /// Manage the keys of the HTTP API
    ApiKey(api_key::ApiKeyArguments),
    /// Check an installation: settings, database, master key, clock, disk, permissions, TLS, and connections
    #[command(after_help = doctor::HELP)]
    Doctor(doctor::DoctorArguments),
    /// Write a consistent copy of the SQLite database to a file, while the service works
    #[command(after_help = backup::HELP)]
    Backup(backup::BackupArguments),
    /// Replace the SQLite database by a backup
    #[command(after_help = backup::RESTORE_HELP)]
    Restore(backup::RestoreArguments),
    /// Copy the SQLite database into an empty PostgreSQL database. Stop the service first
    #[command(after_help = copy::HELP)]
    Copy(copy::CopyArguments),
    /// Manage the key that encrypts the secrets in the database
    MasterKey(master_key::MasterKeyArguments),
    /// Publish one event to a running server
    #[command(after_help = publish::HELP)]
    Publish(publish::PublishArguments),
    /// Manage the webhooks of a running server
    Webhook(manage::webhook::WebhookArguments),
    /// Manage the event types of a running server
    EventType(manage::event_type::EventTypeArguments),
    /// Find and publish events
    Event(manage::event::EventsArguments),
    /// Erase the payloads and logged responses of a person's events
    #[command(after_help = erase::HELP)]
    Erase(erase::EraseArguments),
    /// List and cancel deliveries. A delivery is one event on its way to one webhook, with all its attempts
    Delivery(manage::delivery::DeliveryArguments),
    /// List, follow and repeat callbacks. A callback is one HTTP request to a webhook's URL: one attempt of a delivery
    Callback(manage::callback::CallbackArguments),
    /// Print the webhooks, event types and owners of a running server as one file
    #[command(after_help = configuration::EXPORT_HELP)]
    Export(configuration::ExportArguments),
    /// Show what `apply` would change. The exit code is 0 if nothing, 2 if something, and 1 for any error
    #[command(after_help = configuration::DIFF_HELP)]
    Diff(configuration::DiffArguments),
    /// Change the webhooks, event types and owners of a running server to what a file says
    #[command(after_help = configuration::APPLY_HELP)]
    Apply(configuration::ApplyArguments),
    /// Store the URLs of servers and their API keys under names
    Profile(profile::ProfileArguments),
    /// Print the JSON Schema of a built-in event type, without a server. For your own types see `clearhook event-type schema`
    #[command(after_help = "Example:\n  clearhook schema --list\n  clearhook schema identity.created > identity.created.schema.json")]
    Schema(schema::SchemaArguments),
    /// Receive callbacks for tests: print them and check their signatures, or forward those of a server to a program on this machine
    #[command(after_help = listen::HELP)]
    Listen(listen::ListenArguments),
    /// Print completions of all commands for a shell
    #[command(after_help = "Example:\n  clearhook completions bash > /etc/bash_completion.d/clearhook")]
    Completions(manual::CompletionsArguments),
    /// Write a manual page for each command
    #[command(after_help = "Example:\n  clearhook man /usr/local/share/man/man1")]
    Man(manual::ManArguments),
}

/// The whole command line.
fn program() -> clap::Command {
    help::with_groups(Arguments::command())
}

/// Parses the arguments and runs the command.
pub fn main() -> ExitCode {
    environment::without_empty_certificate_variables();
    // New files are readable by their owner only. The umask belongs to the whole process, so it is set before any thread starts.
    rustix::process::umask(Mode::from_raw_mode(0o077));
    let program = program();
    if let Some(wrong) = environment::not_utf8(&program) {
        note(format_args!("clearhook: {wrong}"));
        return ExitCode::from(usage_code());
    }
    let arguments = match program.try_get_matches().and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&CliError::Other(format!("cannot start: {error}"))),
    };
    let result = runtime.block_on(run(arguments.command));
    // The command has ended, so background work that is still running must not keep the process alive.
    runtime.shutdown_timeout(EXIT_MAX);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError::OutputClosed) => ExitCode::FAILURE,
        Err(CliError::Exit(code)) => ExitCode::from(code),
        Err(error @ CliError::Usage(_)) => {
            fail(&error);
            ExitCode::from(usage_code())
        }
        Err(error @ CliError::Interrupted(_)) => {
            fail(&error);
            ExitCode::from(interrupt::CODE)
        }
        Err(error) => fail(&error),
    }
}

async fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Serve(arguments) => serve::run(arguments, &program()).await,
        Command::Migrate(arguments) => {
            let (store, config) = arguments.open().await?;
            print_line(format_args!("The database {} is up to date.", config.database))?;
            Ok(store.close().await?)
        }
        Command::Health(arguments) => health::run(arguments).await,
        Command::User(arguments) => user::run(arguments).await,
        Command::ApiKey(arguments) => api_key::run(arguments).await,
        Command::Doctor(arguments) => doctor::run(arguments, &program()).await,
        Command::Backup(arguments) => Box::pin(backup::run(arguments)).await,
        Command::Restore(arguments) => Box::pin(backup::restore(arguments)).await,
        Command::Copy(arguments) => copy::run(arguments).await,
        Command::MasterKey(arguments) => master_key::run(arguments).await,
        Command::Publish(arguments) => publish::run(arguments).await,
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Listen(arguments) => listen::run(arguments).await,
        Command::Webhook(arguments) => manage::webhook::run(arguments).await,
        Command::EventType(arguments) => manage::event_type::run(arguments).await,
        Command::Event(arguments) => manage::event::run(arguments).await,
        Command::Erase(arguments) => erase::run(arguments).await,
        Command::Delivery(arguments) => manage::delivery::run(arguments).await,
        Command::Callback(arguments) => manage::callback::run(arguments).await,
        Command::Export(arguments) => configuration::export(arguments).await,
        Command::Diff(arguments) => configuration::diff(arguments).await,
        Command::Apply(arguments) => configuration::apply(arguments).await,
        Command::Profile(arguments) => profile::run(arguments),
        Command::Completions(arguments) => manual::completions(&arguments, program()),
        Command::Man(arguments) => manual::man(&arguments, program()),
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
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let about = about.join(" ");
    note(format_args!(
        "clearhook: {}; see {} --help",
        about.strip_prefix("error: ").unwrap_or(&about),
        help::command_of_arguments(Arguments::command())
    ));
    ExitCode::from(usage_code())
}

/// The exit code of a usage error. That of `diff` is 1, because 2 says that there are differences.
fn usage_code() -> u8 {
    let command = std::env::args_os()
        .skip(1)
        .find(|argument| !argument.to_string_lossy().starts_with('-'));
    if command.is_some_and(|command| command == "diff") { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_known_up_to_its_first_argument() {
        for (arguments, name) in [
            ("", "clearhook"),
            ("webhok list", "clearhook"),
            ("webhook", "clearhook webhook"),
            ("webhook list --limit x", "clearhook webhook list"),
            ("webhook --json list", "clearhook webhook"),
        ] {
            assert_eq!(
                help::named(Arguments::command(), arguments.split_whitespace().map(str::to_owned)),
                name
            );
        }
    }

    #[test]
    fn commands_on_the_database_show_the_settings_that_say_which() {
        let mut program = program();
        program.build();
        let help = |path: &[&str]| {
            let found = path.iter().try_fold(&program, |command, name| command.find_subcommand(name));
            found.unwrap().clone().render_long_help().to_string()
        };
        for path in [
            &["user", "create"][..],
            &["api-key", "list"],
            &["migrate"],
            &["master-key", "rotate"],
        ] {
            let shown = help(path);
            assert!(shown.contains("--database-url") && shown.contains("--data-dir"), "{shown}");
            assert!(!shown.contains("--oidc") && !shown.contains("--retention"), "{shown}");
        }
        let serve = help(&["serve"]);
        for words in ["--oidc-issuer", "Single sign-on:", "Callbacks:", "Data:"] {
            assert!(serve.contains(words), "{serve}");
        }
    }
}
