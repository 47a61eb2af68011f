//! The command `clearhook restore`.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{
    described_counts, is_sealed,
    partial::{PartialFile, sync_folder},
    passphrase::{PassphraseArguments, VARIABLE},
    quoted,
    sealed::{SealError, open},
};
use crate::{
    cli::{
        error::CliError,
        open::cannot_use,
        output::{note, print_line},
        progress::while_working,
    },
    config::{Config, Settings},
    domain::timestamp::Timestamp,
    storage::{
        DatabaseUrl,
        audit::Actor,
        backup::{Contents, beside, examine, explain_io, fold_log, make_live, require_room},
        partitions::partitioned_tables,
        sqlite_file::{FileLock, create_private_dir},
    },
    vault::MasterKey,
};

pub(in crate::cli) const HELP: &str = "\
Stop the service first. The backup is verified before anything is replaced, and the previous database is kept beside the new one.

After a restore, deliveries that ended since the backup was made are sent again, with the same webhook-id, by which receivers recognize them. \
Events that were published since are lost: publish them again. Everybody has to sign in again, and API keys that were revoked since are valid \
again.

Example:
  clearhook restore /backup/clearhook.db --data-dir /var/lib/clearhook";

#[derive(Args)]
pub(in crate::cli) struct RestoreArguments {
    /// The file that `clearhook backup` wrote
    file: PathBuf,
    /// Replace an existing database, which is renamed and kept
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    passphrase: PassphraseArguments,
    #[command(flatten)]
    settings: Settings,
}

pub(in crate::cli) async fn run(arguments: RestoreArguments) -> Result<(), CliError> {
    let config = Config::resolve(arguments.settings)?;
    let file = &arguments.file;
    let database = match &config.database {
        DatabaseUrl::Sqlite(path) => path.clone(),
        DatabaseUrl::Postgres(url) => {
            // `pg_restore --clean` alone cannot replace partitions, whose constraints belong to their parents.
            let (server, tables) = (quoted(&url.connection_text()), partitioned_tables().collect::<Vec<_>>().join(", "));
            print_line(format_args!(
                "psql --set=ON_ERROR_STOP=1 --command='DROP TABLE IF EXISTS {tables}' {server} && \
                 pg_restore --clean --if-exists --no-owner --dbname={server} {}",
                quoted(&file.to_string_lossy())
            ))?;
            return Err(CliError::Other(
                "nothing was restored, because the database is PostgreSQL: stop every clearhook, then run the printed command, with the password \
                 in PGPASSWORD or ~/.pgpass"
                    .to_owned(),
            ));
        }
    };
    config.data_dir.prepare()?;
    let _lock = config.data_dir.lock()?;
    // The file behind symbolic links is replaced, and the links stay.
    let database = fs::canonicalize(&database).unwrap_or(database);
    let existing = fs::symlink_metadata(&database).is_ok();
    let _file = if existing {
        Some(FileLock::take(&database).map_err(|error| cannot_use(&database, &error))?)
    } else {
        None
    };
    let is_used = fs::metadata(&database).is_ok_and(|found| found.len() > 0);
    if is_used && !arguments.force {
        return Err(CliError::Other(format!(
            "there is a database at {} already; use --force to replace it (it is renamed and kept)",
            database.display()
        )));
    }
    if let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        create_private_dir(folder).map_err(|error| cannot_write(&database, &error))?;
    }
    let (partial, key) = unpack(file, &database, &arguments.passphrase).await?;
    let failed = |error| CliError::Other(format!("cannot restore {}: {error}", file.display()));
    let contents = while_working("verifying the backup", examine(partial.path()))
        .await
        .map_err(failed)?;
    let new_key = check_key(&config, &contents, key)?;
    make_live(
        partial.path(),
        &Actor::command_line(),
        contents.made.as_ref().map(|(began, _)| *began),
    )
    .await
    .map_err(failed)?;
    if let Some(key) = &new_key {
        config.data_dir.store_master_key(key)?;
    }
    let kept = put_in_place(partial, &database, existing).await?;
    tell(&database, &contents, kept.as_deref(), new_key.is_some(), &config)
}

