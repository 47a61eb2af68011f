//! The passphrase of an encrypted backup. It is never an argument, because other users of the machine can read those.

use std::env;

use clap::Args;
use zeroize::Zeroizing;

use crate::{
    cli::{error::CliError, input::read_secret},
    config::secret_file,
};

/// The variable with the passphrase itself.
pub(in crate::cli) const VARIABLE: &str = "CLEARHOOK_BACKUP_PASSPHRASE";
/// The shortest passphrase, in characters.
const SHORTEST: usize = 12;

#[derive(Args)]
pub(super) struct PassphraseArguments {
    /// A file with the passphrase, or - for standard input [default: the variable `CLEARHOOK_BACKUP_PASSPHRASE`]
    #[arg(long, env = "CLEARHOOK_BACKUP_PASSPHRASE_FILE", hide_env_values = true, value_name = "FILE")]
    passphrase_file: Option<String>,
}

impl PassphraseArguments {
    /// The passphrase, if one is given.
    pub(super) fn read(&self) -> Result<Option<Zeroizing<String>>, CliError> {
        if self.passphrase_file.as_deref() == Some("-") {
            return read_secret("the passphrase").map(Some);
        }
        let found = secret_file::either(VARIABLE, env::var(VARIABLE).ok(), self.passphrase_file.clone())?;
        Ok(found.map(Zeroizing::new))
    }

    /// The passphrase for a new backup, if one is given.
    pub(super) fn read_new(&self) -> Result<Option<Zeroizing<String>>, CliError> {
        let found = self.read()?;
        if found.as_ref().is_some_and(|passphrase| passphrase.chars().count() < SHORTEST) {
            return Err(CliError::Other(format!(
                "the passphrase has fewer than {SHORTEST} characters; use a longer one, such as the output of: head -c 24 /dev/urandom | base64"
            )));
        }
        Ok(found)
    }
}
