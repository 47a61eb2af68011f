//! The viewer's own account: password, second factor, and where they are signed in.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        address::query,
        calls::{AccountForm, AccountProblem, AccountView, SessionView, account},
        components::{
            field::PasswordField,
            notice::{Done, Trouble},
            time::Time,
        },
        pages::{second_factor::SecondFactor, setup::unfit_text, sign_in::wait},
        viewer::lang,
    },
    messages::{Lang, account as say},
};

/// The account of whoever is signed in.
#[component]
pub(in crate::console) fn Account() -> impl IntoView {
    let lang = lang();
    let done = query("done").and_then(|done| done.parse::<AccountForm>().ok());
    view! {
        <Title text=say::title(lang) />
        {Suspend::new(async move {
            match account().await {
                Ok(view) => {
                    let done = done.filter(|_| view.problem.is_none()).and_then(|done| done_text(lang, done));
                    view! {
                        <div class="head">
                            <h1>{say::title(lang)}</h1>
                            <p>{view.email.clone()}</p>
                        </div>
                        {done.map(|text| view! { <Done text /> })}
                        <Password view=view.clone() />
                        {view.has_password.then(|| view! { <SecondFactor view=view.clone() /> })}
                        <Sessions sessions=view.sessions />
                    }
                        .into_any()
                }
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

const fn done_text(lang: Lang, form: AccountForm) -> Option<&'static str> {
    match form {
        AccountForm::Password => Some(say::password_done(lang)),
        AccountForm::RemoveFactor => Some(say::remove_done(lang)),
        AccountForm::EndSession => Some(say::end_done(lang)),
        AccountForm::BeginFactor | AccountForm::ConfirmFactor | AccountForm::RenewCodes | AccountForm::SignOutEverywhere => None,
    }
}

/// What is wrong with a field of a form.
pub(super) fn problem_text(lang: Lang, problem: AccountProblem) -> String {
    match problem {
        AccountProblem::WrongPassword => say::wrong_password(lang).to_owned(),
        AccountProblem::WrongCode => say::wrong_code(lang).to_owned(),
        AccountProblem::Unfit(unfit) => unfit_text(lang, unfit),
        AccountProblem::Wait(seconds) => wait(lang, seconds),
    }
}

#[component]
fn Password(view: AccountView) -> impl IntoView {
    let lang = lang();
    let problem = view.problem.filter(|_| view.form == Some(AccountForm::Password));
    let (of_new, of_current) = match problem {
        Some(AccountProblem::Unfit(_)) => (problem, None),
        other => (None, other),
    };
    let said = |problem: Option<AccountProblem>| problem.map(|problem| problem_text(lang, problem));
    let form = view.has_password.then(|| {
        view! {
            <form method="post" action="/account">
                <input type="hidden" name="intent" value=AccountForm::Password.as_str() />
                // Password managers want to know whose password it is.
                <input type="text" name="username" value=view.email.clone() autocomplete="username" hidden readonly />
                <PasswordField
                    name="current"
                    id="current-password"
                    label=say::current(lang)
                    autocomplete="current-password"
                    error=said(of_current)
                />
                <PasswordField
                    name="new"
                    label=say::new(lang)
                    autocomplete="new-password"
                    hint=say::new_hint(lang)
                    error=said(of_new)
                />
                <button class="button" type="submit">
                    {say::change_password(lang)}
                </button>
            </form>
        }
    });
    let none = (!view.has_password).then(|| view! { <p>{say::password_none(lang, &view.provider)}</p> });
    view! {
        <section aria-labelledby="password-heading">
            <div>
                <h2 id="password-heading">{say::password(lang)}</h2>
                <p>{say::password_about(lang)}</p>
            </div>
            <div>{form} {none}</div>
        </section>
    }
}

#[component]
fn Sessions(sessions: Vec<SessionView>) -> impl IntoView {
    let lang = lang();
    let rows = sessions.into_iter().map(|session| {
        let label = say::end_session_of(lang, &session.address, &session.browser);
        let end = if session.current {
            view! { <span class="number">{say::this_one(lang)}</span> }.into_any()
        } else {
            view! {
                <form method="post" action="/account">
                    <input type="hidden" name="session" value=session.id />
                    <button class="quiet" type="submit" name="intent" value=AccountForm::EndSession.as_str() aria-label=label>
                        {say::end_session(lang)}
                    </button>
                </form>
            }
            .into_any()
        };
        view! {
            <tr>
                <td class="nowrap">{session.browser}</td>
                <td class="mono">{session.address}</td>
                <td class="number">
                    <span class="stacked-label">{say::last_seen(lang)} " "</span>
                    <Time at=session.last_seen />
                </td>
                <td class="number">
                    <span class="stacked-label">{say::since(lang)} " "</span>
                    <Time at=session.created />
                </td>
                <td>{end}</td>
            </tr>
        }
    });
    view! {
        <section class="full" aria-labelledby="sessions-heading">
            <div class="head">
                <div>
                    <h2 id="sessions-heading">{say::sessions(lang)}</h2>
                    <p>{say::sessions_about(lang)}</p>
                </div>
                <form method="post" action="/account">
                    <button class="button" type="submit" name="intent" value=AccountForm::SignOutEverywhere.as_str()>
                        {say::sign_out_everywhere(lang)}
                    </button>
                </form>
            </div>
            <div class="card">
                <table class="stack sessions" aria-labelledby="sessions-heading">
                    <thead>
                        <tr>
                            <th scope="col">{say::browser(lang)}</th>
                            <th scope="col">{say::address(lang)}</th>
                            <th scope="col">{say::last_seen(lang)}</th>
                            <th scope="col">{say::since(lang)}</th>
                            <th scope="col">{say::end_session(lang)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
}
