//! The form of a new user. If no password is given, one is generated and shown once.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::role_name;
use crate::{
    auth::rules::Action,
    console::{
        ConsoleError,
        components::{
            field::{Required, Reveal, TextField},
            form_page::FormPage,
            notice::{ErrorCount, ErrorSummary},
            one_time_secret::{OneTimeSecret, OneTimeSecretField},
        },
        error_view::{ErrorView, error_of},
        islands::{FieldError, focus_first, takes_focus},
        page_action::PageAction,
        page_response::PageResponse,
        server::{action_error, caller},
        viewer::lang,
    },
    domain::role::Role,
    messages::{Lang, administration as say},
    routes::{Rule, Ruled},
    services::users::{self, WithPassword},
};

/// The path of the form.
pub(super) const PATH: &str = "/users/new";
/// Maximum length of the password that the field accepts.
const PASSWORD_MAX: usize = 1_024;

/// The form.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UserForm {
    email: String,
    role: String,
    password: String,
}

impl UserForm {
    fn role(&self) -> Option<Role> {
        self.role.parse().ok()
    }
}

/// What the page shows.
#[derive(Clone, Debug)]
enum NewUserView {
    /// The form, with its errors.
    Form(UserForm, Vec<ErrorView>),
    /// The generated password of the new user.
    Created(OneTimeSecret),
}

/// A new user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedUser {
    /// The id of the user.
    pub id: String,
    /// The generated password, if none was given. No other response contains it.
    pub generated: Option<OneTimeSecret>,
}

/// Creates a user.
#[server(prefix = "/fn", endpoint = "create_user")]
pub async fn create_user(form: UserForm) -> Result<CreatedUser, ConsoleError> {
    let (app, by) = caller()?;
    let password = Some(form.password.as_str()).filter(|password| !password.is_empty());
    let created = users::create(&app.store, &by, &form.email, form.role(), password).await;
    let WithPassword { user, generated } = created.map_err(action_error)?;
    Ok(CreatedUser {
        id: user.id.to_string(),
        generated: generated.map(|secret| OneTimeSecret { name: user.email, secret }),
    })
}

impl Ruled for CreateUser {
    const RULE: Rule = Rule::Session(Action::ManageUsers);
}

impl PageAction for CreateUser {
    type Form = UserForm;

    async fn answer(form: UserForm, result: Result<CreatedUser, ConsoleError>) -> Result<Response, ConsoleError> {
        match result {
            Ok(CreatedUser { id, generated: None }) => Ok(Redirect::to(&format!("/users/{id}")).into_response()),
            Ok(CreatedUser {
                generated: Some(secret), ..
            }) => Ok(shown(StatusCode::OK, NewUserView::Created(secret))),
            Err(ConsoleError::Invalid { errors }) => Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, NewUserView::Form(form, errors))),
            Err(other) => Err(other),
        }
    }
}

fn shown(status: StatusCode, view: NewUserView) -> Response {
    PageResponse::framed(status, move || view! { <NewUserPage view=view.clone() /> }.into_any())
}

/// The empty form.
#[component]
pub fn NewUser() -> impl IntoView {
    view! { <NewUserPage view=NewUserView::Form(UserForm::default(), Vec::new()) /> }
}

#[component]
fn NewUserPage(view: NewUserView) -> impl IntoView {
    let lang = lang();
    let body = caller().map(|_| match view {
        NewUserView::Form(form, errors) => view! { <Fields form errors /> }.into_any(),
        NewUserView::Created(secret) => view! { <Created secret /> }.into_any(),
    });
    view! { <FormPage title=say::user_add(lang) list=super::PATH list_name=say::users(lang) form=body /> }
}

#[component]
fn Created(secret: OneTimeSecret) -> impl IntoView {
    let lang = lang();
    let label = say::password_of(lang, &secret.name);
    view! {
        <OneTimeSecretField heading=say::user_made(lang) why=say::user_made_why(lang) label secret />
        <p>
            <a class="button" href=super::PATH>
                {say::user_to_list(lang)}
            </a>
        </p>
    }
}

#[component]
fn Fields(form: UserForm, errors: Vec<ErrorView>) -> impl IntoView {
    let lang = lang();
    let role = form.role();
    focus_first(&errors, None);
    view! {
        <form method="post" action=PATH novalidate class="narrow">
            <ErrorSummary errors=errors.clone() />
            <TextField name="email" label=say::email(lang) kind="email" value=form.email error=error_of(&errors, "email") required=true />
            <Roles chosen=role error=error_of(&errors, "role") />
            <Password error=error_of(&errors, "password") />
            <div class="save">
                <ErrorCount errors=errors.clone() />
                <a class="button" href=super::PATH>
                    {say::cancel(lang)}
                </a>
                <button class="button primary" type="submit">
                    {say::user_add(lang)}
                </button>
            </div>
        </form>
    }
}

/// The choice of a role.
#[component]
pub(super) fn Roles(
    /// The chosen role.
    chosen: Option<Role>,
    /// Why it is invalid.
    error: Option<String>,
) -> impl IntoView {
    let lang = lang();
    let describe = error.as_ref().map(|_| "role-error");
    view! {
        <div class="field wide" role="radiogroup" aria-labelledby="role-label" aria-describedby=describe id="role" tabindex="-1">
            <span class="label" id="role-label">
                {say::role(lang)} " " <Required />
            </span>
            <FieldError id="role".to_owned() error />
            <ul class="checks">{Role::ALL.iter().map(|role| choice(*role, chosen, lang)).collect_view()}</ul>
        </div>
    }
}

fn choice(role: Role, chosen: Option<Role>, lang: Lang) -> impl IntoView {
    let id = format!("role-{role}");
    let why = match role {
        Role::Administrator => say::role_administrator_why(lang),
        Role::ApiOwner => say::role_api_owner_why(lang),
    };
    view! {
        <li class="check">
            <input
                type="radio"
                id=id.clone()
                name="role"
                value=role.as_str()
                checked=chosen == Some(role)
                autofocus=role == Role::ALL[0] && takes_focus("role")
                aria-describedby=format!("{id}-why")
            />
            <div>
                <label for=id.clone()>{role_name(role, lang)}</label>
                <p class="hint" id=format!("{id}-why")>
                    {why}
                </p>
            </div>
        </li>
    }
}

/// The field for the password of another user.
#[component]
pub(super) fn Password(
    /// Why it is invalid.
    error: Option<String>,
) -> impl IntoView {
    let lang = lang();
    let invalid = error.as_ref().map(|_| "true");
    let described = if error.is_some() {
        "password-error password-hint"
    } else {
        "password-hint"
    };
    view! {
        <div class="field">
            <label for="password">{say::password(lang)}</label>
            <div class="password">
                <input
                    id="password"
                    name="password"
                    type="password"
                    autocomplete="new-password"
                    maxlength=PASSWORD_MAX.to_string()
                    spellcheck="false"
                    autocapitalize="none"
                    autofocus=takes_focus("password")
                    aria-invalid=invalid
                    aria-describedby=described
                />
                <Reveal of="password" />
            </div>
            <FieldError id="password".to_owned() error />
            <p class="hint" id="password-hint">
                {say::password_hint(lang)}
            </p>
        </div>
    }
}
