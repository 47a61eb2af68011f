//! The page of a stored webhook.

use leptos::prelude::*;
use leptos_meta::Title;
use serde::Deserialize;

use crate::{
    console::{
        components::{
            copy_button::CopyButton,
            notice::{Done, DoneWith, Trouble},
            time::Time,
            unseen::ForeignText,
        },
        href::page_query,
        pages::{
            deliveries::{discard_forms::HeldAfterEnabling, progress::Progress},
            log::logs::Logs,
            webhook::{
                health::{enable_form, health_part, logs_link, status_part},
                live_health::LiveHealth,
                load_form::{ActionResult, DisabledView, FormView, load},
                read_only::ReadOnly,
                test_event::TestEventButton,
                webhook_actions::{SecretOnce, actions, outcome},
                webhook_form::WebhookFields,
            },
            webhooks::list_origin::{ListLine, with_list},
        },
        server::{caller, console_error},
        viewer::lang,
    },
    messages::{Lang, common, webhook as say},
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
    let after_enabling = (saved.as_deref() == Some("enabled") && enabled && held > 0 && form.editable)
        .then(|| view! { <HeldAfterEnabling id=id.clone() count=held /> });
    let path = format!("/webhooks/{id}");
    let fresh = form
        .fresh_secret
        .clone()
        .map(|secret| view! { <SecretOnce id="new-secret" heading=say::fresh_secret(lang) secret path=path.clone() /> });
    let links = section_links(&form, lang);
    let content = if form.editable {
        view! { <WebhookFields form=form.clone() /> }.into_any()
    } else {
        view! { <ReadOnly form=form.clone() /> }.into_any()
    };
    let done = match saved.as_deref() {
        Some("created") if enabled => Some(say::added(lang)),
        Some("created") => Some(say::added_disabled(lang)),
        Some("changed") => Some(say::saved(lang)),
        Some("tested") => Some(say::tested(lang)),
        Some("enabled") => Some(say::enabled_again(lang)),
        _ => None,
    };
    // What one does next. With scripts the page stays, and with it the secret that it shows once.
    let first_test = (saved.as_deref() == Some("created") && enabled)
        .then(|| view! { <TestEventButton id=id.clone() events=Vec::new() action=with_list(&path) is_next_step=true /> }.into_any());
    view! {
        <Title text=form.title.clone() />
        <ListLine id=id.clone() name=form.title.clone() />
        <div class="head">
            <h1>
                <ForeignText text=form.title.clone() />
            </h1>
            {status_part(form.status)}
            {form.editable.then(|| actions(&form, enabled, held, lang))}
        </div>
        <p class="call-url">
            <span class="mono" id="call-url">
                <ForeignText text=form.url.clone() machine=true />
            </span>
            <CopyButton of="call-url" label=common::copy(lang) name=say::copy_url(lang) small=true />
        </p>
        <Progress />
        {fresh}
        {form.disabled.clone().map(|disabled| view! { <DisabledNotice disabled path=with_list(&format!("/webhooks/{id}")) editable=form.editable /> })}
        {outcome(&form.acted, &id, lang)}
        {done.map(|text| match first_test {
            Some(undo) => view! { <DoneWith text undo=Some(undo) /> }.into_any(),
            None => view! { <Done text /> }.into_any(),
        })}
        {after_enabling}
        <LiveHealth id=id.clone() />
        {health_part(&id, form.health.clone())}
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
    let counted = |href: &'static str, text: &'static str, count: usize| {
        view! {
            <a href=href rel="external">
                {text} {(count > 0).then(|| view! { " " <span class="count">{count}</span> })}
            </a>
        }
    };
    let link = |href, text| counted(href, text, 0);
    let edit = form.editable.then(|| {
        let id = form.id.clone().unwrap_or_default();
        view! {
            <a class="to-audit" href=format!("/audit-log?object={id}")>
                {common::nav_audit_log(lang)}
            </a>
            <a class="edit-all" href=with_list(&format!("/webhooks/{id}?edit=all#general"))>
                {say::edit_all(lang)}
            </a>
        }
    });
    view! {
        <nav class="section-links" aria-label=say::sections(lang)>
            {link("#general", say::general(lang))} {link("#webhook-details", say::details(lang))}
            {counted("#additional-headers", say::headers(lang), form.form.headers().len())}
            {counted("#event", say::event(lang), form.form.events.len())}
            {logs_link(form.health.as_ref())} {edit}
        </nav>
    }
    .into_any()
}

/// Why and when clearhook disabled the webhook, what that means, and a button that enables it.
#[component]
fn DisabledNotice(disabled: DisabledView, path: String, editable: bool) -> impl IntoView {
    let lang = lang();
    let enable = editable.then(|| enable_form(path, "button"));
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
