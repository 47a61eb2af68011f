//! A new user: the form, then their password, this once.

use leptos::prelude::*;

use crate::{
    console::{
        calls::{UserFormView, new_user},
        components::{field::TextField, form_page::FormPage, notice::ErrorSummary},
        islands::{FieldError, error_of, focus_first, takes_focus},
        pages::administration::{once::Once, users::role_name},
        viewer::lang,
    },
    domain::role::Role,
    messages::{Lang, administration as say},
};

/// Longest password that the field takes.
const PASSWORD_MAX: usize = 1_024;

/// A new user.
#[component]
pub(in crate::console) fn NewUser() -> impl IntoView {
    let lang = lang();
    let form = new_user().map(|form| view! { <UserForm form /> }.into_any());
    view! { <FormPage title=say::user_add(lang) list="/users" list_name=say::users(lang) form /> }
}

#[component]
fn UserForm(form: UserFormView) -> impl IntoView {
    let lang = lang();
    if let Some(secret) = form.made {
        let label = say::password_of(lang, &secret.name);
        return view! {
            <Once heading=say::user_made(lang) why=say::user_made_why(lang) label secret />
            <p>
                <a class="button" href="/users">
                    {say::user_to_list(lang)}
                </a>
            </p>
        }
        .into_any();
    }
    let errors = form.errors;
    focus_first(&errors, None);
    view! {
        <form method="post" action="/users/new" novalidate class="narrow">
            <ErrorSummary errors=errors.clone() />
            <TextField name="email" label=say::email(lang) kind="email" value=form.email error=error_of(&errors, "email") />
            <Roles chosen=form.role error=error_of(&errors, "role") />
            <Password error=error_of(&errors, "password") />
            <div class="save">
                <a class="button" href="/users">
                    {say::cancel(lang)}
                </a>
                <button class="button primary" type="submit">
                    {say::user_add(lang)}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// The choice of a role.
#[component]
pub(super) fn Roles(
    /// The one that is chosen.
    chosen: Option<Role>,
    /// What is wrong with it.
    error: Option<String>,
) -> impl IntoView {
    let lang = lang();
    let describe = error.as_ref().map(|_| "role-error");
    view! {
        <div class="field wide" role="radiogroup" aria-labelledby="role-label" aria-describedby=describe id="role" tabindex="-1">
            <span class="label" id="role-label">
                {say::role(lang)}
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

/// A password to give somebody.
#[component]
pub(super) fn Password(
    /// What is wrong with it.
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
            <input
                id="password"
                name="password"
                type="password"
                autocomplete="new-password"
                maxlength=PASSWORD_MAX.to_string()
                autofocus=takes_focus("password")
                aria-invalid=invalid
                aria-describedby=described
            />
            <FieldError id="password".to_owned() error />
            <p class="hint" id="password-hint">
                {say::password_hint(lang)}
            </p>
        </div>
    }
}
