//! The error of a command.

use std::{io, net::SocketAddr};

use thiserror::Error;

use crate::{
    auth::password::HashError,
    config::ConfigError,
    delivery::ClientError,
    services::error::UseCaseError,
    storage::{StoreError, master_key::KeyError, open::OpenError},
};

/// The error of a command.
#[derive(Debug, Error)]
pub(crate) enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("standard output was closed")]
    OutputClosed,
    /// The arguments are wrong.
    #[error("{0}")]
    Usage(String),
    /// Ended by Ctrl+C.
    #[error("{0}")]
    Interrupted(String),
    /// Only an exit code, because everything was printed already.
    #[error("exit code {0}")]
    Exit(u8),
    #[error("{0}")]
    Other(String),
}

impl From<UseCaseError> for CliError {
    fn from(error: UseCaseError) -> Self {
        match error {
            UseCaseError::Invalid(errors) => {
                let messages = errors
                    .iter()
                    .map(|error| format!("--{}: {}", error.pointer.trim_start_matches('/'), error.detail));
                Self::Other(messages.collect::<Vec<_>>().join(" "))
            }
            UseCaseError::Store(error) => error.into(),
            other => Self::Other(other.to_string()),
        }
    }
}

/// The error of an address on which the process cannot listen.
pub(super) fn cannot_listen(address: SocketAddr, error: &io::Error) -> CliError {
    CliError::Other(format!(
        "cannot listen on {address}: {error}; stop the program that uses this address, or choose another one with --addr"
    ))
}
