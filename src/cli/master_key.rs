//! The command `clearhook master-key`.

use std::io::Read;

use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use crate::{
    cli::{
        error::CliError,
        open::cannot_use,
        output::{note, print_line},
    },
    config::{Config, DataDir, Settings, secret_file},
    storage::{
        DatabaseUrl, Store,
        audit::Actor,
        master_key::{ResealCursor, Rotation},
        sqlite_file::FileLock,
    },
    vault::{MasterKey, Vault},
};

/// Number of re-encrypted values between two progress messages.
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
    /// Re-encrypt every secret in the database with a new key. Stop the service first. If this command is interrupted, run it again
    #[command(after_help = "Example:\n  clearhook master-key rotate --data-dir /var/lib/clearhook")]
    Rotate {
        // Hidden from `--help`, because other users of the machine can read arguments. The key should come from the environment or a file.
        #[arg(long, env = "CLEARHOOK_NEW_MASTER_KEY", hide_env_values = true, hide = true)]
        new_key: Option<String>,
        /// A file with the new key, or - for standard input [default: `CLEARHOOK_NEW_MASTER_KEY`, or a generated key]
        #[arg(long, env = "CLEARHOOK_NEW_MASTER_KEY_FILE", hide_env_values = true)]
        new_key_file: Option<String>,
    },
}

/// Who stores the keys of a rotation.
enum Keeping {
    /// The operator set the old key and has to set the new one.
    Given,
    /// The keys are files in the data directory.
    DataDir(DataDir),
}

pub(super) async fn run(arguments: MasterKeyArguments) -> Result<(), CliError> {
    let MasterKeyCommand::Rotate { new_key, new_key_file } = arguments.command;
    let config = Config::resolve(arguments.settings)?;
    config.data_dir.prepare()?;
    // A running service would continue to use the old key.
    let _lock = config.data_dir.lock()?;
    let _file = match &config.database {
        DatabaseUrl::Sqlite(path) => Some(FileLock::take(path).map_err(|error| cannot_use(path, &error))?),
        DatabaseUrl::Postgres(_) => None,
    };
    let (new_key, new_key_file) = secret_file::given_or_file("CLEARHOOK_NEW_MASTER_KEY", new_key, new_key_file)?;
    let typed = match new_key_file {
        Some(path) if path == "-" => Some(read_key()?),
        Some(path) => Some(Zeroizing::new(secret_file::read("CLEARHOOK_NEW_MASTER_KEY_FILE", &path)?)),
        None => new_key.map(Zeroizing::new),
    };
    let typed = typed.map(|text| MasterKey::parse(&text)).transpose();
    let typed = typed.map_err(|error| CliError::Other(format!("the new key is invalid: {error}")))?;
    let (old, new, keeping) = keys(&config, typed)?;
    if old.fingerprint() == new.fingerprint() {
        return Err(CliError::Other(
            "the new key is the same as the old one; use another one".to_owned(),
        ));
    }
    let store = Store::open(&config.database, Vault::new(&old), true).await?;
    let sealed = rotate(&store, &Vault::new(&new)).await?;
    match keeping {
        Keeping::Given => {
            note(format_args!(
                "{sealed} values are encrypted with the new key. Set CLEARHOOK_MASTER_KEY to it, then start clearhook."
            ));
        }
        Keeping::DataDir(data_dir) => {
            let before = data_dir.take_new_master_key()?;
            note(format_args!(
                "{sealed} values are encrypted with the new key, which is in place. The old key is in {}; only backups from before the rotation need it.",
                before.display()
            ));
        }
    }
    // Compacting comes last: the rotation is complete even if the disk has no room for it.
    store.leave_no_trace().await.map_err(|error| {
        CliError::Other(format!(
            "the key is rotated, but free pages of the database may still contain values encrypted with the old key ({error}); free disk space, then run VACUUM"
        ))
    })?;
    Ok(store.close().await?)
}

/// The old key, the new key, and who stores them. The new key is stored or printed before anything is encrypted with it.
fn keys(config: &Config, typed: Option<MasterKey>) -> Result<(MasterKey, MasterKey, Keeping), CliError> {
    if let Some(old) = &config.master_key {
        let new = if let Some(new) = typed {
            new
        } else {
            let new = MasterKey::generate();
            note(
                "The new master key follows. Store it now. If this command is interrupted, run it again with CLEARHOOK_NEW_MASTER_KEY set to this key.",
            );
            // Nothing is encrypted with a key that could not be printed.
            print_line(new.reveal().as_str())?;
            new
        };
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
    let (mut sealed, mut place) = (0, Some(ResealCursor::default()));
    while let Some(from) = place {
        let (count, next) = store.reseal(to, from).await?;
        if (sealed + count) / WORD_EVERY > sealed / WORD_EVERY {
            note(format_args!("{} values re-encrypted", sealed + count));
        }
        (sealed, place) = (sealed + count, next);
    }
    store.end_rotation(&Actor::command_line(), to).await?;
    Ok(sealed)
}

fn read_key() -> Result<Zeroizing<String>, CliError> {
    let mut text = Zeroizing::new(String::new());
    // Longer than any valid key.
    let read = std::io::stdin().take(1_024).read_to_string(&mut text);
    read.map_err(|error| CliError::Other(format!("cannot read the new key from standard input: {error}")))?;
    Ok(text)
}
