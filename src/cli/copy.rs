//! The command `clearhook copy`: from SQLite to PostgreSQL.

use std::cell::Cell;

use clap::Args;

use crate::{
    cli::{
        error::CliError,
        open::cannot_use,
        output::{note, print_line},
        progress::steps,
    },
    config::{Config, Settings},
    storage::{
        DatabaseUrl, Store,
        audit::Actor,
        copy::{Beginning, CopyError, Progress, target_of},
        sqlite_file::FileLock,
    },
    vault::Vault,
};

pub(super) const HELP: &str = "\
Stop the service first. The target is a new, empty database. An interrupted copy continues when the command is run again; until it is \
complete, no service starts on the target. The SQLite file is not changed. Deliveries that wait are sent by the service that is started on the \
target, with the same master key.

Example:
  CLEARHOOK_COPY_TO=postgres://clearhook:password@db:5432/clearhook clearhook copy --data-dir /var/lib/clearhook";

#[derive(Args)]
pub(super) struct CopyArguments {
    /// The URL of the PostgreSQL database. With a password, prefer the environment variable: other users can read arguments
    #[arg(long, env = "CLEARHOOK_COPY_TO", hide_env_values = true, value_name = "URL")]
    to: String,
    #[command(flatten)]
    settings: Settings,
}

pub(super) async fn run(arguments: CopyArguments) -> Result<(), CliError> {
    let config = Config::resolve(arguments.settings)?;
    let DatabaseUrl::Sqlite(path) = &config.database else {
        return Err(CliError::Other(
            "the source is PostgreSQL already; copy it with pg_dump and pg_restore".to_owned(),
        ));
    };
    let url = target_of(&arguments.to).map_err(|why| CliError::Other(format!("--to: {why}")))?;
    if !path.exists() {
        return Err(CliError::Other(format!(
            "there is no database at {}; name it with --data-dir or --database-url",
            path.display()
        )));
    }
    config.data_dir.prepare()?;
    // A service would change rows that are copied already.
    let _lock = config.data_dir.lock()?;
    let _file = FileLock::take(path).map_err(|error| cannot_use(path, &error))?;
    let key = match &config.master_key {
        Some(key) => key.clone(),
        None => config.data_dir.stored_master_key()?.ok_or_else(|| config.data_dir.missing_key())?,
    };
    let vault = Vault::new(&key);
    let source = Store::open(&config.database, vault.clone(), false).await?;
    source.check_key().await?;
    let target = Store::open_copy(&url, vault).await?;
    let failed = |error: CopyError| CliError::Other(format!("cannot copy {} to {url}: {error}", path.display()));
    match source.begin_copy(&target).await.map_err(failed)? {
        Beginning::Empty => {}
        Beginning::Continued => note("An interrupted copy is continued."),
        Beginning::Restarted => note("The source has changed since the copy was interrupted, so the copy begins again."),
    }
    let bar = steps(usize::try_from(source.rows_to_copy().await?).unwrap_or(usize::MAX));
    let (before, table) = (Cell::new(0), Cell::new(""));
    let tell = |progress: Progress| {
        if table.get() != progress.table {
            before.set(bar.position());
            table.set(progress.table);
        }
        bar.set_message(progress.table);
        bar.set_position(before.get() + progress.copied);
        if bar.is_hidden() && progress.copied == progress.rows && progress.rows > 0 {
            note(format_args!("{}: {} rows", progress.table, progress.rows));
            // Said once per table.
            table.set("");
        }
    };
    let replaced = source.copy_rows(&target, tell).await.map_err(failed)?;
    bar.finish_and_clear();
    source.end_copy(&target, &Actor::command_line()).await.map_err(failed)?;
    print_line(format_args!(
        "{} is copied to {url}, and the numbers of rows agree.",
        path.display()
    ))?;
    if replaced > 0 {
        note(format_args!(
            "In {replaced} texts, NUL characters were replaced by U+FFFD, because PostgreSQL cannot store them."
        ));
    }
    note(
        "Now set CLEARHOOK_DATABASE_URL to the target, keep the master key and the data directory, and start clearhook. Do not start it on the \
         SQLite file again: its deliveries would be sent twice.",
    );
    source.close().await?;
    Ok(target.close().await?)
}
