//! Forms of signing in and out, and of the first administrator.

use std::time::Duration;

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::form_urlencoded;

use crate::{
    app::AppState,
    auth::{
        login_throttle,
        principal::SignedIn,
        session::{self, Browser},
        setup::{self, SetupError},
        sign_in::{self, Begun, SignIn},
    },
    console::calls::{KeptView, SetupProblem, SetupView, SignInProblem, SignInView},
    request::{
        client_address::{ClientAddress, Secure},
        cookies,
    },
    rest::Problem,
    web::{
        form_replay,
        pages::render,
        webhook_forms::{Fields, page},
    },
};

/// What a path may hold, and a header not.
const NOT_IN_HEADERS: &AsciiSet = &CONTROLS.add(b' ');
/// Where signing in begins: cookies of its steps are for it alone.
const PATH: &str = "/sign-in";

/// `POST /sign-in`
pub(super) async fn sign_in(State(app): State<AppState>, Secure(secure): Secure, request: Request) -> Response {
    let (parts, fields) = match Fields::read_once(request, &["email", "password", "next", "kept", "kept_path"]).await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let (email, next) = (fields.one("email"), local(&fields.one("next")));
    let came = sign_in::by_password(&app.store, &browser(&parts), &email, &fields.one("password"), app.clock.now()).await;
    let kept = form_replay::brought(&fields);
    let problem = match came {
        Ok(SignIn::Done(begun)) => return welcome(&app, parts, &begun, kept, &next, secure).await,
        Ok(SignIn::SecondStep(proof)) => {
            let code = with_next("/sign-in/code", &next);
            let mut response = match kept {
                Some(kept) => with_kept(&app, parts, &code, kept, false).await,
                None => Redirect::to(&code).into_response(),
            };
            let cookie = session::set_cookie(sign_in::STEP, Some(&proof), PATH, sign_in::STEP_AGE, secure);
            cookies::set(&mut response, &cookie);
            return response;
        }
        Ok(SignIn::Wait(wait)) => SignInProblem::Wait(seconds(wait)),
        Ok(SignIn::Wrong | SignIn::Expired) => SignInProblem::Wrong,
        Err(error) => return form_replay::with(error.into(), kept),
    };
    again(&app, parts, &with_next(PATH, &next), email, problem, kept).await
}

/// To where they wanted, or on with the form that was kept.
async fn welcome(app: &AppState, parts: Parts, begun: &Begun, kept: Option<KeptView>, next: &str, secure: bool) -> Response {
    let Some(kept) = kept else {
        return signed_in(begun, next, secure);
    };
    let mut response = with_kept(app, parts, PATH, kept, true).await;
    remember(&mut response, begun, secure);
    response
}

/// A step of signing in that brings a form along.
async fn with_kept(app: &AppState, parts: Parts, path: &str, kept: KeptView, resumes: bool) -> Response {
    let view = SignInView {
        kept: Some(kept),
        resumes,
        ..SignInView::default()
    };
    render(app, page(parts, path), view, StatusCode::OK).await
}

/// `POST /sign-in/code`
pub(super) async fn code(State(app): State<AppState>, Secure(secure): Secure, request: Request) -> Response {
    let (parts, fields) = match Fields::read_once(request, &["code", "next", "kept", "kept_path"]).await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let next = local(&fields.one("next"));
    let proof = cookies::value(&parts.headers, sign_in::STEP).unwrap_or_default();
    let came = sign_in::by_code(&app.store, &browser(&parts), proof, &fields.one("code"), app.clock.now()).await;
    let kept = form_replay::brought(&fields);
    let (path, problem) = match came {
        Ok(SignIn::Done(begun)) => {
            let mut response = welcome(&app, parts, &begun, kept, &next, secure).await;
            cookies::set(
                &mut response,
                &session::set_cookie(sign_in::STEP, None, PATH, sign_in::STEP_AGE, secure),
            );
            return response;
        }
        Ok(SignIn::Wait(wait)) => ("/sign-in/code", SignInProblem::Wait(seconds(wait))),
        Ok(SignIn::Wrong) => ("/sign-in/code", SignInProblem::WrongCode),
        Ok(SignIn::Expired | SignIn::SecondStep(_)) => (PATH, SignInProblem::Expired),
        Err(error) => return form_replay::with(error.into(), kept),
    };
    again(&app, parts, &with_next(path, &next), String::new(), problem, kept).await
}

/// `POST /sign-out`
pub(super) async fn sign_out(State(app): State<AppState>, Secure(secure): Secure, who: Option<Extension<SignedIn>>) -> Response {
    if let Some(Extension(who)) = who
        && let Err(error) = app.store.end_session(who.session).await
    {
        return Problem::from(error).into_response();
    }
    signed_out(secure)
}

