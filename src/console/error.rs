//! What a page shows when its data cannot be had.

use thiserror::Error;

use crate::messages::{Lang, common};

/// Why a page cannot be shown. Causes stay in the server's log; the page shows the request's id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
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
}

impl ConsoleError {
    /// The same, in the language of the page.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::NotFound => common::nothing_here(lang).to_owned(),
            Self::SignedOut => common::signed_out(lang).to_owned(),
            Self::Failed { request } => common::failed(lang, request),
        }
    }
}
