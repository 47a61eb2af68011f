//! One user: role, password, access, and the webhooks that are theirs.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        address::{query, segment},
        calls::{OwnedView, UserView, user},
        components::{
            field::PasswordField,
            notice::{Done, ErrorSummary, Trouble},
            unseen::written_out,
        },
        islands::{error_of, focus_first},
        pages::administration::{
            new_user::{Password, Roles},
            once::Once,
            users::UserState,
        },
        viewer::lang,
    },
    messages::{Lang, administration as say},
};

/// One user.
#[component]
pub(in crate::console) fn User() -> impl IntoView {
    let id = segment("id");
    let saved = query("saved");
    view! {
        {Suspend::new(async move {
            match user(id).await {
                Ok(view) => view! { <Page view saved /> }.into_any(),
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

#[component]
fn Page(view: UserView, saved: Option<String>) -> impl IntoView {
    let lang = lang();
    let UserView {
        user,
        is_viewer,
        has_factor,
        owned,
        posted,
    } = view;
    let done = match saved.as_deref() {
        Some("role") => Some(say::saved_role(lang)),
        Some("password") => Some(say::saved_password(lang)),
        Some("second-factor") => Some(say::saved_second_factor(lang)),
        Some("disabled") => Some(say::saved_disabled(lang)),
        Some("enabled") => Some(say::saved_enabled(lang)),
        _ => None,
    };
    let is_quiet = posted.made.is_none() && posted.errors.is_empty() && posted.refusal.is_none();
    let action = format!("/users/{}", user.id);
    focus_first(&posted.errors, None);
    view! {
        <Title text=user.email.clone() />
        <p class="crumbs">
            <a href="/users">{say::users(lang)}</a>
            " / "
            <bdi>{user.email.clone()}</bdi>
        </p>
        <div class="head">
            <h1>{user.email.clone()}</h1>
            <UserState disabled=user.disabled />
        </div>
        {done.filter(|_| is_quiet).map(|text| view! { <Done text /> })}
        {posted.refusal.map(|refusal| view! { <p class="notice bad" role="alert">{refusal}</p> })}
        <ErrorSummary errors=posted.errors.clone() />
        {posted
            .made
            .map(|secret| {
                let label = say::password_of(lang, &secret.name);
                view! { <Once heading=say::password_made(lang) why=say::user_made_why(lang) label secret /> }
            })}
        {if is_viewer {
            view! { <p class="notice warn">{say::yourself(lang)}</p> }.into_any()
        } else {
            view! {
                <form method="post" action=action.clone() novalidate>
                    <section aria-labelledby="role-heading">
                        {about("role-heading", say::role(lang), say::role_why(lang))} <div>
                            <Roles chosen=Some(user.role) error=error_of(&posted.errors, "role") />
                            <button class="button" type="submit" name="intent" value="role">
                                {say::role_save(lang)}
                            </button>
                        </div>
                    </section>
                </form>
                <form method="post" action=action.clone() novalidate>
                    <section aria-labelledby="password-heading">
                        {about("password-heading", say::password(lang), say::password_why(lang))} <div>
                            <Password error=error_of(&posted.errors, "password") />
                            <button class="button" type="submit" name="intent" value="reset-password">
                                {say::password_reset(lang)}
                            </button>
                        </div>
                    </section>
                </form>
                {has_factor
                    .then(|| {
                        view! {
                            <form method="post" action=action.clone()>
                                <section aria-labelledby="factor-heading">
                                    {about("factor-heading", say::second_factor(lang), say::second_factor_why(lang))} <div>
                                        <PasswordField
                                            name="current"
                                            label=say::own_password(lang)
                                            autocomplete="current-password"
                                            error=error_of(&posted.errors, "current")
                                        />
                                        <button class="button" type="submit" name="intent" value="reset-second-factor">
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
                        <div>{access(user.disabled, &user.email, lang)}</div>
                    </section>
                </form>
            }
                .into_any()
        }}
        <section aria-labelledby="owned-heading">
            {about("owned-heading", say::owned(lang), say::owned_why(lang))} <div>
                {webhooks(owned, lang)} <p>
                    <a href=format!("/audit-log?object={}", user.id)>{say::changes(lang)}</a>
                </p>
            </div>
        </section>
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

fn access(disabled: bool, email: &str, lang: Lang) -> AnyView {
    if disabled {
        view! {
            <button class="button" type="submit" name="intent" value="enable">
                {say::enable(lang)}
            </button>
        }
        .into_any()
    } else {
        view! {
            <button class="button danger" type="submit" name="intent" value="disable">
                {say::disable_label(lang, email)}
            </button>
        }
        .into_any()
    }
}

fn webhooks(owned: Vec<OwnedView>, lang: Lang) -> AnyView {
    if owned.is_empty() {
        return view! { <p class="hint">{say::owned_none(lang)}</p> }.into_any();
    }
    let rows = owned.into_iter().map(|webhook| {
        view! {
            <li>
                <a href=format!("/webhooks/{}", webhook.id) dir="auto">{written_out(&webhook.name)}</a>
            </li>
        }
    });
    view! { <ul class="plain">{rows.collect_view()}</ul> }.into_any()
}
