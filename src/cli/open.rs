//! Opening the database that the settings name.

use clap::Args;

use crate::{
    cli::CliError,
    config::{Config, Settings},
    storage::{DatabaseUrl, Store},
    vault::Vault,
};

/// The settings of commands that use the database.
#[derive(Args)]
pub(super) struct DatabaseArguments {
    #[command(flatten)]
    pub(super) settings: Settings,
}

impl DatabaseArguments {
    /// Opens the database, and brings it up to date.
    pub(super) async fn open(self) -> Result<(Store, Config), CliError> {
        let config = Config::resolve(self.settings)?;
        Ok((open(&config, true).await?, config))
    }
}

/// Opens the database of these settings.
pub(super) async fn open(config: &Config, migrate: bool) -> Result<Store, CliError> {
    config.data_dir.prepare()?;
    if let DatabaseUrl::Sqlite(path) = &config.database
        && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)
            .map_err(|error| CliError::Other(format!("cannot make the folder {}: {error}", folder.display())))?;
    }
    let key = match &config.master_key {
        Some(key) => key.clone(),
        None => config.data_dir.master_key()?,
    };
    let store = Store::open(&config.database, Vault::new(&key), migrate).await?;
    store.check_key().await?;
    Ok(store)
}
