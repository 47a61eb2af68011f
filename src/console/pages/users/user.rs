//! The page of one user: role, password, second factor, access, and the webhooks that they own.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use super::{
    UserRow, UserState,
    new::{Password, Roles},
};
use crate::{
    auth::{account, principal::Principal, rules::Action},
    console::{
        ConsoleError,
        components::{
            field::PasswordField,
            notice::{Done, ErrorSummary, Trouble},
            one_time_secret::{OneTimeSecret, OneTimeSecretField},
            popup::Popup,
            unseen::written_out,
        },
        error_view::{ErrorView, error_of},
        href::href,
        islands::focus_first,
        page_action::PageAction,
        page_response::PageResponse,
        pages::{account::account_error, audit_log::AuditQuery, sign_in::wait_text},
        server::{action_error, caller, console_error, signed_in},
        viewer::lang,
    },
    domain::{id::UserId, named::named},
    messages::{Lang, administration as say, validation::ValidationError},
    routes::{Rule, Ruled},
    services::{
        error::{FieldError, UseCaseError},
        users::{self, WithPassword},
    },
    storage::{
        Store,
        users::UserChange,
        webhooks::{WebhookFilter, WebhookRecord},
    },
};

/// Maximum number of webhooks that the page lists.
const WEBHOOKS: u64 = 50;

named! {
    /// The button of the page that was pressed.
    UserIntent("button") {
        /// Disable the user.
        Disable = "disable",
        /// Enable the user.
        Enable = "enable",
        /// Change the role.
        Role = "role",
        /// Set another password.
        ResetPassword = "reset-password",
        /// Turn off the second factor.
        ResetSecondFactor = "reset-second-factor",
    }

    /// The change that was made, which the page confirms.
    Saved("change") {
        /// The user is disabled.
        Disabled = "disabled",
        /// The user is enabled.
        Enabled = "enabled",
        /// The user has another role.
        Role = "role",
        /// The user has another password.
        Password = "password",
        /// The user has no second factor any more.
        SecondFactor = "second-factor",
    }
}

/// The query of the page.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct UserQuery {
    saved: Option<Saved>,
}

/// A form of the page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UserForm {
    /// The id of the user, from the path of the page.
    id: String,
    intent: UserIntent,
    #[serde(default)]
    role: String,
    /// The new password of the user. If it is empty, one is generated.
    #[serde(default)]
    password: String,
    /// The password of the administrator who makes the change.
    #[serde(default)]
    current: String,
}

/// A change of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedUser {
    /// The change.
    pub saved: Saved,
    /// The generated password, if none was given. No other response contains it.
    pub generated: Option<OneTimeSecret>,
}

/// The result of a form that did not end in a redirect.
#[derive(Clone, Debug)]
pub enum UserResult {
    /// The generated password.
    Generated(OneTimeSecret),
    /// Fields are invalid.
    Invalid(Vec<ErrorView>),
    /// The change is not possible, for this reason.
    Refused(String),
}

/// Changes a user: role, password, second factor, or whether the user may sign in.
#[server(prefix = "/fn", endpoint = "change_user")]
pub async fn change_user(form: UserForm) -> Result<ChangedUser, ConsoleError> {
    let (app, by) = caller()?;
    let id: UserId = form.id.parse().map_err(|_| action_error(UseCaseError::NotFound))?;
    if form.intent == UserIntent::ResetSecondFactor {
        // The password is required, so that a stolen session alone cannot open other accounts.
        let who = signed_in().ok_or(ConsoleError::SignedOut)?;
        let confirmed = account::confirm(&app.store, &who, &form.current, app.clock.now()).await;
        confirmed.map_err(account_error)?;
    }
    apply(&app.store, &by, id, &form).await.map_err(action_error)
}

async fn apply(store: &Store, by: &Principal, id: UserId, form: &UserForm) -> Result<ChangedUser, UseCaseError> {
    let (change, saved) = match form.intent {
        UserIntent::Disable => (UserChange::Disable, Saved::Disabled),
        UserIntent::Enable => (UserChange::Enable, Saved::Enabled),
        UserIntent::Role => {
            let role = form.role.parse();
            let role = role.map_err(|_| UseCaseError::Invalid(vec![FieldError::new("/role", ValidationError::NoSuchRole)]))?;
            (UserChange::Role(role), Saved::Role)
        }
        UserIntent::ResetPassword => {
            let password = Some(form.password.as_str()).filter(|password| !password.is_empty());
            let WithPassword { user, generated } = users::reset_password(store, by, id, password).await?;
            return Ok(ChangedUser {
                saved: Saved::Password,
                generated: generated.map(|secret| OneTimeSecret { name: user.email, secret }),
            });
        }
        UserIntent::ResetSecondFactor => {
            users::reset_second_factor(store, by, id).await?;
            return Ok(ChangedUser {
                saved: Saved::SecondFactor,
                generated: None,
            });
        }
    };
    users::change(store, by, id, change).await?;
    Ok(ChangedUser { saved, generated: None })
}

