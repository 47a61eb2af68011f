//! Errors of the console: of loading a page, and of a server function.

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    console::error_view::ErrorView,
    messages::{Lang, common, sign_in},
};

/// Why a page cannot be shown or a server function failed. Internal causes are only in the server's log; the page shows the request id.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum ConsoleError {
    /// The object does not exist, or the caller may not know that it exists.
    #[error("there is nothing here")]
    NotFound,
    /// The session has ended.
    #[error("signed out")]
    SignedOut,
    /// The request cannot be parsed.
    #[error("the request cannot be read: {detail}")]
    Malformed {
        /// What is wrong, in English.
        detail: String,
    },
    /// Fields are invalid.
    #[error("some fields are wrong")]
    Invalid {
        /// The errors, in the viewer's language.
        errors: Vec<ErrorView>,
    },
    /// The object was changed after the caller read it.
    #[error("it was changed meanwhile")]
    Stale,
    /// The action is not possible in the current state of the object.
    #[error("{reason}")]
    Conflict {
        /// Why, in the viewer's language.
        reason: String,
    },
    /// The caller lacks a permission.
    #[error("{detail}")]
    Forbidden {
        /// Which one, in English.
        detail: String,
    },
    /// There were too many attempts to enter a password.
    #[error("too many attempts")]
    Wait {
        /// The number of seconds until the next attempt is allowed.
        seconds: u64,
    },
    /// The server or its database failed, or could not be reached.
    #[error("the server could not answer request {request}")]
    Failed {
        /// The id of the request. It is empty if there was no answer.
        request: String,
    },
}

impl ConsoleError {
    /// The error in the language of the page.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::NotFound => common::nothing_here(lang).to_owned(),
            Self::SignedOut => common::signed_out(lang).to_owned(),
            Self::Malformed { .. } => common::refused_unread_why(lang).to_owned(),
            Self::Invalid { errors } => errors.iter().map(|error| error.detail.as_str()).collect::<Vec<_>>().join(" "),
            Self::Stale => common::refused_conflict_why(lang).to_owned(),
            Self::Conflict { reason } => reason.clone(),
            Self::Forbidden { .. } => common::refused_forbidden_why(lang).to_owned(),
            Self::Wait { seconds } => sign_in::wait_seconds(lang, *seconds),
            Self::Failed { request } if request.is_empty() => common::unreachable(lang).to_owned(),
            Self::Failed { request } => common::failed(lang, request),
        }
    }
}

impl FromServerFnError for ConsoleError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(detail) | ServerFnErrorErr::MissingArg(detail) => {
                #[cfg(feature = "ssr")]
                if let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>() {
                    response.set_status(axum::http::StatusCode::BAD_REQUEST);
                }
                Self::Malformed { detail }
            }
            _ => Self::Failed { request: String::new() },
        }
    }
}
