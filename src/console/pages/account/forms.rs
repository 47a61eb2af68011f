//! The forms of password and second factor. Each ends all other sessions of the user, or shows a secret once.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Account, AccountQuery, Done, PATH};
use crate::{
    auth::{
        account::{self, AccountError},
        rules::Action,
        session,
    },
    console::{
        ConsoleError,
        error_view::ErrorView,
        href::href,
        page_action::PageAction,
        page_response::PageResponse,
        pages::{sign_in::wait_text, unfit_password::unfit_text},
        seconds::whole_seconds,
        server::{
            action_error, caller, lang,
            response::{browser, is_secure, set_cookie},
            set_status, signed_in,
        },
    },
    domain::named::named,
    messages::account as say,
    routes::{Rule, Ruled},
};

named! {
    /// The button of the account page that was pressed.
    AccountIntent("button") {
        /// Set a new password.
        Password = "password",
        /// Generate a secret for a second factor.
        BeginFactor = "begin-factor",
        /// Turn the second factor on.
        ConfirmFactor = "confirm-factor",
        /// Turn the second factor off.
        RemoveFactor = "remove-factor",
        /// Replace the recovery codes.
        RenewCodes = "renew-codes",
    }
}

/// A form of password or second factor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountForm {
    pub(super) intent: AccountIntent,
    /// The current password.
    #[serde(default)]
    current: String,
    /// The new password.
    #[serde(default)]
    new: String,
    /// A code of the authenticator app.
    #[serde(default)]
    code: String,
}

/// What a form changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountChange {
    /// Password or second factor were changed.
    Done,
    /// Nothing was changed: the account has the requested state already.
    Unchanged,
    /// There is a secret of a second factor, which has to be confirmed by a code.
    Enrolling,
    /// There are new recovery codes. No other response contains them.
    Codes(Vec<String>),
}

/// The result of a form, for the page that answers it.
#[derive(Clone, Debug)]
pub struct AccountResult {
    /// The button that was pressed.
    pub(super) intent: AccountIntent,
    /// Why nothing was changed.
    pub(super) errors: Vec<ErrorView>,
    /// New recovery codes.
    pub(super) codes: Vec<String>,
    /// Whether the page shows the secret of the second factor.
    pub(super) is_enrolling: bool,
}

/// Changes the password or the second factor of the signed-in user.
#[server(prefix = "/fn", endpoint = "change_account")]
pub async fn change_account(form: AccountForm) -> Result<AccountChange, ConsoleError> {
    let (app, _) = caller()?;
    let who = signed_in().ok_or(ConsoleError::SignedOut)?;
    let (store, now, browser) = (&app.store, app.clock.now(), browser()?);
    let current = form.current.as_str();
    let changed = async {
        let (token, change) = match form.intent {
            AccountIntent::Password => {
                let token = account::change_password(store, &who, &browser, current, &form.new, now).await?;
                (Some(token), AccountChange::Done)
            }
            AccountIntent::BeginFactor => {
                account::begin_factor(store, &who, current, now).await?;
                (None, AccountChange::Enrolling)
            }
            AccountIntent::ConfirmFactor => {
                let (token, codes) = account::confirm_factor(store, &who, &browser, &form.code, now).await?;
                (Some(token), AccountChange::Codes(codes))
            }
            AccountIntent::RemoveFactor => {
                let token = account::remove_factor(store, &who, &browser, current, now).await?;
                (Some(token), AccountChange::Done)
            }
            AccountIntent::RenewCodes => (None, AccountChange::Codes(account::renew_codes(store, &who, current, now).await?)),
        };
        // The session of the request has ended. This one replaces it.
        if let Some(token) = token {
            set_cookie(&session::cookie(Some(&token), is_secure()));
        }
        Ok(change)
    };
    match changed.await {
        Err(AccountError::Unchanged) => Ok(AccountChange::Unchanged),
        changed => changed.map_err(account_error),
    }
}

/// The error for a password or a code that was not accepted. Sets the status of the response of a server function.
pub fn account_error(error: AccountError) -> ConsoleError {
    let lang = lang();
    let (field, detail) = match error {
        AccountError::WrongPassword | AccountError::Unchanged => ("current", say::wrong_password(lang).to_owned()),
        AccountError::WrongCode => ("code", say::wrong_code(lang).to_owned()),
        AccountError::Unfit(unfit) => ("new", unfit_text(lang, unfit)),
        AccountError::Wait(wait) => {
            set_status(StatusCode::TOO_MANY_REQUESTS);
            let seconds = whole_seconds(wait);
            return ConsoleError::Wait { seconds };
        }
        AccountError::Hash(error) => return action_error(error.into()),
        AccountError::Store(error) => return action_error(error.into()),
    };
    set_status(StatusCode::UNPROCESSABLE_ENTITY);
    ConsoleError::Invalid {
        errors: vec![ErrorView {
            field: field.to_owned(),
            detail,
        }],
    }
}

impl Ruled for ChangeAccount {
    const RULE: Rule = Rule::Session(Action::UseConsole);
}

impl PageAction for ChangeAccount {
    type Form = AccountForm;

    async fn answer(form: AccountForm, result: Result<AccountChange, ConsoleError>) -> Result<Response, ConsoleError> {
        let intent = form.intent;
        let result = match result {
            Ok(AccountChange::Unchanged) => return Ok(Redirect::to(PATH).into_response()),
            Ok(AccountChange::Done) => {
                let query = AccountQuery { done: Done::of(intent) };
                return Ok(Redirect::to(&href(PATH, &query)).into_response());
            }
            Ok(AccountChange::Enrolling) => (StatusCode::OK, Vec::new(), Vec::new()),
            Ok(AccountChange::Codes(codes)) => (StatusCode::OK, Vec::new(), codes),
            Err(ConsoleError::Invalid { errors }) => (StatusCode::UNPROCESSABLE_ENTITY, errors, Vec::new()),
            Err(ConsoleError::Wait { seconds }) => {
                let error = ErrorView {
                    field: "current".to_owned(),
                    detail: wait_text(lang(), seconds),
                };
                let mut response = shown(StatusCode::TOO_MANY_REQUESTS, intent, vec![error], Vec::new());
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                return Ok(response);
            }
            Err(other) => return Err(other),
        };
        let (status, errors, codes) = result;
        Ok(shown(status, intent, errors, codes))
    }
}

fn shown(status: StatusCode, intent: AccountIntent, errors: Vec<ErrorView>, codes: Vec<String>) -> Response {
    let is_enrolling = match intent {
        AccountIntent::BeginFactor => errors.is_empty(),
        AccountIntent::ConfirmFactor => !errors.is_empty(),
        AccountIntent::Password | AccountIntent::RemoveFactor | AccountIntent::RenewCodes => false,
    };
    let result = AccountResult {
        intent,
        errors,
        codes,
        is_enrolling,
    };
    PageResponse::framed(status, move || {
        view! { <Account query=AccountQuery::default() result=Some(result.clone()) /> }.into_any()
    })
}
