//! What a page shows when its data cannot be had.

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::messages::{Lang, common};

/// An error of a server function. Causes stay in the server's log; the page shows the request's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
pub enum ConsoleError {
    /// There is nothing there, or they may not know of it.
    #[error("there is nothing here")]
    NotFound,
    /// The session has ended.
    #[error("signed out")]
    SignedOut,
    /// The server could not answer.
    #[error("the server could not answer request {request}")]
    Failed {
        /// The request's id.
        request: String,
    },
    /// The server could not be reached.
    #[error("the server cannot be reached")]
    Unreachable,
}

impl ConsoleError {
    /// The same, in the language of the page.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::NotFound => common::nothing_here(lang).to_owned(),
            Self::SignedOut => common::signed_out(lang).to_owned(),
            Self::Failed { request } => common::failed(lang, request),
            Self::Unreachable => common::unreachable(lang).to_owned(),
        }
    }
}

impl FromServerFnError for ConsoleError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self::Unreachable
    }
}
