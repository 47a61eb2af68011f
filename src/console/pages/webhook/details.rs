//! The page of a stored webhook.

use leptos::prelude::*;
use leptos_meta::Title;
use serde::Deserialize;

use crate::{
    console::{
        components::{
            badges::StatusBadge,
            notice::{Done, Trouble},
            time::Time,
            unseen::ForeignText,
        },
        href::page_query,
        pages::{
            log::logs::Logs,
            webhook::{
                load_form::{ActionResult, DisabledView, FormView, load},
                save::Intent,
                webhook_actions::{actions, outcome},
                webhook_form::WebhookFields,
            },
        },
        server::{caller, console_error},
        viewer::lang,
    },
    messages::{common, webhook as say},
};

/// The query of the page, besides the one of the log.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DetailsQuery {
    /// What was just done: `created`, `changed`, `tested` or `enabled`.
    saved: Option<String>,
}

/// The page `/webhooks/{id}`.
#[component]
pub(in crate::console) fn Details(
    /// The id of the webhook.
    id: String,
) -> impl IntoView {
    let DetailsQuery { saved } = page_query();
    Suspend::new(async move {
        let loaded = async {
            let (app, by) = caller()?;
            let form = load(&app, &by, &id, None, ActionResult::default()).await;
            form.map_err(console_error)
        };
        match loaded.await {
            Ok(form) => view! { <WebhookPage form saved /> }.into_any(),
            Err(error) => view! {
                <Title text=common::not_found(lang()) />
                <Trouble error />
            }
            .into_any(),
        }
    })
}

/// A webhook: its form, its buttons and its log.
#[component]
pub(super) fn WebhookPage(
    /// The form.
    form: FormView,
    /// What was just done, from the query.
    saved: Option<String>,
) -> impl IntoView {
    let lang = lang();
    let id = form.id.clone().unwrap_or_default();
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
        {form.disabled.clone().map(|disabled| view! { <DisabledNotice disabled path=format!("/webhooks/{id}") editable=form.editable /> })}
        {outcome(&form.acted, lang)}
        {done.map(|text| view! { <Done text /> })}
        {form.editable.then(|| actions(&form, lang))}
        <WebhookFields form />
        <Logs id />
    }
}

/// Why and when clearhook disabled the webhook, what that means, and a button that enables it.
#[component]
fn DisabledNotice(disabled: DisabledView, path: String, editable: bool) -> impl IntoView {
    let lang = lang();
    let recover = format!("/api/v1{path}/recover");
    let enable = editable.then(|| {
        view! {
            <form method="post" action=path>
                <button class="button" type="submit" name="intent" value=Intent::Enable.to_string()>
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
                {disabled.reason}
                {disabled.since.map(|at| view! { " " {say::disabled_since(lang)} " " <Time at /> "." })}
            </p>
            <p>{disabled.held.map(|held| format!("{held} "))} {say::disabled_what(lang, &recover)}</p>
            {enable}
        </div>
    }
}
