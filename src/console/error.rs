//! What a page shows when its data cannot be had.

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An error of a server function. Causes stay in the server's log; the page shows the request's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
pub enum ConsoleError {
    /// There is nothing there, or they may not know of it.
    #[error("There is nothing here. It may have been deleted, or the address is wrong.")]
    NotFound,
    /// The session has ended.
    #[error("You are signed out. Reload the page to sign in again.")]
    SignedOut,
    /// The server could not answer.
    #[error("clearhook could not answer just now. Try again in a moment; the log has more under {request}.")]
    Failed {
        /// The request's id.
        request: String,
    },
    /// The server could not be reached.
    #[error("clearhook cannot be reached. Check the connection and reload the page.")]
    Unreachable,
}

impl FromServerFnError for ConsoleError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self::Unreachable
    }
}
