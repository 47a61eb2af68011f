//! The page of a stored webhook.

use leptos::prelude::*;
use leptos_meta::Title;
use serde::Deserialize;

use crate::{
    console::{
        components::{
            badges::StatusBadge,
            copy_button::CopyButton,
            notice::{Done, Trouble},
            time::Time,
            unseen::ForeignText,
        },
        href::page_query,
        islands::CopyField,
        pages::{
            deliveries::{discard_forms::HeldAfterEnabling, progress::Progress},
            log::logs::Logs,
            webhook::{
                health::Health,
                load_form::{ActionResult, DisabledView, FormView, load},
                read_only::ReadOnly,
                save::Intent,
                webhook_actions::{actions, outcome},
                webhook_form::WebhookFields,
            },
            webhooks::list_origin::{ListLine, with_list},
        },
        server::{caller, console_error},
        viewer::lang,
    },
    messages::{Lang, common, guide, logs::title as logs_title, webhook as say},
};

/// The query of the page, besides the one of the log.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DetailsQuery {
    /// What was just done: `created`, `changed`, `tested` or `enabled`.
    saved: Option<String>,
    /// `all` if all sections are open.
    edit: Option<String>,
}

/// The page `/webhooks/{id}`.
#[component]
pub(in crate::console) fn Details(
    /// The id of the webhook.
    id: String,
) -> impl IntoView {
    let DetailsQuery { saved, edit } = page_query();
    Suspend::new(async move {
        let loaded = async {
            let (app, by) = caller()?;
            let form = load(&app, &by, &id, None, ActionResult::default()).await;
            let open = |form| FormView {
                is_open: edit.as_deref() == Some("all"),
                ..form
            };
            form.map(open).map_err(console_error)
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
    let held = form.health.as_ref().map_or(0, |health| health.counts.held);
    let enabled = form.form.enabled;
    // Saving can have enabled the webhook, too.
    let after_enabling = (matches!(saved.as_deref(), Some("enabled" | "changed")) && enabled && held > 0 && form.editable)
        .then(|| view! { <HeldAfterEnabling id=id.clone() count=held /> });
    let fresh = form.fresh_secret.clone().map(|secret| fresh_secret(&id, secret, lang));
    let links = section_links(&form, lang);
    let health = form.health.clone().map(|health| view! { <Health id=id.clone() health /> });
    let content = if form.editable {
        view! { <WebhookFields form=form.clone() /> }.into_any()
    } else {
        view! { <ReadOnly form=form.clone() /> }.into_any()
    };
    let done = match saved.as_deref() {
        Some("created") => Some(say::added(lang)),
        Some("changed") => Some(say::saved(lang)),
        Some("tested") => Some(say::tested(lang)),
        Some("enabled") => Some(say::enabled_again(lang)),
        _ => None,
    };
    view! {
        <Title text=form.title.clone() />
        <ListLine id=id.clone() name=form.title.clone() />
        <div class="head">
            <h1>
                <ForeignText text=form.title.clone() />
            </h1>
            {form.status.map(|status| view! { <StatusBadge status /> })}
            {form.editable.then(|| actions(&form, enabled, held, lang))}
        </div>
        <p class="call-url">
            <span class="mono" id="call-url">
                <ForeignText text=form.form.url.clone() />
            </span>
            <CopyButton of="call-url" label=common::copy(lang) name=say::copy_url(lang) small=true />
        </p>
        <Progress id=id.clone() />
        {fresh}
        {form.disabled.clone().map(|disabled| view! { <DisabledNotice disabled path=with_list(&format!("/webhooks/{id}")) editable=form.editable /> })}
        {outcome(&form.acted, lang)}
        {done.map(|text| view! { <Done text /> })}
        {after_enabling}
        {health}
        {links}
        <div class="webhook-body">
            <div>{content}</div>
            <div>
                <Logs id />
            </div>
        </div>
    }
}

/// Links to the sections, which stay in sight.
fn section_links(form: &FormView, lang: Lang) -> AnyView {
    let logs = form.health.as_ref().is_some_and(|health| health.last.is_some());
    let counted = |href: &'static str, text: &'static str, count: usize| {
        view! {
            <a href=href rel="external">
                {text} {(count > 0).then(|| view! { " " <span class="count">{count}</span> })}
            </a>
        }
    };
    let link = |href, text| counted(href, text, 0);
    let edit = form.editable.then(|| {
        view! {
            <a class="edit-all" href=with_list(&format!("/webhooks/{}?edit=all#general", form.id.clone().unwrap_or_default()))>
                {say::edit_all(lang)}
            </a>
        }
    });
    view! {
        <nav class="section-links" aria-label=say::sections(lang)>
            {link("#general", say::general(lang))} {link("#webhook-details", say::details(lang))}
            {counted("#additional-headers", say::headers(lang), form.form.headers().len())}
            {counted("#event", say::event(lang), form.form.events.len())}
            {logs.then(|| link("#logs", logs_title(lang)))} {edit}
        </nav>
    }
    .into_any()
}

/// The secret of a webhook that was just added.
fn fresh_secret(id: &str, secret: String, lang: Lang) -> AnyView {
    let variable = format!("WEBHOOK_SECRET={secret}");
    view! {
        <div class="notice good once" role="status" id="new-secret">
            <p>
                <label for="new-secret-value">
                    <strong>{say::fresh_secret(lang)}</strong>
                </label>
            </p>
            <div class="pair">
                <input id="new-secret-value" class="mono" readonly value=secret autocomplete="off" spellcheck="false" />
                <CopyField field="new-secret-value".to_owned() />
            </div>
            <p>
                <label for="new-secret-env">{say::fresh_env(lang)}</label>
            </p>
            <div class="pair">
                <input id="new-secret-env" class="mono" readonly value=variable autocomplete="off" spellcheck="false" />
                <CopyField field="new-secret-env".to_owned() />
            </div>
            <p>
                <a class="button" href=with_list("?stored=1")>
                    {say::stored_it(lang)}
                </a>
                " "
                <a href=format!("/webhooks/{id}/verify")>{guide::verify_link(lang)}</a>
            </p>
        </div>
    }
    .into_any()
}

/// Why and when clearhook disabled the webhook, what that means, and a button that enables it.
#[component]
fn DisabledNotice(disabled: DisabledView, path: String, editable: bool) -> impl IntoView {
    let lang = lang();
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
            <p>{disabled.held.map(|held| format!("{held} "))} {say::disabled_what(lang)}</p>
            {enable}
        </div>
    }
}