impl Ruled for ChangeUser {
    const RULE: Rule = Rule::Session(Action::ManageUsers);
}

impl PageAction for ChangeUser {
    type Form = UserForm;

    async fn answer(form: UserForm, result: Result<ChangedUser, ConsoleError>) -> Result<Response, ConsoleError> {
        let shown = |status, result| Ok(shown(status, form.id.clone(), result));
        match result {
            Ok(ChangedUser {
                generated: Some(secret), ..
            }) => shown(StatusCode::OK, Some(UserResult::Generated(secret))),
            Ok(ChangedUser { saved, generated: None }) => {
                let query = UserQuery { saved: Some(saved) };
                Ok(Redirect::to(&href(&format!("/users/{}", form.id), &query)).into_response())
            }
            Err(ConsoleError::NotFound) => shown(StatusCode::NOT_FOUND, None),
            Err(ConsoleError::Invalid { errors }) => shown(StatusCode::UNPROCESSABLE_ENTITY, Some(UserResult::Invalid(errors))),
            Err(ConsoleError::Conflict { reason }) => shown(StatusCode::CONFLICT, Some(UserResult::Refused(reason))),
            Err(ConsoleError::Wait { seconds }) => {
                shown(StatusCode::TOO_MANY_REQUESTS, Some(UserResult::Refused(wait_text(lang(), seconds))))
            }
            Err(other) => Err(other),
        }
    }
}

/// What the page shows.
#[derive(Clone, Debug)]
struct UserView {
    user: UserRow,
    is_viewer: bool,
    has_factor: bool,
    owned: Vec<WebhookRecord>,
}

fn shown(status: StatusCode, id: String, result: Option<UserResult>) -> Response {
    PageResponse::framed(status, move || {
        view! { <User id=id.clone() query=UserQuery::default() result=result.clone() /> }.into_any()
    })
}

/// Loads the user and the newest webhooks that they own.
async fn load(id: &str) -> Result<UserView, ConsoleError> {
    let (app, by) = caller()?;
    let view = async {
        let id: UserId = id.parse().map_err(|_| UseCaseError::NotFound)?;
        let user = users::get(&app.store, &by, id).await?;
        let owned = WebhookFilter {
            owner: Some(id),
            ..WebhookFilter::default()
        };
        let factor = app.store.second_factor(id).await?;
        Ok(UserView {
            user: user.into(),
            has_factor: factor.is_some_and(|factor| factor.confirmed),
            is_viewer: matches!(&by, Principal::User(who) if who.user == id),
            owned: app.store.webhooks(&owned, None, WEBHOOKS).await?.items,
        })
    };
    view.await.map_err(console_error)
}

/// The page.
#[component]
pub fn User(
    /// The id in the path.
    id: String,
    /// The query of the page.
    query: UserQuery,
    /// The result of the form to which this page is the answer.
    result: Option<UserResult>,
) -> impl IntoView {
    Suspend::new(async move {
        match load(&id).await {
            Ok(view) => view! { <Page view saved=query.saved result /> }.into_any(),
            Err(error) => view! { <Title text=say::users(lang()) /> <Trouble error /> }.into_any(),
        }
    })
}

