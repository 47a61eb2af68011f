//! The commands `clearhook backup` and `clearhook restore`.

mod partial;
mod passphrase;
mod restore;
mod sealed;

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Read, Seek, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use clap::Args;
use zeroize::Zeroizing;

use self::{
    partial::{PartialFile, left_over},
    passphrase::PassphraseArguments,
    sealed::seal,
};
pub(super) use self::{
    passphrase::VARIABLE,
    restore::{HELP as RESTORE_HELP, RestoreArguments, run as restore},
};
use crate::{
    cli::{
        error::CliError,
        output::{note, print_line},
        progress::while_working,
    },
    config::{Config, Settings},
    storage::{
        DatabaseUrl,
        backup::{BackupError, Contents, copy, explain_io, require_room},
    },
    vault::MasterKey,
};

pub(super) const HELP: &str = "\
The service may go on working: the backup contains every event that was acknowledged before it began. With a passphrase it is encrypted and \
contains the master key of the data directory, so that this file and the passphrase are all that a restore needs. Without one, it contains no \
key: keep master.key, or CLEARHOOK_MASTER_KEY, in another place, because nothing else decrypts the signing secrets.

A backup of PostgreSQL is made by pg_dump; this command prints how, and exits with 1.

Examples:
  clearhook backup /backup/clearhook-$(date +%F).db
  clearhook backup /backup/clearhook.backup --force --passphrase-file /etc/clearhook/backup-passphrase";

#[derive(Args)]
pub(super) struct BackupArguments {
    /// The file to write
    file: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    passphrase: PassphraseArguments,
    #[command(flatten)]
    settings: Settings,
}

pub(super) async fn run(arguments: BackupArguments) -> Result<(), CliError> {
    let passphrase = arguments.passphrase.read_new()?;
    let config = Config::resolve(arguments.settings)?;
    let file = &arguments.file;
    let database = match &config.database {
        DatabaseUrl::Sqlite(path) => path,
        DatabaseUrl::Postgres(url) => {
            print_line(format_args!(
                "pg_dump --format=custom --file={} --dbname={}",
                quoted(&file.to_string_lossy()),
                quoted(&url.connection_text())
            ))?;
            return Err(CliError::Other(
                "nothing was backed up, because the database is PostgreSQL: run the printed command, with the password in PGPASSWORD or \
                 ~/.pgpass, and keep the master key in another place"
                    .to_owned(),
            ));
        }
    };
    let failed = |error: BackupError| CliError::Other(format!("cannot back up {}: {error}", database.display()));
    let database = fs::canonicalize(database).map_err(|error| {
        CliError::Other(format!(
            "cannot back up {}: {error}; name the database with --data-dir or --database-url",
            database.display()
        ))
    })?;
    refuse_destination(file, &database, arguments.force)?;
    let (contents, key) = match &passphrase {
        None => {
            let partial = PartialFile::create(file).map_err(CliError::Other)?;
            let contents = while_working("copying the database", copy(&database, partial.path())).await;
            let contents = contents.map_err(failed)?;
            partial.finish(file, arguments.force).map_err(|error| cannot_write(file, &error))?;
            (contents, None)
        }
        Some(passphrase) => {
            let key = key_for(&config)?;
            // The unencrypted copy is beside the database, where the same data is anyway, and not on the disk of the backup.
            let mut plain = PartialFile::create(&database.with_extension("backup")).map_err(CliError::Other)?;
            let contents = while_working("copying the database", copy(&database, plain.path())).await;
            let contents = contents.map_err(failed)?;
            require_room(file, contents.size).map_err(failed)?;
            let sealed = PartialFile::create(file).map_err(CliError::Other)?;
            let sealed = while_working(
                "encrypting the copy",
                encrypt(&mut plain, sealed, file, passphrase.clone(), key.clone()),
            )
            .await?;
            sealed.finish(file, arguments.force).map_err(|error| cannot_write(file, &error))?;
            (contents, key)
        }
    };
    note(format_args!("{}", described(file, &contents)));
    let about_the_key = match (&passphrase, key) {
        (Some(_), Some(_)) => {
            "It is encrypted and contains the master key. Keep the passphrase in another place: without it nothing can be restored."
        }
        (Some(_), None) => {
            "It is encrypted and does not contain the master key, which is set by CLEARHOOK_MASTER_KEY. Keep that key and the passphrase in other places."
        }
        (None, _) => {
            "It does not contain the master key. Keep that in another place: without it, signing secrets and header values cannot be decrypted after a restore."
        }
    };
    note(about_the_key);
    for left in left_over(file) {
        note(format_args!(
            "{} was left by a backup or restore that was interrupted, and contains a part of a database; delete it.",
            left.display()
        ));
    }
    Ok(())
}

