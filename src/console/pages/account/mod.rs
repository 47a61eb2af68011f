//! The account of the signed-in user: password, second factor, sessions, and the time zone.

mod browser_name;
mod forms;
mod second_factor;
mod sessions;
pub(super) mod time_zone;

use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

pub use self::forms::account_error;
use self::{
    forms::{AccountIntent, AccountResult, ChangeAccount},
    second_factor::{Enrolment, SecondFactor},
    sessions::{EndSession, SessionRow, Sessions, SignOutEverywhere},
    time_zone::TimeZoneSection,
};
use crate::{
    app::AppState,
    console::{
        ConsoleError,
        components::{
            field::PasswordField,
            notice::{self, Trouble},
        },
        error_view::error_of,
        page_action::page_action,
        server::{console_error, lang as request_lang, signed_in, zone},
        viewer::lang,
    },
    domain::named::named,
    messages::{Lang, account as say},
    routes::{Routes, Ruled},
    storage::{StoreError, sessions::IDLE},
};

const PATH: &str = "/account";

/// The routes of the forms.
pub fn routes() -> Routes<AppState> {
    Routes::new()
        .post(PATH, ChangeAccount::RULE, page_action::<ChangeAccount>)
        .server_fn::<ChangeAccount, _>(page_action::<ChangeAccount>)
        .post(sessions::END_PATH, EndSession::RULE, page_action::<EndSession>)
        .server_fn::<EndSession, _>(page_action::<EndSession>)
        .post(sessions::SIGN_OUT_PATH, SignOutEverywhere::RULE, page_action::<SignOutEverywhere>)
        .server_fn::<SignOutEverywhere, _>(page_action::<SignOutEverywhere>)
}

named! {
    /// A change that the page confirms.
    Done("change") {
        /// The password was changed.
        Password = "password",
        /// The second factor was turned off.
        RemoveFactor = "remove-factor",
        /// A session was ended.
        EndSession = "end-session",
    }
}

impl Done {
    /// The change that the page confirms after this button. `None` if the page shows the change in another way.
    const fn of(intent: AccountIntent) -> Option<Self> {
        match intent {
            AccountIntent::Password => Some(Self::Password),
            AccountIntent::RemoveFactor => Some(Self::RemoveFactor),
            AccountIntent::BeginFactor | AccountIntent::ConfirmFactor | AccountIntent::RenewCodes => None,
        }
    }
}

/// The query of the page.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AccountQuery {
    /// The change that was just made, which the page confirms.
    done: Option<Done>,
}

/// What the page shows.
#[derive(Clone, Debug)]
struct AccountView {
    email: String,
    has_password: bool,
    /// The name of the OpenID provider, or nothing.
    provider: String,
    /// The number of recovery codes that are left, if the second factor is on.
    factor: Option<u32>,
    /// The second factor that is being set up.
    enrolment: Option<Enrolment>,
    sessions: Vec<SessionRow>,
    /// The result of the form to which this page is the answer.
    result: Option<AccountResult>,
}

impl AccountView {
    /// The error of a field in the form of one of these buttons.
    fn error(&self, intents: &[AccountIntent], field: &str) -> Option<String> {
        let result = self.result.as_ref().filter(|result| intents.contains(&result.intent));
        result.and_then(|result| error_of(&result.errors, field))
    }
}

async fn load(result: Option<AccountResult>) -> Result<AccountView, ConsoleError> {
    let who = signed_in().ok_or(ConsoleError::SignedOut)?;
    let app = expect_context::<AppState>();
    let view = async {
        let (store, now, zone, lang) = (&app.store, app.clock.now(), zone(), request_lang());
        let has_password = store.user_with_hash(who.user).await?.is_some_and(|(_, hash)| !hash.is_empty());
        let factor = store.second_factor(who.user).await?;
        let is_enrolling = result.as_ref().is_some_and(|result| result.is_enrolling);
        let enrolling = factor.as_ref().filter(|factor| is_enrolling && !factor.confirmed);
        let codes_left = store.recovery_codes(who.user).await?;
        let sessions = store.sessions(who.user, now, now.minus(IDLE)).await?;
        // A change that ends all other sessions replaces the session of the request by one with another id.
        let is_only = sessions.len() == 1;
        let sessions = sessions.into_iter().map(|row| {
            let is_current = is_only || row.id == who.session;
            SessionRow::new(row, is_current, &zone, lang)
        });
        Ok::<_, StoreError>(AccountView {
            has_password,
            provider: app.oidc.as_ref().map(|provider| provider.name().to_owned()).unwrap_or_default(),
            enrolment: enrolling.and_then(|factor| Enrolment::new(&factor.secret, &who.email)),
            factor: factor.filter(|factor| factor.confirmed).map(|_| codes_left),
            sessions: sessions.collect(),
            email: who.email.clone(),
            result,
        })
    };
    view.await.map_err(|error| console_error(error.into()))
}

/// The page.
#[component]
pub fn Account(
    /// The query of the page.
    query: AccountQuery,
    /// The result of the form to which this page is the answer.
    result: Option<AccountResult>,
) -> impl IntoView {
    let lang = lang();
    view! {
        <Title text=say::title(lang) />
        {Suspend::new(async move {
            match load(result).await {
                Ok(view) => {
                    view! {
                        <div class="head">
                            <h1>{say::title(lang)}</h1>
                            <p>{view.email.clone()}</p>
                        </div>
                        {query.done.map(|done| view! { <notice::Done text=done_text(lang, done) /> })}
                        <Password view=view.clone() />
                        {view.has_password.then(|| view! { <SecondFactor view=view.clone() /> })}
                        <Sessions sessions=view.sessions />
                        <TimeZoneSection />
                    }
                        .into_any()
                }
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

const fn done_text(lang: Lang, done: Done) -> &'static str {
    match done {
        Done::Password => say::password_done(lang),
        Done::RemoveFactor => say::remove_done(lang),
        Done::EndSession => say::end_done(lang),
    }
}

#[component]
fn Password(view: AccountView) -> impl IntoView {
    let lang = lang();
    let error = |field| view.error(&[AccountIntent::Password], field);
    let form = view.has_password.then(|| {
        view! {
            <form method="post" action=PATH novalidate>
                <input type="hidden" name="intent" value=AccountIntent::Password.as_str() />
                // Password managers read the user name from this field.
                <input type="text" name="username" value=view.email.clone() autocomplete="username" hidden readonly />
                <PasswordField
                    name="current"
                    id="current-password"
                    label=say::current(lang)
                    autocomplete="current-password"
                    error=error("current")
                />
                <PasswordField
                    name="new"
                    label=say::new(lang)
                    autocomplete="new-password"
                    hint=say::new_hint(lang)
                    error=error("new")
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
