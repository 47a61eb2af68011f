//! A webhook that there is: its five sections.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        address::{query, segment},
        calls::{ActedView, GivenUpView, details_form},
        components::{
            badges::StatusBadge,
            notice::{Done, Trouble},
            time::Time,
            unseen::ForeignText,
        },
        pages::{
            logs::Logs,
            webhook_actions::{actions, outcome},
            webhook_form::WebhookForm,
        },
        viewer::lang,
    },
    messages::{common, webhook as say},
};

/// A webhook.
#[component]
pub(in crate::console) fn Details() -> impl IntoView {
    let lang = lang();
    let id = segment("id");
    let of = id.clone();
    let saved = query("saved");
    view! {
        {Suspend::new(async move {
            match details_form(&of).await {
                Ok(form) => {
                    let done = match saved.as_deref() {
                        Some("created") => Some(say::added(lang)),
                        Some("changed") => Some(say::saved(lang)),
                        Some("tested") => Some(say::tested(lang)),
                        Some("enabled") => Some(say::enabled_again(lang)),
                        _ => None,
                    };
                    view! {
                        <Title text=form.title.clone() />
                        <p class="crumbs">
                            <a href="/webhooks">{common::nav_webhooks(lang)}</a>
                            " / "
                            <ForeignText text=form.title.clone() />
                        </p>
                        <div class="head">
                            <h1>
                                <ForeignText text=form.title.clone() />
                            </h1>
                            {form.status.map(|status| view! { <StatusBadge status /> })}
                        </div>
                        {form.given_up.clone().map(|given_up| view! { <GivenUp given_up path=format!("/webhooks/{of}") editable=form.editable /> })}
                        {outcome(&form.acted, lang)}
                        {done.filter(|_| form.errors.is_empty() && form.acted == ActedView::default()).map(|text| view! { <Done text /> })}
                        {form.editable.then(|| actions(&form, lang))}
                        <WebhookForm form />
                    }
                        .into_any()
                }
                Err(error) => view! { <Title text=common::not_found(lang) /> <Trouble error /> }.into_any(),
            }
        })}
        <Logs id />
    }
}

/// clearhook disabled this webhook: why, since when, what that means, and the way back.
#[component]
fn GivenUp(given_up: GivenUpView, path: String, editable: bool) -> impl IntoView {
    let lang = lang();
    let recover = format!("/api/v1{path}/recover");
    let enable = editable.then(|| {
        view! {
            <form method="post" action=path>
                <button class="button" type="submit" name="intent" value="enable">
                    {say::enable(lang)}
                </button>
            </form>
        }
    });
    view! {
        <div class="notice warn" role="status" id="given-up">
            <p>
                <strong>{say::disabled_by_clearhook(lang)}</strong>
                " "
                {given_up.reason}
                {given_up.since.map(|at| view! { " " {say::disabled_since(lang)} " " <Time at /> "." })}
            </p>
            <p>{given_up.held.map(|held| format!("{held} "))} {say::disabled_what(lang, &recover)}</p>
            {enable}
        </div>
    }
}
