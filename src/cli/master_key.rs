//! `clearhook master-key`.

use std::io::Read;

use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use crate::{
    cli::{CliError, open::cannot_use},
    config::{Config, DataDir, Settings, secret_file},
    storage::{
        DatabaseUrl, Store,
        audit::Actor,
        keys::{Place, Rotation},
        sqlite_file::FileLock,
    },
    vault::{MasterKey, Vault},
};

/// How many values are sealed anew between two words about it.
const WORD_EVERY: usize = 1_000;

#[derive(Args)]
pub(super) struct MasterKeyArguments {
    #[command(subcommand)]
    command: MasterKeyCommand,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
enum MasterKeyCommand {
    /// Seal every secret of the database with a new key; the service must be stopped. Run it again when it was interrupted
    Rotate {
        // Others on the machine can read arguments: it is meant for the environment.
        #[arg(long, env = "CLEARHOOK_NEW_MASTER_KEY", hide_env_values = true, hide = true)]
        new_key: Option<String>,
        /// A file with the new key, or - for standard input [default: `CLEARHOOK_NEW_MASTER_KEY`, or a generated key]
        #[arg(long, env = "CLEARHOOK_NEW_MASTER_KEY_FILE", hide_env_values = true)]
        new_key_file: Option<String>,
    },
}

/// Where the keys of a rotation come from, and where the new one goes.
enum Keeping {
    /// Whoever set the old key sets the new one.
    Given,
    /// The files of the data directory.
    DataDir(DataDir),
}

pub(super) async fn run(arguments: MasterKeyArguments) -> Result<(), CliError> {
    let MasterKeyCommand::Rotate { new_key, new_key_file } = arguments.command;
    let config = Config::resolve(arguments.settings)?;
    config.data_dir.prepare()?;
    // A service that runs would go on with the old key.
    let _lock = config.data_dir.lock()?;
    let _file = match &config.database {
        DatabaseUrl::Sqlite(path) => Some(FileLock::take(path).map_err(|error| cannot_use(path, &error))?),
        DatabaseUrl::Postgres(_) => None,
    };
    let new_key = new_key.filter(|text| !text.trim().is_empty());
    let new_key_file = new_key_file.filter(|text| !text.trim().is_empty());
    secret_file::only_one("CLEARHOOK_NEW_MASTER_KEY", new_key.as_deref(), new_key_file.as_deref())?;
    let typed = match new_key_file {
        Some(path) if path == "-" => Some(read_key()?),
        Some(path) => Some(Zeroizing::new(secret_file::read("CLEARHOOK_NEW_MASTER_KEY_FILE", &path)?)),
        None => new_key.map(Zeroizing::new),
    };
    let typed = typed.map(|text| MasterKey::parse(&text)).transpose();
    let typed = typed.map_err(|error| CliError::Other(format!("the new key: {error}")))?;
    let (old, new, keeping) = keys(&config, typed)?;
    if old.fingerprint() == new.fingerprint() {
        return Err(CliError::Other("the new key is the old one; give another".to_owned()));
    }
    let store = Store::open(&config.database, Vault::new(&old), true).await?;
    let sealed = rotate(&store, &Vault::new(&new)).await?;
    match keeping {
        Keeping::Given => eprintln!("{sealed} values are sealed with the new key; set CLEARHOOK_MASTER_KEY to it, then start clearhook."),
        Keeping::DataDir(data_dir) => {
            let before = data_dir.take_new_master_key()?;
            eprintln!(
                "{sealed} values are sealed with the new key, which is in place. The key before is in {}: only backups made before need it.",
                before.display()
            );
        }
    }
    // Not before: when there is no room for it, the new key is in place all the same.
    store.leave_no_trace().await.map_err(|error| {
        CliError::Other(format!(
            "the key is rotated, but what was sealed with the old one may be left in free places of the database ({error}); make room, then compact it with VACUUM"
        ))
    })?;
    Ok(store.close().await?)
}

/// The old key, the new one, and what becomes of them. A new key is kept or shown before anything is sealed with it.
fn keys(config: &Config, typed: Option<MasterKey>) -> Result<(MasterKey, MasterKey, Keeping), CliError> {
    if let Some(old) = &config.master_key {
        let new = typed.unwrap_or_else(|| {
            let new = MasterKey::generate();
            eprintln!("The new master key follows; keep it now. If this is interrupted, give it again in CLEARHOOK_NEW_MASTER_KEY.");
            println!("{}", *new.reveal());
            new
        });
        return Ok((old.clone(), new, Keeping::Given));
    }
    let Some(old) = config.data_dir.stored_master_key()? else {
        return Err(config.data_dir.missing_key().into());
    };
    let new = config.data_dir.new_master_key(typed)?;
    Ok((old, new, Keeping::DataDir(config.data_dir.clone())))
}

async fn rotate(store: &Store, to: &Vault) -> Result<usize, CliError> {
    if store.begin_rotation(to).await? == Rotation::Ended {
        return Ok(0);
    }
    let (mut sealed, mut place) = (0, Some(Place::default()));
    while let Some(from) = place {
        let (count, next) = store.reseal(to, from).await?;
        if (sealed + count) / WORD_EVERY > sealed / WORD_EVERY {
            eprintln!("{} values done", sealed + count);
        }
        (sealed, place) = (sealed + count, next);
    }
    store.end_rotation(&Actor::command_line(), to).await?;
    Ok(sealed)
}

fn read_key() -> Result<Zeroizing<String>, CliError> {
    let mut text = Zeroizing::new(String::new());
    // More than any key.
    let read = std::io::stdin().take(1_024).read_to_string(&mut text);
    read.map_err(|error| CliError::Other(format!("cannot read the new key from standard input: {error}")))?;
    Ok(text)
}
