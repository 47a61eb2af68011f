//! What pages and forms need of a request, and how their views are made.

pub mod account;
pub mod administration;
mod bars;
mod browser_name;
mod callback_detail;
mod chart;
mod dates;
pub mod event_types;
pub mod form;
mod indent;
pub mod list;
pub mod log;
pub mod overview;
pub mod range;
mod urls;
pub mod viewer;

pub use self::{
    dates::time_view,
    viewer::{lang, zone},
};

use axum::http::{StatusCode, request::Parts};
use jiff::tz::TimeZone;
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;

use crate::{
    app::AppState,
    auth::principal::{Principal, SignedIn},
    console::{ConsoleError, calls::PostedForm},
    domain::disabled::DisabledReason,
    messages::common,
    request::{NotPermitted, RequestId},
    services::error::UseCaseError,
};

/// Who is asking: the first line of everything that a page reads. On a page that they may not see there is nothing.
pub fn caller() -> Result<(AppState, Principal), ConsoleError> {
    if extension::<NotPermitted>().is_some() {
        return Err(console_error(UseCaseError::NotFound));
    }
    let who = extension::<SignedIn>().ok_or(ConsoleError::SignedOut)?;
    Ok((expect_context::<AppState>(), Principal::User(who)))
}

/// Whoever is signed in.
pub fn signed_in() -> Option<SignedIn> {
    extension::<SignedIn>()
}

/// The form that was posted and could not be carried out, when this is the answer to one.
pub fn posted() -> Option<PostedForm> {
    use_context::<PostedForm>()
}

/// What the page shows of an error; the cause goes to the log.
pub fn console_error(error: UseCaseError) -> ConsoleError {
    match error {
        UseCaseError::NotFound | UseCaseError::Forbidden(_) => {
            if let Some(response) = use_context::<ResponseOptions>() {
                response.set_status(StatusCode::NOT_FOUND);
            }
            ConsoleError::NotFound
        }
        UseCaseError::Invalid(_) | UseCaseError::Stale | UseCaseError::Conflict(_) | UseCaseError::Store(_) | UseCaseError::Hash(_) => {
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

fn extension<T: Clone + Send + Sync + 'static>() -> Option<T> {
    use_context::<Parts>()?.extensions.get::<T>().cloned()
}

/// Why clearhook disabled a webhook, in the viewer's language.
fn disabled_reason(stored: String) -> String {
    let lang = lang();
    match DisabledReason::parse(&stored) {
        Some(DisabledReason::Gone) => common::disabled_gone(lang).to_owned(),
        Some(DisabledReason::Exhausted { deliveries, since }) => {
            let since = common::utc(lang, &dates::in_words(since, &TimeZone::UTC, lang));
            common::disabled_exhausted(lang, &deliveries.to_string(), &since)
        }
        None => stored,
    }
}
