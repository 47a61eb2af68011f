//! What pages and server functions read of the current request, and the texts that several of them need.

pub(super) mod dates;
pub(super) mod durations;
mod names;
pub(super) mod relative;
pub mod response;
pub mod viewer;

pub(in crate::console) use self::names::{event_types_loaded, pattern_name, type_name};
pub use self::{
    dates::{TimeView, cell_view, date_view, time_view},
    viewer::{lang, zone},
};

use axum::http::{StatusCode, Uri, request::Parts};
use leptos::prelude::{expect_context, provide_context, use_context};
use leptos_axum::ResponseOptions;

use crate::{
    app::AppState,
    auth::principal::{Principal, SignedIn},
    console::{ConsoleError, field_errors::error_views},
    domain::disabled::DisabledReason,
    messages::{common, validation::ValidationError},
    request::{NotPermitted, PublicReader, RequestId},
    services::error::UseCaseError,
};

/// The application and the caller. Each loader and server function starts with it. On a page that the caller may not see, nothing is found.
pub fn caller() -> Result<(AppState, Principal), ConsoleError> {
    if extension::<NotPermitted>().is_some() {
        return Err(console_error(UseCaseError::NotFound));
    }
    let who = extension::<SignedIn>().ok_or(ConsoleError::SignedOut)?;
    Ok((expect_context::<AppState>(), Principal::User(who)))
}

/// The application and the reader of the catalogue: a user, or anybody if the catalogue is public.
pub fn reader() -> Result<(AppState, Principal), ConsoleError> {
    if extension::<PublicReader>().is_some() {
        return Ok((expect_context::<AppState>(), Principal::Public));
    }
    caller()
}

/// The signed-in user.
pub fn signed_in() -> Option<SignedIn> {
    extension::<SignedIn>()
}

/// The error of a loader. The cause is logged, and the status of the response is set.
pub fn console_error(error: UseCaseError) -> ConsoleError {
    match error {
        UseCaseError::NotFound | UseCaseError::Forbidden(_) => {
            if let Some(response) = use_context::<ResponseOptions>() {
                response.set_status(StatusCode::NOT_FOUND);
            }
            ConsoleError::NotFound
        }
        UseCaseError::Invalid(_)
        | UseCaseError::Stale
        | UseCaseError::Conflict(_)
        | UseCaseError::Incompatible(_)
        | UseCaseError::Store(_)
        | UseCaseError::Hash(_) => {
            tracing::error!(%error, "a page cannot be shown because of the database: {error}");
            if let Some(response) = use_context::<ResponseOptions>() {
                response.set_status(StatusCode::SERVICE_UNAVAILABLE);
            }
            ConsoleError::Failed {
                request: extension::<RequestId>().map_or_else(String::new, |id| id.0),
            }
        }
    }
}

/// The error of a server function that changes something or is called by an island. Sets the status of its response.
pub fn action_error(error: UseCaseError) -> ConsoleError {
    let lang = lang();
    let (status, error) = match error {
        UseCaseError::NotFound => (StatusCode::NOT_FOUND, ConsoleError::NotFound),
        UseCaseError::Forbidden(forbidden) => {
            let detail = format!("{forbidden}.");
            (StatusCode::FORBIDDEN, ConsoleError::Forbidden { detail })
        }
        UseCaseError::Invalid(errors) => {
            let errors = error_views(&errors, lang);
            (StatusCode::UNPROCESSABLE_ENTITY, ConsoleError::Invalid { errors })
        }
        UseCaseError::Stale => (StatusCode::CONFLICT, ConsoleError::Stale),
        UseCaseError::Conflict(wrong) => (StatusCode::CONFLICT, ConsoleError::Conflict { reason: wrong.text(lang) }),
        UseCaseError::Incompatible(incompatible) => {
            let count = incompatible.changes.len() as u64;
            let reason = ValidationError::Incompatible { count }.text(lang);
            (StatusCode::CONFLICT, ConsoleError::Conflict { reason })
        }
        UseCaseError::Store(_) | UseCaseError::Hash(_) => {
            tracing::error!(%error, "a server function failed: {error}");
            let request = extension::<RequestId>().map_or_else(String::new, |id| id.0);
            (StatusCode::SERVICE_UNAVAILABLE, ConsoleError::Failed { request })
        }
    };
    set_status(status);
    error
}

/// Sets the status of the response that is being made.
pub fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

/// Lets what is rendered keep the query of the page that it becomes a part of: links and forms read it from the request.
pub fn as_part_of(path: &str, query: &str) {
    if let (Some(mut parts), Ok(uri)) = (use_context::<Parts>(), format!("{path}?{query}").parse::<Uri>()) {
        parts.uri = uri;
        provide_context(parts);
    }
}

fn extension<T: Clone + Send + Sync + 'static>() -> Option<T> {
    use_context::<Parts>()?.extensions.get::<T>().cloned()
}

/// Why clearhook disabled a webhook, in the viewer's language.
pub(super) fn disabled_reason(stored: String) -> String {
    let lang = lang();
    match DisabledReason::parse(&stored) {
        Some(DisabledReason::Gone) => common::disabled_gone(lang).to_owned(),
        Some(DisabledReason::Exhausted { deliveries, since }) => {
            let since = dates::in_words(since, &zone(), lang);
            common::disabled_exhausted(lang, &deliveries.to_string(), &since)
        }
        None => stored,
    }
}
