//! `clearhook export`, `diff` and `apply`: the configuration of a server as one file.

mod apply;
mod compare;
mod file;
mod places;
mod prepare;
mod report;
mod toml_file;
mod write;
mod yaml_file;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::{
    client::ServerArguments,
    error::CliError,
    output::{print_line, print_text},
    plain::printable_json,
};

/// What the help of `export` says below the options.
pub(super) const EXPORT_HELP: &str = "The file has no secrets: neither signing secrets nor values of secret headers. Write them into it as `env:NAME` or `file:PATH`, and keep the file in your version control.

Scope of the key: webhooks:read

Example:
  clearhook export > clearhook.yaml";

/// What the help of `diff` says below the options.
pub(super) const DIFF_HELP: &str =
    "Webhooks are matched by their id, or by their name where the file has no id. What the file omits stays as it is.

Scope of the key: webhooks:read

Example:
  clearhook diff clearhook.yaml || echo changed";

/// What the help of `apply` says below the options.
pub(super) const APPLY_HELP: &str = "The whole file is checked before anything is changed. Webhooks are matched by their id, or by their name where the file has no id. What the file omits stays as it is. A value `env:NAME` or `file:PATH` is read from the environment or from a file beside this file.

Scope of the key: webhooks:read, and for what changes webhooks:write, event-types:write, or admin (new owners)

Example:
  clearhook apply clearhook.yaml --dry-run
  clearhook apply clearhook.yaml --prune";

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// YAML 1.2, of which JSON is a part.
    Yaml,
    /// TOML 1.0.
    Toml,
}

#[derive(Args)]
pub(super) struct ExportArguments {
    /// The format of the file
    #[arg(long, default_value = "yaml")]
    format: Format,
    /// Print JSON, as the API answers
    #[arg(long, conflicts_with = "format")]
    json: bool,
    #[command(flatten)]
    server: ServerArguments,
}

/// A file and how it is read.
#[derive(Args)]
struct FileArguments {
    /// The file, or - for standard input
    file: PathBuf,
    /// The format [default: by the ending of the file's name; YAML if it has none]
    #[arg(long)]
    format: Option<Format>,
    /// Also compare what only the server has: `apply` deletes such webhooks and archives such event types of your own. A section that the
    /// file does not have is left alone
    #[arg(long)]
    prune: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct DiffArguments {
    #[command(flatten)]
    file: FileArguments,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Args)]
pub(super) struct ApplyArguments {
    #[command(flatten)]
    file: FileArguments,
    /// Only say what would be changed
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation before something is deleted
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    server: ServerArguments,
}

/// Prints the configuration of a server.
pub(super) async fn export(arguments: ExportArguments) -> Result<(), CliError> {
    let client = arguments.server.client()?;
    let answer = client.get("/configuration").send().await?;
    if arguments.json {
        return print_line(printable_json(answer.text()));
    }
    print_text(&write::document(&answer.json()?, arguments.format)?)
}

/// Compares a file with a server.
pub(super) async fn diff(arguments: DiffArguments) -> Result<(), CliError> {
    let file = file::read(&arguments.file.file, arguments.file.format)?;
    let client = arguments.server.client()?;
    let comparison = compare::compare(&client, &file, arguments.file.prune).await?;
    report::print(&comparison, arguments.file.json)?;
    if comparison.equal { Ok(()) } else { Err(CliError::Exit(2)) }
}

/// Changes a server to what a file says.
pub(super) async fn apply(arguments: ApplyArguments) -> Result<(), CliError> {
    let ApplyArguments {
        file: arguments,
        dry_run,
        yes,
        server,
    } = arguments;
    let file = file::read(&arguments.file, arguments.format)?;
    let client = server.client()?;
    let comparison = compare::compare(&client, &file, arguments.prune).await?;
    apply::apply(
        &client,
        &file,
        &comparison,
        apply::Options {
            dry_run,
            yes,
            json: arguments.json,
        },
    )
    .await
}
