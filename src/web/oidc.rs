//! The way to the OpenID provider and back.

use axum::{
    extract::{Request, State},
    http::request::Parts,
    response::{IntoResponse, Redirect, Response},
};
use url::form_urlencoded;

use crate::{
    app::AppState,
    auth::{
        oidc::{self, OidcError, Returned},
        session,
        sign_in::{self, SignIn},
    },
    console::calls::SignInProblem,
    request::{client_address::Secure, cookies},
    rest::Problem,
    storage::identities::Identified,
    web::{
        pages::not_found,
        sign_in::{again, browser, local, signed_in, with_next},
    },
};

/// `GET /sign-in/oidc`: to the provider.
pub(super) async fn leave(State(app): State<AppState>, Secure(secure): Secure, request: Request) -> Response {
    let Some(provider) = app.oidc.clone() else {
        return not_found(State(app), request).await;
    };
    let (parts, _) = request.into_parts();
    let next = local(&query(&parts, "next").unwrap_or_default());
    match provider.begin(&app.store, &next, app.clock.now()).await {
        Ok((url, begun)) => {
            let mut response = Redirect::to(url.as_str()).into_response();
            cookies::set(
                &mut response,
                &session::set_cookie(oidc::COOKIE, Some(&begun), oidc::CALLBACK, oidc::AGE, secure),
            );
            response
        }
        Err(error) => refuse(&app, parts, &next, &error).await,
    }
}

/// `GET /sign-in/oidc/callback`: back from the provider.
pub(super) async fn back(State(app): State<AppState>, Secure(secure): Secure, request: Request) -> Response {
    let Some(provider) = app.oidc.clone() else {
        return not_found(State(app), request).await;
    };
    let (parts, _) = request.into_parts();
    let begun = cookies::value(&parts.headers, oidc::COOKIE).unwrap_or_default();
    let returned = Returned {
        code: query(&parts, "code"),
        state: query(&parts, "state"),
        issuer: query(&parts, "iss"),
        error: query(&parts, "error"),
    };
    let now = app.clock.now();
    let mut response = match provider.finish(&app.store, begun, returned, now).await {
        Ok((identity, next)) => {
            let browser = browser(&parts);
            let identified = app.store.identify(&identity, Some(browser.address), now).await;
            let problem = match identified {
                Ok(Identified::User(user)) if user.disabled_at.is_none() => {
                    match sign_in::by_provider(&app.store, &browser, &user, now).await {
                        Ok(SignIn::Done(begun)) => Ok(signed_in(&begun, &local(&next), secure)),
                        Ok(other) => Ok(second_step(other, &local(&next), secure)),
                        Err(error) => return Problem::from(error).into_response(),
                    }
                }
                Ok(Identified::User(_)) => Err(SignInProblem::Disabled),
                Ok(Identified::Taken) => Err(SignInProblem::Taken),
                Err(error) => return Problem::from(error).into_response(),
            };
            match problem {
                Ok(response) => response,
                Err(problem) => again(&app, parts, &with_next("/sign-in", &next), String::new(), problem, None).await,
            }
        }
        Err(OidcError::Store(error)) => return Problem::from(error).into_response(),
        Err(error) => refuse(&app, parts, "/webhooks", &error).await,
    };
    cookies::set(
        &mut response,
        &session::set_cookie(oidc::COOKIE, None, oidc::CALLBACK, oidc::AGE, secure),
    );
    response
}

/// On to the code of the second factor that somebody has set up here, whatever the provider asked for.
fn second_step(came: SignIn, next: &str, secure: bool) -> Response {
    let mut response = Redirect::to(&with_next("/sign-in/code", next)).into_response();
    if let SignIn::SecondStep(proof) = came {
        let cookie = session::set_cookie(sign_in::STEP, Some(&proof), "/sign-in", sign_in::STEP_AGE, secure);
        cookies::set(&mut response, &cookie);
    }
    response
}

async fn refuse(app: &AppState, parts: Parts, next: &str, error: &OidcError) -> Response {
    tracing::warn!(%error, "a sign-in by the OpenID provider failed: {error}");
    let problem = match error {
        OidcError::Unreachable(_) | OidcError::Store(_) => SignInProblem::ProviderUnreachable,
        OidcError::Refused(_) => SignInProblem::ProviderRefused,
        OidcError::Expired => SignInProblem::ProviderExpired,
        OidcError::Invalid(_) => SignInProblem::ProviderInvalid,
        OidcError::NoEmail => SignInProblem::NoEmail,
        OidcError::EmailUnstated => SignInProblem::EmailUnstated,
        OidcError::NoRole { .. } => SignInProblem::NoRole,
    };
    again(app, parts, &with_next("/sign-in", next), String::new(), problem, None).await
}

/// A parameter of the address; of two with one name neither counts.
fn query(parts: &Parts, name: &str) -> Option<String> {
    let mut found = form_urlencoded::parse(parts.uri.query()?.as_bytes()).filter(|(known, _)| known == name);
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value.into_owned()),
        _ => None,
    }
}
