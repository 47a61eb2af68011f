//! The forms of sign-in and sign-out. They set and delete cookies and redirect, so they are plain handlers and not server functions.

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use serde::Deserialize;

use super::{CODE_PATH, PATH, Resume, SecondStep, SignIn, SignInProblem, SignInView, is_start, next_page, with_next};
use crate::{
    app::AppState,
    auth::{
        login_throttle,
        principal::SignedIn,
        session::{self, http_only_cookie},
        sign_in::{self, SignIn as Outcome, SignedInSession},
    },
    console::{
        page_response::PageResponse,
        replay::{ReplayForm, problem_with},
        seconds::whole_seconds,
    },
    problem::Problem,
    request::{browser::FromBrowser, client_address::Secure, cookies, form::Form},
    services::webhooks,
};

/// The form of the first step.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SignInForm {
    email: String,
    password: String,
    next: String,
    kept_path: String,
    kept: String,
}

/// The form of the second step.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CodeForm {
    code: String,
    next: String,
    kept_path: String,
    kept: String,
}

/// `POST /sign-in`
pub(super) async fn sign_in(
    State(app): State<AppState>,
    Secure(secure): Secure,
    FromBrowser(browser): FromBrowser,
    Form(form): Form<SignInForm>,
) -> Response {
    let next = next_page(&form.next);
    let replay = ReplayForm::new(&form.kept_path, &form.kept);
    let problem = match sign_in::by_password(&app.store, &browser, &form.email, &form.password, app.clock.now()).await {
        Ok(Outcome::Done(session)) => return signed_in(&app, &session, replay, next, secure).await,
        Ok(Outcome::SecondStep(proof)) => return second_step(&proof, replay, next, secure),
        Ok(Outcome::Wait(wait)) => SignInProblem::Wait(whole_seconds(wait)),
        Ok(Outcome::Wrong | Outcome::Expired) => SignInProblem::WrongPassword,
        Err(error) => return problem_with(error.into(), replay),
    };
    let view = SignInView {
        next,
        email: form.email,
        problem: Some(problem),
        replay,
        is_unsent: false,
    };
    rejected(problem, view)
}

/// `POST /sign-in/code`
pub(super) async fn submit_code(
    State(app): State<AppState>,
    Secure(secure): Secure,
    FromBrowser(browser): FromBrowser,
    headers: HeaderMap,
    Form(form): Form<CodeForm>,
) -> Response {
    let next = next_page(&form.next);
    let replay = ReplayForm::new(&form.kept_path, &form.kept);
    let proof = cookies::value(&headers, sign_in::STEP_COOKIE).unwrap_or_default();
    let problem = match sign_in::by_code(&app.store, &browser, proof, &form.code, app.clock.now()).await {
        Ok(Outcome::Done(session)) => {
            let mut response = signed_in(&app, &session, replay, next, secure).await;
            cookies::set(
                &mut response,
                &http_only_cookie(sign_in::STEP_COOKIE, None, PATH, sign_in::STEP_AGE, secure),
            );
            return response;
        }
        Ok(Outcome::Wait(wait)) => SignInProblem::Wait(whole_seconds(wait)),
        Ok(Outcome::Wrong) => SignInProblem::WrongCode,
        Ok(Outcome::Expired | Outcome::SecondStep(_)) => SignInProblem::Expired,
        Err(error) => return problem_with(error.into(), replay),
    };
    let view = SignInView {
        next,
        problem: Some(problem),
        replay,
        ..SignInView::default()
    };
    if problem == SignInProblem::Expired {
        return rejected(problem, view);
    }
    with_wait(
        problem,
        PageResponse::standalone(status(problem), move || view! { <SecondStep view=view.clone() /> }.into_any()),
    )
}

/// `POST /sign-out`
pub(super) async fn sign_out(State(app): State<AppState>, Secure(secure): Secure, who: Option<Extension<SignedIn>>) -> Response {
    if let Some(Extension(who)) = who
        && let Err(error) = app.store.end_session(who.session).await
    {
        return Problem::from(error).into_response();
    }
    let mut response = Redirect::to(PATH).into_response();
    cookies::set(&mut response, &session::cookie(None, secure));
    response
}

/// The response after sign-in, with the cookies of the session and of the browser: the next page, or the form that was carried along.
pub(super) async fn signed_in(
    app: &AppState,
    session: &SignedInSession,
    replay: Option<ReplayForm>,
    next: String,
    secure: bool,
) -> Response {
    let mut response = match replay {
        Some(form) => PageResponse::standalone(StatusCode::OK, move || view! { <Resume form=form.clone() /> }.into_any()),
        None => Redirect::to(&first_page(app, session, next).await).into_response(),
    };
    cookies::set(&mut response, &session::cookie(Some(&session.token), secure));
    let mark = http_only_cookie(
        login_throttle::DEVICE_COOKIE,
        Some(&session.device_cookie),
        PATH,
        login_throttle::DEVICE_COOKIE_AGE,
        secure,
    );
    cookies::set(&mut response, &mark);
    response
}

/// The page after sign-in. An API owner with one webhook who asked for no page in particular gets the page of this webhook, because a list of one
/// row and an overview of one webhook only lead there.
async fn first_page(app: &AppState, session: &SignedInSession, next: String) -> String {
    if !is_start(&next) {
        return next;
    }
    match webhooks::only_webhook(app, session.user, session.role).await {
        Ok(Some(webhook)) => format!("/webhooks/{webhook}"),
        Ok(None) => next,
        Err(error) => {
            tracing::warn!(%error, "the webhooks of a user who signed in could not be read; the list of webhooks is shown: {error}");
            next
        }
    }
}

/// The response that asks for the code of the second factor, with the cookie that proves the first step.
pub(super) fn second_step(proof: &str, replay: Option<ReplayForm>, next: String, secure: bool) -> Response {
    let mut response = if replay.is_some() {
        let view = SignInView {
            next,
            replay,
            ..SignInView::default()
        };
        PageResponse::standalone(StatusCode::OK, move || view! { <SecondStep view=view.clone() /> }.into_any())
    } else {
        Redirect::to(&with_next(CODE_PATH, &next)).into_response()
    };
    let cookie = http_only_cookie(sign_in::STEP_COOKIE, Some(proof), PATH, sign_in::STEP_AGE, secure);
    cookies::set(&mut response, &cookie);
    response
}

/// The page of the first step with the reason why the user was not signed in.
pub(super) fn rejected(problem: SignInProblem, view: SignInView) -> Response {
    with_wait(
        problem,
        PageResponse::standalone(status(problem), move || view! { <SignIn view=view.clone() /> }.into_any()),
    )
}

/// Adds `Retry-After` if the user has to wait.
fn with_wait(problem: SignInProblem, mut response: Response) -> Response {
    if let SignInProblem::Wait(seconds) = problem {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

const fn status(problem: SignInProblem) -> StatusCode {
    match problem {
        SignInProblem::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
        SignInProblem::ProviderUnreachable | SignInProblem::ProviderInvalid => StatusCode::BAD_GATEWAY,
        SignInProblem::ProviderExpired => StatusCode::BAD_REQUEST,
        SignInProblem::WrongPassword | SignInProblem::WrongCode | SignInProblem::Expired => StatusCode::UNAUTHORIZED,
        SignInProblem::ProviderRejected
        | SignInProblem::NoEmail
        | SignInProblem::EmailUnstated
        | SignInProblem::NoRole
        | SignInProblem::Taken
        | SignInProblem::Disabled => StatusCode::FORBIDDEN,
    }
}
