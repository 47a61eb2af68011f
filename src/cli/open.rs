//! Opening the configured database.

use std::path::Path;

use clap::Args;

use crate::{
    cli::error::CliError,
    config::{Config, Settings},
    storage::{Store, sqlite_file::FileError},
    vault::{MasterKey, Vault},
};

/// The settings of commands that use the database.
#[derive(Args)]
pub(super) struct DatabaseArguments {
    #[command(flatten)]
    pub(super) settings: Settings,
}

impl DatabaseArguments {
    /// Opens the database and applies all migrations.
    pub(super) async fn open(self) -> Result<(Store, Config), CliError> {
        let config = Config::resolve(self.settings)?;
        Ok((open(&config, true).await?, config))
    }
}

/// The error of a database file that cannot be used.
pub(super) fn cannot_use(path: &Path, error: &FileError) -> CliError {
    CliError::Other(format!("the database file {} cannot be used: {error}", path.display()))
}

/// Opens the database of this configuration.
pub(super) async fn open(config: &Config, migrate: bool) -> Result<Store, CliError> {
    config.data_dir.prepare()?;
    let known = match &config.master_key {
        Some(key) => Some(key.clone()),
        None => config.data_dir.stored_master_key()?,
    };
    let Some(key) = known else {
        return open_without_key(config, migrate).await;
    };
    let store = Store::open(&config.database, Vault::new(&key), migrate).await?;
    store.check_key().await?;
    Ok(store)
}

/// Opens a database for which no key was found. A key is generated only if the database is new: next to a database that is encrypted with
/// another key, the generated file would take the place of the right one.
async fn open_without_key(config: &Config, migrate: bool) -> Result<Store, CliError> {
    let store = Store::open(&config.database, Vault::new(&MasterKey::generate()), migrate).await?;
    if store.has_key().await? {
        return Err(config.data_dir.missing_key().into());
    }
    let store = store.with_vault(Vault::new(&config.data_dir.master_key()?));
    store.check_key().await?;
    Ok(store)
}