/// `POST /setup`
pub(super) async fn set_up(State(app): State<AppState>, Secure(secure): Secure, request: Request) -> Response {
    let (parts, fields) = match Fields::read_once(request, &["token", "email", "password"]).await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let (token, email) = (fields.one("token"), fields.one("email"));
    let problem = match setup::run(
        &app.store,
        &browser(&parts),
        &token,
        &email,
        &fields.one("password"),
        app.clock.now(),
    )
    .await
    {
        Ok(cookie) => {
            let mut response = Redirect::to("/webhooks").into_response();
            cookies::set(&mut response, &session::cookie(Some(&cookie), secure));
            return response;
        }
        Err(SetupError::Link(link)) => SetupProblem::from(link),
        Err(SetupError::Email(_)) => SetupProblem::Email,
        Err(SetupError::Password(unfit)) => SetupProblem::Password(unfit.into()),
        Err(SetupError::Store(error)) => return Problem::from(error).into_response(),
        Err(SetupError::Hash(error)) => return Problem::internal(&error).into_response(),
    };
    let status = problem.status();
    let view = SetupView {
        token,
        email,
        problem: Some(problem),
    };
    render(&app, page(parts, "/setup"), view, status).await
}

/// The browser that sent a request.
pub(super) fn browser(parts: &Parts) -> Browser {
    let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Browser {
        address: ClientAddress::of(parts).0,
        agent: agent.map(str::to_owned),
        token: cookies::value(&parts.headers, session::COOKIE).map(str::to_owned),
        mark: cookies::value(&parts.headers, login_throttle::MARK).map(str::to_owned),
    }
}

/// To where they wanted, with the session's cookie and the browser's.
pub(super) fn signed_in(begun: &Begun, next: &str, secure: bool) -> Response {
    let mut response = Redirect::to(next).into_response();
    remember(&mut response, begun, secure);
    response
}

/// The session's cookie and the browser's.
fn remember(response: &mut Response, begun: &Begun, secure: bool) {
    cookies::set(response, &session::cookie(Some(&begun.token), secure));
    let mark = session::set_cookie(login_throttle::MARK, Some(&begun.mark), PATH, login_throttle::MARK_AGE, secure);
    cookies::set(response, &mark);
}

/// To the sign-in page, without the session's cookie.
pub(super) fn signed_out(secure: bool) -> Response {
    let mut response = Redirect::to(PATH).into_response();
    cookies::set(&mut response, &session::cookie(None, secure));
    response
}

/// The page at this path with what is wrong.
pub(super) async fn again(
    app: &AppState,
    parts: Parts,
    path: &str,
    email: String,
    problem: SignInProblem,
    kept: Option<KeptView>,
) -> Response {
    let view = SignInView {
        email,
        kept,
        problem: Some(problem),
        ..SignInView::default()
    };
    let (status, wait) = match problem {
        SignInProblem::Wait(wait) => (StatusCode::TOO_MANY_REQUESTS, Some(wait)),
        SignInProblem::ProviderUnreachable | SignInProblem::ProviderInvalid => (StatusCode::BAD_GATEWAY, None),
        SignInProblem::ProviderExpired => (StatusCode::BAD_REQUEST, None),
        SignInProblem::Wrong | SignInProblem::WrongCode | SignInProblem::Expired => (StatusCode::UNAUTHORIZED, None),
        SignInProblem::ProviderRefused
        | SignInProblem::NoEmail
        | SignInProblem::EmailUnstated
        | SignInProblem::NoRole
        | SignInProblem::Taken
        | SignInProblem::Disabled => (StatusCode::FORBIDDEN, None),
    };
    let mut response = render(app, page(parts, path), view, status).await;
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response
}

/// A path with where to go afterwards.
pub(super) fn with_next(path: &str, next: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    format!("{path}?{query}")
}

/// Whole seconds, at least one.
pub(super) fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0).max(u64::from(wait.is_zero()))
}

/// Where to go after signing in: only a path of this site. A browser reads `//host` and `/\host` as another site.
pub(super) fn local(next: &str) -> String {
    let is_local = next.starts_with('/') && !next.starts_with("//") && !next.contains(|letter: char| letter == '\\' || letter.is_control());
    if is_local {
        // A header holds nothing but ASCII.
        utf8_percent_encode(next, NOT_IN_HEADERS).to_string()
    } else {
        "/webhooks".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_nowhere_else() {
        assert_eq!(local("/webhooks/1?range=7d"), "/webhooks/1?range=7d");
        assert_eq!(local("/webhooks?q=é x%20y"), "/webhooks?q=%C3%A9%20x%20y");
        for elsewhere in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/webhooks?x=\u{1}",
            "/webhooks\u{7f}",
            "/webhooks\u{85}",
            "/\0",
            "javascript:alert(1)",
        ] {
            assert_eq!(local(elsewhere), "/webhooks", "{elsewhere}");
        }
    }

    #[test]
    fn waits_are_rounded_up() {
        for (millis, expected) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (61_500, 62)] {
            assert_eq!(seconds(Duration::from_millis(millis)), expected);
        }
    }
}
