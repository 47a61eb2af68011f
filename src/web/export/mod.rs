//! Exports of the callback log and of the audit log for the console. Their queries are checked strictly: a page may ignore a wrong filter, but a
//! file with other rows than requested would be kept and trusted. Before each page of rows the viewer's session and permission are checked
//! again.

mod audit_log;
mod callbacks;

use std::{fmt, str::FromStr};

use crate::{
    app::AppState,
    auth::rules::Action,
    routes::{Routes, Rule},
    services::error::{FieldError, Reason},
};

/// The routes of the exports.
pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .get(
            "/webhooks/{id}/callbacks/export",
            Rule::Session(Action::ReadCallbacks),
            callbacks::export,
        )
        .get("/audit-log/export", Rule::Session(Action::ReadAuditLog), audit_log::export)
}

/// Checks a parameter that may be missing or empty.
fn check<T: FromStr>(errors: &mut Vec<FieldError>, name: &str, given: Option<&str>, reason: impl FnOnce(T::Err) -> Reason) {
    if let Some(Err(error)) = given.filter(|text| !text.is_empty()).map(str::parse::<T>) {
        errors.push(FieldError::new(format!("/{name}"), reason(error)));
    }
}

/// The message of a parser as a sentence.
fn sentence(error: impl fmt::Display) -> Reason {
    Reason::Text(format!("{error}."))
}
