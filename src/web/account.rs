//! Forms of the account page.

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    app::AppState,
    auth::{
        account::{self, AccountError},
        principal::SignedIn,
        session,
    },
    console::calls::{AccountForm, AccountProblem, PostedAccount},
    request::{client_address::Secure, cookies},
    rest::Problem,
    web::{
        pages::render,
        sign_in::{browser, seconds, signed_out},
        webhook_forms::{Fields, page},
    },
};

const PATH: &str = "/account";

/// `POST /account`: the button that was pressed is the form's `intent`.
pub(super) async fn change(
    State(app): State<AppState>,
    Secure(secure): Secure,
    Extension(who): Extension<SignedIn>,
    request: Request,
) -> Response {
    let names = ["intent", "current", "new", "code", "session"];
    let (parts, fields) = match Fields::read_once(request, &names).await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let (store, now, browser) = (&app.store, app.clock.now(), browser(&parts));
    let (current, code) = (fields.one("current"), fields.one("code"));
    let Ok(form) = fields.one("intent").parse::<AccountForm>() else {
        return Problem::malformed("This form has no such button. Reload the page and try again.").into_response();
    };
    let done = match form {
        AccountForm::Password => account::change_password(store, &who, &browser, &current, &fields.one("new"), now)
            .await
            .map(|token| moved(form, Some(&token), secure)),
        AccountForm::BeginFactor => match account::begin_factor(store, &who, &current, now).await {
            Ok(()) => return shown(&app, parts, PostedAccount::enrolling(form), StatusCode::OK).await,
            Err(error) => Err(error),
        },
        AccountForm::ConfirmFactor => match account::confirm_factor(store, &who, &browser, &code, now).await {
            Ok((token, codes)) => {
                // The session of this request is over; the page is for the one that took its place.
                let posted = PostedAccount {
                    codes,
                    ..PostedAccount::of(form)
                };
                let mut response = shown(&app, parts, posted, StatusCode::OK).await;
                cookies::set(&mut response, &session::cookie(Some(&token), secure));
                return response;
            }
            Err(error) => Err(error),
        },
        AccountForm::RemoveFactor => account::remove_factor(store, &who, &browser, &current, now)
            .await
            .map(|token| moved(form, Some(&token), secure)),
        AccountForm::RenewCodes => match account::renew_codes(store, &who, &current, now).await {
            Ok(codes) => {
                let posted = PostedAccount {
                    codes,
                    ..PostedAccount::of(form)
                };
                return shown(&app, parts, posted, StatusCode::OK).await;
            }
            Err(error) => Err(error),
        },
        AccountForm::EndSession => if let Ok(id) = fields.one("session").parse() {
            store.end_own_session(who.user, id).await.map_err(AccountError::from)
        } else {
            Ok(())
        }
        .map(|()| moved(form, None, secure)),
        AccountForm::SignOutEverywhere => account::sign_out_everywhere(store, &who, now).await.map(|()| signed_out(secure)),
    };
    match done {
        Ok(response) => response,
        Err(error) => refuse(&app, parts, form, error).await,
    }
}

async fn refuse(app: &AppState, parts: Parts, form: AccountForm, error: AccountError) -> Response {
    let (problem, status, wait) = match error {
        AccountError::WrongPassword => (AccountProblem::WrongPassword, StatusCode::UNPROCESSABLE_ENTITY, None),
        AccountError::WrongCode => (AccountProblem::WrongCode, StatusCode::UNPROCESSABLE_ENTITY, None),
        AccountError::Unfit(unfit) => (AccountProblem::Unfit(unfit.into()), StatusCode::UNPROCESSABLE_ENTITY, None),
        AccountError::Wait(wait) => {
            let wait = seconds(wait);
            (AccountProblem::Wait(wait), StatusCode::TOO_MANY_REQUESTS, Some(wait))
        }
        AccountError::Unchanged => return Redirect::to(PATH).into_response(),
        AccountError::Hash(error) => return Problem::internal(&error).into_response(),
        AccountError::Store(error) => return Problem::from(error).into_response(),
    };
    let posted = PostedAccount {
        problem: Some(problem),
        enrolling: form == AccountForm::ConfirmFactor,
        ..PostedAccount::of(form)
    };
    let mut response = shown(app, parts, posted, status).await;
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response
}

async fn shown(app: &AppState, parts: Parts, posted: PostedAccount, status: StatusCode) -> Response {
    render(app, page(parts, PATH), posted, status).await
}

fn moved(form: AccountForm, token: Option<&str>, secure: bool) -> Response {
    let mut response = Redirect::to(&format!("{PATH}?done={form}")).into_response();
    if let Some(token) = token {
        cookies::set(&mut response, &session::cookie(Some(token), secure));
    }
    response
}
