//! The first administrator, by the link that an empty server prints.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        address::query,
        calls::{SetupProblem, SetupView, UnfitView, setup_form},
        components::{
            centered_page::Alone,
            field::{EmailField, PasswordField},
            notice::Trouble,
        },
        viewer::lang,
    },
    messages::{Lang, sign_in as say, wrong},
};

/// The first administrator.
#[component]
pub(in crate::console) fn Setup() -> impl IntoView {
    let lang = lang();
    let token = query("token").unwrap_or_default();
    view! {
        <Title text=say::setup(lang) />
        {Suspend::new(async move {
            match setup_form(token).await {
                Ok(view) => page(lang, view).into_any(),
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

fn page(lang: Lang, view: SetupView) -> impl IntoView {
    let refused = match view.problem {
        Some(SetupProblem::Stale) => Some((say::setup_stale(lang), say::setup_stale_hint(lang))),
        Some(SetupProblem::Used) => Some((say::setup_used(lang), say::setup_used_hint(lang))),
        Some(SetupProblem::Unknown) => Some((say::setup_unknown(lang), say::setup_unknown_hint(lang))),
        Some(SetupProblem::Email | SetupProblem::Password(_)) | None => None,
    };
    match refused {
        Some((title, hint)) => view! {
            <Alone title>
                <p class="notice bad" role="alert">
                    {hint}
                </p>
                <a class="button wide" href="/sign-in" rel="external">
                    {say::sign_in(lang)}
                </a>
            </Alone>
        }
        .into_any(),
        None => view! {
            <Alone title=say::setup(lang)>
                <Form view />
            </Alone>
        }
        .into_any(),
    }
}

#[component]
fn Form(view: SetupView) -> impl IntoView {
    let lang = lang();
    let email_error = (view.problem == Some(SetupProblem::Email)).then(|| say::setup_bad_email(lang).to_owned());
    let password_error = match view.problem {
        Some(SetupProblem::Password(unfit)) => Some(unfit_text(lang, unfit)),
        _ => None,
    };
    view! {
        <p class="lead">{say::setup_hint(lang)}</p>
        <form method="post" action="/setup">
            <input type="hidden" name="token" value=view.token />
            <EmailField label=say::email(lang) value=view.email hint=say::setup_email(lang) error=email_error />
            <PasswordField
                name="password"
                label=say::password(lang)
                autocomplete="new-password"
                hint=say::setup_password_hint(lang)
                error=password_error
            />
            <button class="button primary wide" type="submit">
                {say::setup_create(lang)}
            </button>
        </form>
    }
}

/// What is wrong with a password that somebody chose.
pub(super) fn unfit_text(lang: Lang, unfit: UnfitView) -> String {
    match unfit {
        UnfitView::TooShort { min } => wrong::password_short(lang, min),
        UnfitView::TooLong { max } => wrong::password_long(lang, max),
        UnfitView::TooCommon => wrong::password_common(lang).to_owned(),
    }
}