#[component]
fn Page(view: UserView, saved: Option<Saved>, result: Option<UserResult>) -> impl IntoView {
    let lang = lang();
    let UserView {
        user,
        is_viewer,
        has_factor,
        owned,
    } = view;
    let done = saved.filter(|_| result.is_none()).map(|saved| saved_text(saved, lang));
    let (mut generated, mut errors, mut refusal) = (None, Vec::new(), None);
    match result {
        Some(UserResult::Generated(secret)) => generated = Some(secret),
        Some(UserResult::Invalid(invalid)) => errors = invalid,
        Some(UserResult::Refused(reason)) => refusal = Some(reason),
        None => {}
    }
    let changes = AuditQuery {
        object: Some(user.id.clone()),
        ..AuditQuery::default()
    };
    let changes = href("/audit-log", &changes);
    let action = format!("/users/{}", user.id);
    focus_first(&errors, None);
    view! {
        <Title text=user.email.clone() />
        <p class="crumbs">
            <a href=super::PATH>{say::users(lang)}</a>
            " / "
            <bdi>{user.email.clone()}</bdi>
        </p>
        <div class="head">
            <h1>{user.email.clone()}</h1>
            <UserState disabled=user.is_disabled />
        </div>
        {done.map(|text| view! { <Done text /> })}
        {refusal.map(|refusal| view! { <p class="notice bad" role="alert">{refusal}</p> })}
        <ErrorSummary errors=errors.clone() />
        {generated
            .map(|secret| {
                let label = say::password_of(lang, &secret.name);
                view! { <OneTimeSecretField heading=say::password_made(lang) why=say::user_made_why(lang) label secret /> }
            })}
        {if is_viewer {
            view! { <p class="notice warn">{say::yourself(lang)}</p> }.into_any()
        } else {
            view! {
                <form method="post" action=action.clone() novalidate>
                    <section aria-labelledby="role-heading">
                        {about("role-heading", say::role(lang), say::role_why(lang))} <div>
                            <Roles chosen=Some(user.role) error=error_of(&errors, "role") />
                            <button class="button" type="submit" name="intent" value=UserIntent::Role.as_str()>
                                {say::role_save(lang)}
                            </button>
                        </div>
                    </section>
                </form>
                <form method="post" action=action.clone() novalidate>
                    <section aria-labelledby="password-heading">
                        {about("password-heading", say::password(lang), say::password_why(lang))} <div>
                            <Password error=error_of(&errors, "password") />
                            <button class="button" type="submit" name="intent" value=UserIntent::ResetPassword.as_str()>
                                {say::password_reset(lang)}
                            </button>
                        </div>
                    </section>
                </form>
                {has_factor
                    .then(|| {
                        view! {
                            <form method="post" action=action.clone() novalidate>
                                <section aria-labelledby="factor-heading">
                                    {about("factor-heading", say::second_factor(lang), say::second_factor_why(lang))} <div>
                                        <PasswordField
                                            name="current"
                                            label=say::own_password(lang)
                                            autocomplete="current-password"
                                            error=error_of(&errors, "current")
                                        />
                                        <button class="button" type="submit" name="intent" value=UserIntent::ResetSecondFactor.as_str()>
                                            {say::second_factor_reset(lang)}
                                        </button>
                                    </div>
                                </section>
                            </form>
                        }
                    })}
                <form method="post" action=action>
                    <section aria-labelledby="access-heading">
                        {about("access-heading", say::access(lang), say::access_why(lang))}
                        <div>{access(user.is_disabled, &user.email, lang)}</div>
                    </section>
                </form>
            }
                .into_any()
        }}
        <section aria-labelledby="owned-heading">
            {about("owned-heading", say::owned(lang), say::owned_why(lang))} <div>
                {webhooks(owned, lang)} <p>
                    <a href=changes>{say::changes(lang)}</a>
                </p>
            </div>
        </section>
    }
}

const fn saved_text(saved: Saved, lang: Lang) -> &'static str {
    match saved {
        Saved::Role => say::saved_role(lang),
        Saved::Password => say::saved_password(lang),
        Saved::SecondFactor => say::saved_second_factor(lang),
        Saved::Disabled => say::saved_disabled(lang),
        Saved::Enabled => say::saved_enabled(lang),
    }
}

fn about(id: &'static str, heading: &'static str, why: &'static str) -> impl IntoView {
    view! {
        <div>
            <h2 id=id>{heading}</h2>
            <p>{why}</p>
        </div>
    }
}

fn access(is_disabled: bool, email: &str, lang: Lang) -> AnyView {
    if is_disabled {
        view! {
            <button class="button" type="submit" name="intent" value=UserIntent::Enable.as_str()>
                {say::enable(lang)}
            </button>
        }
        .into_any()
    } else {
        let (why, label) = (say::disable_why(lang, email), say::disable_label(lang, email));
        view! {
            <Popup id="disable-user".to_owned() text=say::disable_ask(lang) asks=true>
                <p>{why}</p>
                <button class="button danger" type="submit" name="intent" value=UserIntent::Disable.as_str()>
                    {label}
                </button>
            </Popup>
        }
        .into_any()
    }
}

fn webhooks(owned: Vec<WebhookRecord>, lang: Lang) -> AnyView {
    if owned.is_empty() {
        return view! { <p class="hint">{say::owned_none(lang)}</p> }.into_any();
    }
    let rows = owned.into_iter().map(|webhook| {
        view! {
            <li>
                <a href=format!("/webhooks/{}", webhook.id) dir="auto">{written_out(&webhook.fields.name)}</a>
            </li>
        }
    });
    view! { <ul class="plain">{rows.collect_view()}</ul> }.into_any()
}