/// The key that is put into an encrypted backup: the one in the data directory, of which there may be no other copy. A key that the operator
/// supplies is kept by the operator.
fn key_for(config: &Config) -> Result<Option<MasterKey>, CliError> {
    match &config.master_key {
        Some(_) => Ok(None),
        None => Ok(config.data_dir.stored_master_key()?),
    }
}

async fn encrypt(
    plain: &mut PartialFile,
    mut sealed: PartialFile,
    file: &Path,
    passphrase: Zeroizing<String>,
    key: Option<MasterKey>,
) -> Result<PartialFile, CliError> {
    let cannot = |error: sealed::SealError| match error {
        sealed::SealError::Io(error) => cannot_write(file, &error),
        error => CliError::Other(format!("cannot write {}: {error}", file.display())),
    };
    let source = plain.file().try_clone().and_then(|mut source| {
        source.rewind()?;
        Ok(source)
    });
    let source = BufReader::new(source.map_err(|error| cannot_write(file, &error))?);
    let work = tokio::task::spawn_blocking(move || {
        let mut target = BufWriter::new(sealed.file());
        seal(source, &mut target, &passphrase, key.as_ref())?;
        target.flush()?;
        drop(target);
        Ok(sealed)
    });
    work.await
        .map_err(|_| CliError::Other("the encryption of the backup was interrupted; run the command again".to_owned()))?
        .map_err(cannot)
}

fn described(file: &Path, contents: &Contents) -> String {
    format!("{} is complete and verified: {}.", file.display(), described_counts(contents))
}

fn described_counts(contents: &Contents) -> String {
    format!(
        "{} events, {} callbacks, {} webhooks, {} users",
        contents.count("events"),
        contents.count("callbacks"),
        contents.count("webhooks"),
        contents.count("users"),
    )
}

fn cannot_write(file: &Path, error: &std::io::Error) -> CliError {
    CliError::Other(format!("cannot write {}: {}", file.display(), explain_io(error)))
}

/// Refuses a destination that is the database itself or one of the files beside it, a directory, or an existing file.
fn refuse_destination(file: &Path, database: &Path, force: bool) -> Result<(), CliError> {
    let refuse = |why: &str| Err(CliError::Other(format!("cannot write {}: {why}", file.display())));
    let id = |path: &Path| fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
    let is_in_use = ["", "-wal", "-shm"]
        .into_iter()
        .any(|ending| id(&crate::storage::backup::beside(database, ending)).is_some_and(|used| Some(used) == id(file)));
    match fs::metadata(file) {
        _ if is_in_use => refuse("this is the database itself; use another file"),
        Ok(found) if found.is_dir() => refuse("it is a directory; name a file in it"),
        Ok(found) if !found.is_file() => refuse("it is not a regular file; use another name"),
        Ok(_) if !force => refuse("it exists; use another name, or --force to replace it"),
        _ => Ok(()),
    }
}

/// A word of a shell command.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/.-_".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Whether a file is an encrypted backup.
fn is_sealed(file: &mut File) -> std::io::Result<bool> {
    let mut beginning = Vec::new();
    Read::by_ref(file).take(sealed::MAGIC.len() as u64).read_to_end(&mut beginning)?;
    file.rewind()?;
    Ok(beginning == sealed::MAGIC)
}
