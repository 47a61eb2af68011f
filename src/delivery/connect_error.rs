//! Why no connection to a receiver could be opened.

use std::io;

use thiserror::Error;

use crate::{
    delivery::resolver::ResolveError,
    domain::{answer::Failure, connection::Certificate},
};

/// Why no connection could be opened.
#[derive(Debug, Error)]
#[error("{detail}")]
pub(super) struct ConnectError {
    pub(super) failure: Failure,
    /// The reason, in a sentence.
    pub(super) detail: String,
    /// The certificates that the receiver presented, if it was refused because of them. Its own one is the first.
    pub(super) certificates: Vec<Certificate>,
}

impl ConnectError {
    /// A failure without certificates.
    pub(super) const fn new(failure: Failure, detail: String) -> Self {
        Self {
            failure,
            detail,
            certificates: Vec::new(),
        }
    }
}

impl From<ResolveError> for ConnectError {
    fn from(error: ResolveError) -> Self {
        let failure = match error {
            ResolveError::NotFound { .. } => Failure::NameNotResolved,
            ResolveError::Blocked { .. } => Failure::AddressBlocked,
        };
        Self::new(failure, error.to_string())
    }
}

/// The failure for an I/O error.
pub(super) fn of_io(error: &io::Error) -> Option<Failure> {
    match error.kind() {
        io::ErrorKind::TimedOut => Some(Failure::TimedOut),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => Some(Failure::ConnectionReset),
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => Some(Failure::ConnectionRefused),
        _ => None,
    }
}
