//! What server functions and forms need of a request, and how they make their views.

pub mod account;
mod browser_name;
pub mod form;
pub mod list;
pub mod log;

use axum::http::{StatusCode, header, request::Parts};
use jiff::tz::TimeZone;
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;

use crate::{
    auth::principal::{Principal, SignedIn},
    console::{
        ConsoleError,
        calls::{PostedForm, TimeView},
    },
    domain::timestamp::Timestamp,
    state::AppState,
    web::RequestId,
    webhooks::UseCaseError,
};

/// Who is calling: the first line of every server function.
pub fn caller() -> Result<(AppState, Principal), ConsoleError> {
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

/// The viewer's time zone, by the cookie that hydration sets; UTC at first.
pub fn zone() -> TimeZone {
    use_context::<Parts>().and_then(|parts| zone_of(&parts)).unwrap_or(TimeZone::UTC)
}

fn zone_of(parts: &Parts) -> Option<TimeZone> {
    let cookies = parts.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, name) = pairs.find(|(name, _)| *name == "tz")?;
    TimeZone::get(name).ok()
}

/// A moment as a page shows it.
pub fn time_view(at: Timestamp, zone: &TimeZone) -> TimeView {
    TimeView {
        text: at.in_words(zone),
        datetime: at.rfc3339(),
        utc: format!("{} UTC", at.in_words(&TimeZone::UTC)),
    }
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
        UseCaseError::Invalid(_) | UseCaseError::Conflict(_) | UseCaseError::Store(_) => {
            tracing::error!(%error, "a page cannot be shown");
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