/// The backup as a database file beside its place, decrypted if necessary, and the master key that it contains.
async fn unpack(file: &Path, database: &Path, passphrase: &PassphraseArguments) -> Result<(PartialFile, Option<MasterKey>), CliError> {
    let cannot_read = |error: io::Error| {
        let file = file.display();
        CliError::Other(format!(
            "cannot read the backup {file}: {error}; check its name, and that this user may read it"
        ))
    };
    let mut source = File::open(file).map_err(cannot_read)?;
    let found = source.metadata().map_err(cannot_read)?;
    if !found.is_file() {
        return Err(CliError::Other(format!(
            "the backup {} is not a regular file; name the file that `clearhook backup` wrote",
            file.display()
        )));
    }
    let log = beside(file, "-wal");
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        let why = crate::storage::backup::BackupError::Log(log.display().to_string());
        return Err(CliError::Other(format!("cannot restore {}: {why}", file.display())));
    }
    require_room(database, found.len()).map_err(|error| CliError::Other(format!("cannot restore {}: {error}", file.display())))?;
    let mut partial = PartialFile::create(database).map_err(CliError::Other)?;
    let passphrase = if is_sealed(&mut source).map_err(cannot_read)? {
        let given = passphrase.read()?;
        Some(given.ok_or_else(|| {
            CliError::Other(format!(
                "the backup {} is encrypted; give its passphrase with --passphrase-file or {VARIABLE}",
                file.display()
            ))
        })?)
    } else {
        None
    };
    let unpacked = tokio::task::spawn_blocking(move || {
        let mut target = BufWriter::new(partial.file());
        let key = if let Some(passphrase) = passphrase {
            open(io::BufReader::new(source), &mut target, &passphrase)?
        } else {
            io::copy(&mut source, &mut target)?;
            None
        };
        target.flush()?;
        drop(target);
        Ok::<_, SealError>((partial, key))
    });
    let unpacked = while_working("reading the backup", unpacked).await;
    let unpacked = unpacked.map_err(|_| CliError::Other("reading the backup was interrupted; run the command again".to_owned()))?;
    unpacked.map_err(|error| match error {
        SealError::Io(error) => cannot_write(database, &error),
        error => CliError::Other(format!("cannot restore {}: {error}", file.display())),
    })
}

/// Checks that the service will find the key that the backup's secrets are encrypted with. Returns the key of the backup if it has to be
/// stored.
fn check_key(config: &Config, contents: &Contents, from_backup: Option<MasterKey>) -> Result<Option<MasterKey>, CliError> {
    let Some(needed) = &contents.key else { return Ok(None) };
    let present = match &config.master_key {
        Some(key) => Some(key.clone()),
        None => config.data_dir.stored_master_key()?,
    };
    match present {
        Some(key) if key.fingerprint() == *needed => Ok(None),
        Some(_) => Err(CliError::Other(format!(
            "nothing was restored: the backup was made with another master key than the one in use; set CLEARHOOK_MASTER_KEY to the key of the \
             backup, or move {}/master.key away and put that key in its place",
            config.data_dir.path().display()
        ))),
        None => Ok(from_backup.filter(|key| key.fingerprint() == *needed)),
    }
}

/// Moves the new database to its place. Nothing is deleted: what is there is renamed, and returned. A write-ahead log must not stay, because
/// SQLite would apply it to the new database.
async fn put_in_place(mut partial: PartialFile, database: &Path, existing: bool) -> Result<Option<PathBuf>, CliError> {
    let cannot = |error: io::Error| cannot_write(database, &error);
    let kept = beside(database, &format!(".before-restore-{}", Timestamp::now().0));
    let mut has_kept = false;
    if existing && fs::metadata(database).is_ok_and(|found| found.len() > 0) {
        // Without its log, the previous database would lack its last transactions. A damaged one stays as it is.
        let _ = fold_log(database).await;
    }
    for ending in ["-wal", "-shm", "-journal"] {
        match fs::rename(beside(database, ending), beside(&kept, ending)) {
            Ok(()) => has_kept = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(cannot(error)),
        }
    }
    if !existing {
        partial.finish(database, false).map_err(cannot)?;
        return Ok(has_kept.then_some(kept));
    }
    let old = partial.path().to_owned();
    partial.file().sync_all().map_err(cannot)?;
    match renameat_with(CWD, &old, CWD, database, RenameFlags::EXCHANGE) {
        // There is a database at the path at any moment.
        Ok(()) => {
            partial.keep();
            fs::rename(&old, &kept).map_err(cannot)?;
        }
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
            fs::rename(database, &kept).map_err(cannot)?;
            partial.finish(database, true).map_err(cannot)?;
        }
        Err(error) => return Err(cannot(error.into())),
    }
    sync_folder(database).map_err(cannot)?;
    Ok(Some(kept))
}

fn tell(database: &Path, contents: &Contents, kept: Option<&Path>, has_new_key: bool, config: &Config) -> Result<(), CliError> {
    let made = match &contents.made {
        Some((began, version)) => format!("a backup of {began} by clearhook {version}"),
        None => "a file that was not made by `clearhook backup`, so its rows could not be compared with a count".to_owned(),
    };
    print_line(format_args!(
        "{} is restored from {made}: {}.",
        database.display(),
        described_counts(contents)
    ))?;
    if let Some(kept) = kept {
        note(format_args!(
            "The previous files are kept as {}*; delete them when you no longer need them.",
            kept.display()
        ));
    }
    if has_new_key {
        note(format_args!(
            "The master key of the backup is in {}/master.key.",
            config.data_dir.path().display()
        ));
    } else if contents.key.is_some() && config.master_key.is_none() && config.data_dir.stored_master_key()?.is_none() {
        note(format_args!(
            "The master key is missing: put it into {}/master.key, or set CLEARHOOK_MASTER_KEY, before you start clearhook.",
            config.data_dir.path().display()
        ));
    }
    note(
        "Deliveries that ended after the backup was made will be sent again, with the same webhook-id. Publish again what was published since. \
         Revoke again the API keys that were revoked since, and repeat erasures.",
    );
    Ok(())
}

fn cannot_write(database: &Path, error: &io::Error) -> CliError {
    CliError::Other(format!("cannot write {}: {}", database.display(), explain_io(error)))
}
