//! Sign-in by the OpenID provider: the redirect to it, and the redirect back from it.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use url::form_urlencoded;

use super::{
    SignInProblem, SignInView,
    forms::{rejected, second_step, signed_in},
    next_page,
};
use crate::{
    app::AppState,
    auth::{
        oidc::{self, AuthorizationResponse, OidcError},
        session::{Browser, http_only_cookie},
        sign_in::{self, SignIn},
    },
    console::{page_response::PageResponse, pages::not_found::NotFound},
    domain::timestamp::Timestamp,
    problem::Problem,
    request::{browser::FromBrowser, client_address::Secure, cookies},
    storage::{
        StoreError,
        identities::{Identified, Identity},
    },
};

/// `GET /sign-in/oidc`: redirects to the provider.
pub(super) async fn redirect_to_provider(State(app): State<AppState>, Secure(secure): Secure, RawQuery(query): RawQuery) -> Response {
    let Some(provider) = app.oidc.clone() else {
        return not_found();
    };
    let next = next_page(&parameter(query.as_deref(), "next").unwrap_or_default());
    match provider.begin(&app.store, &next, app.clock.now()).await {
        Ok((url, begun)) => {
            let mut response = Redirect::to(url.as_str()).into_response();
            let cookie = http_only_cookie(oidc::COOKIE, Some(&begun), oidc::CALLBACK, oidc::AGE, secure);
            cookies::set(&mut response, &cookie);
            response
        }
        Err(error) => failed(next, &error),
    }
}

/// `GET /sign-in/oidc/callback`: the provider redirects here.
pub(super) async fn callback(
    State(app): State<AppState>,
    Secure(secure): Secure,
    FromBrowser(browser): FromBrowser,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(provider) = app.oidc.clone() else {
        return not_found();
    };
    let begun = cookies::value(&headers, oidc::COOKIE).unwrap_or_default();
    let parameter = |name| parameter(query.as_deref(), name);
    let returned = AuthorizationResponse {
        code: parameter("code"),
        state: parameter("state"),
        issuer: parameter("iss"),
        error: parameter("error"),
    };
    let now = app.clock.now();
    let mut response = match provider.finish(&app.store, begun, returned, now).await {
        Ok((identity, next)) => match sign_in(&app, &browser, &identity, next_page(&next), secure, now).await {
            Ok(response) => response,
            Err(error) => return Problem::from(error).into_response(),
        },
        Err(OidcError::Store(error)) => return Problem::from(error).into_response(),
        Err(error) => failed(next_page(""), &error),
    };
    cookies::set(
        &mut response,
        &http_only_cookie(oidc::COOKIE, None, oidc::CALLBACK, oidc::AGE, secure),
    );
    response
}

/// Signs the user with this identity in. A second factor that the user set up here is required in addition to those of the provider.
async fn sign_in(
    app: &AppState,
    browser: &Browser,
    identity: &Identity,
    next: String,
    secure: bool,
    now: Timestamp,
) -> Result<Response, StoreError> {
    let problem = match app.store.identify(identity, Some(browser.address), now).await? {
        Identified::User(user) if user.disabled_at.is_none() => match sign_in::by_provider(&app.store, browser, &user, now).await? {
            SignIn::Done(begun) => return Ok(signed_in(app, &begun, None, next, secure).await),
            SignIn::SecondStep(proof) => return Ok(second_step(&proof, None, next, secure)),
            SignIn::Wait(_) | SignIn::Wrong | SignIn::Expired => SignInProblem::Expired,
        },
        Identified::User(_) => SignInProblem::Disabled,
        Identified::Taken => SignInProblem::Taken,
    };
    Ok(page(problem, next))
}

/// The sign-in page after an error of the provider.
fn failed(next: String, error: &OidcError) -> Response {
    tracing::warn!(%error, "a sign-in by the OpenID provider failed: {error}");
    let problem = match error {
        OidcError::Unreachable(_) | OidcError::Store(_) => SignInProblem::ProviderUnreachable,
        OidcError::Refused(_) => SignInProblem::ProviderRejected,
        OidcError::Expired => SignInProblem::ProviderExpired,
        OidcError::Invalid(_) => SignInProblem::ProviderInvalid,
        OidcError::NoEmail => SignInProblem::NoEmail,
        OidcError::EmailUnstated => SignInProblem::EmailUnstated,
        OidcError::NoRole { .. } => SignInProblem::NoRole,
    };
    page(problem, next)
}

fn page(problem: SignInProblem, next: String) -> Response {
    let view = SignInView {
        next,
        problem: Some(problem),
        ..SignInView::default()
    };
    rejected(problem, view)
}

fn not_found() -> Response {
    PageResponse::standalone(StatusCode::NOT_FOUND, || view! { <NotFound /> }.into_any())
}

/// A parameter of the query. A parameter that is given twice counts as missing, because it is ambiguous.
fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut found = form_urlencoded::parse(query?.as_bytes()).filter(|(known, _)| known == name);
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value.into_owned()),
        _ => None,
    }
}
