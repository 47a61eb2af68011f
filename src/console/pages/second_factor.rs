//! The section of the second factor on the account page.

use leptos::prelude::*;

use crate::{
    console::{
        calls::{AccountForm, AccountProblem, AccountView, EnrolView},
        components::field::PasswordField,
        islands::FieldError,
        pages::account::problem_text,
        viewer::lang,
    },
    messages::account as say,
};

/// Set up, turned off, renewed: each asks for the password.
#[component]
pub(super) fn SecondFactor(view: AccountView) -> impl IntoView {
    let lang = lang();
    let state = match view.factor {
        Some(count) => say::factor_on(lang, u64::from(count)),
        None => say::factor_off(lang).to_owned(),
    };
    let just_on = view.form == Some(AccountForm::ConfirmFactor) && !view.codes.is_empty();
    let of_code = view.problem.filter(|_| view.form == Some(AccountForm::ConfirmFactor));
    let of_password = view.problem.filter(|_| {
        matches!(
            view.form,
            Some(AccountForm::BeginFactor | AccountForm::RemoveFactor | AccountForm::RenewCodes)
        )
    });
    let forms = match view.enrol {
        Some(enrol) => view! { <Enrol enrol problem=of_code /> }.into_any(),
        None => view! { <Ask on=view.factor.is_some() problem=of_password /> }.into_any(),
    };
    view! {
        <section aria-labelledby="factor-heading">
            <div>
                <h2 id="factor-heading">{say::factor(lang)}</h2>
                <p>{say::factor_about(lang)}</p>
            </div>
            <div>
                {just_on.then(|| view! { <p class="notice good" role="status">{say::codes_on(lang)}</p> })}
                <p class="state-line">{state}</p>
                {(!view.codes.is_empty()).then(|| view! { <Codes codes=view.codes /> })}
                {forms}
            </div>
        </section>
    }
}

/// The buttons, behind the password.
#[component]
fn Ask(on: bool, problem: Option<AccountProblem>) -> impl IntoView {
    let lang = lang();
    let error = problem.map(|problem| problem_text(lang, problem));
    let buttons = if on {
        view! {
            <button class="button" type="submit" name="intent" value=AccountForm::RenewCodes.as_str()>
                {say::renew_codes(lang)}
            </button>
            <button class="button" type="submit" name="intent" value=AccountForm::RemoveFactor.as_str()>
                {say::remove_factor(lang)}
            </button>
        }
        .into_any()
    } else {
        view! {
            <button class="button" type="submit" name="intent" value=AccountForm::BeginFactor.as_str()>
                {say::begin_factor(lang)}
            </button>
        }
        .into_any()
    };
    view! {
        <form method="post" action="/account">
            <PasswordField
                name="current"
                id="factor-password"
                label=say::current(lang)
                autocomplete="current-password"
                error
            />
            <div class="buttons">{buttons}</div>
        </form>
    }
}

/// The secret, for the app, and a code to show that it has it.
#[component]
fn Enrol(enrol: EnrolView, problem: Option<AccountProblem>) -> impl IntoView {
    let lang = lang();
    let error = problem.map(|problem| problem_text(lang, problem));
    let (invalid, described) = (error.as_ref().map(|_| "true"), error.as_ref().map(|_| "code-error"));
    view! {
        <p>{say::enrol(lang)}</p>
        <svg class="qr" role="img" aria-label=say::qr(lang) viewBox=format!("0 0 {0} {0}", enrol.size)>
            <rect width="100%" height="100%" />
            <path d=enrol.path />
        </svg>
        <dl class="pairs">
            <dt>{say::secret(lang)}</dt>
            <dd class="mono">{enrol.secret}</dd>
        </dl>
        <p>
            <a href=enrol.address rel="external">
                {say::open_app(lang)}
            </a>
        </p>
        <form method="post" action="/account">
            <input type="hidden" name="intent" value=AccountForm::ConfirmFactor.as_str() />
            <div class="field">
                <label for="code">{say::code(lang)}</label>
                <input
                    id="code"
                    name="code"
                    class="mono"
                    type="text"
                    inputmode="numeric"
                    autocomplete="one-time-code"
                    required
                    maxlength="64"
                    aria-invalid=invalid
                    aria-describedby=described
                />
                <FieldError id="code".to_owned() error />
            </div>
            <button class="button primary" type="submit">
                {say::confirm_factor(lang)}
            </button>
        </form>
    }
}

/// Recovery codes, this once.
#[component]
fn Codes(codes: Vec<String>) -> impl IntoView {
    let lang = lang();
    view! {
        <h3 id="codes">{say::codes(lang)}</h3>
        <p>{say::codes_hint(lang)}</p>
        <ul class="codes mono" aria-labelledby="codes">
            {codes.into_iter().map(|code| view! { <li>{code}</li> }).collect_view()}
        </ul>
    }
}
