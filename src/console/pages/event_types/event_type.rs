//! The page of one event type: its meaning, the fields of its callbacks, and the webhooks that are subscribed to it.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    auth::rules::Action,
    catalogue::{EventType, example::example_text},
    console::{
        ConsoleError,
        components::{
            badges::StatusBadge, code::Code, inline_code::InlineCode, notice::Trouble, schema_tree::SchemaTree, unseen::written_out,
        },
        islands::CopyText,
        server::{caller, console_error},
        viewer::lang,
    },
    messages::{common, event_types as say, webhooks as webhook_texts},
    services::{error::UseCaseError, webhooks},
    storage::webhooks::WebhookRecord,
};

/// Maximum number of webhooks that the page lists. The list of webhooks has all of them.
const ROWS: u64 = 20;

/// What the page shows.
#[derive(Clone, Debug)]
struct EventTypeView {
    event: EventType,
    /// The first subscribed webhooks.
    webhooks: Vec<WebhookRecord>,
    /// The number of all subscribed webhooks.
    total: u64,
    /// Whether the viewer may add webhooks.
    may_write: bool,
}

async fn load(key: &str) -> Result<EventTypeView, ConsoleError> {
    let (app, by) = caller()?;
    let event: EventType = key.parse().map_err(|_| console_error(UseCaseError::NotFound))?;
    let (webhooks, total) = webhooks::subscribed_webhooks(&app, &by, event, ROWS).await.map_err(console_error)?;
    Ok(EventTypeView {
        event,
        webhooks,
        total,
        may_write: by.may(Action::WriteWebhooks, false).is_ok(),
    })
}

/// The page.
#[component]
pub fn EventTypePage(
    /// The event type in the path.
    key: String,
) -> impl IntoView {
    Suspend::new(async move {
        match load(&key).await {
            Ok(view) => view! { <Reference view /> }.into_any(),
            Err(error) => view! { <Title text=common::not_found(lang()) /> <Trouble error /> }.into_any(),
        }
    })
}

#[component]
fn Reference(view: EventTypeView) -> impl IntoView {
    let lang = lang();
    let EventTypeView {
        event,
        webhooks,
        total,
        may_write,
    } = view;
    let example = example_text(event);
    let name = event.name_in(lang);
    view! {
        <Title text=name />
        <p class="crumbs">
            <a href="/event-types">{say::title(lang)}</a>
            {format!(" / {name}")}
        </p>
        <div class="head">
            <h1>{name}</h1>
            <code class="key">{event.as_str()}</code>
            <div class="actions">
                <a class="button" href=format!("/event-types/{event}/schema") rel="external" download>
                    {say::download_schema(lang)}
                </a>
                <a class="button" href=format!("/event-types/{event}/example") rel="external" download>
                    {say::download_example(lang)}
                </a>
            </div>
        </div>
        <p class="about">
            <InlineCode text=event.description_in(lang) />
        </p>
        <div class="reference">
            <div>
                <h2>{say::fields(lang)}</h2>
                <p class="hint">{say::fields_why(lang)}</p>
                <SchemaTree event />
            </div>
            <div>
                <div class="example-head">
                    <h2>{say::example(lang)}</h2>
                    <CopyText text=example.clone() label=common::copy(lang).to_owned() />
                </div>
                <Code label=say::example(lang) text=example />
            </div>
        </div>
        <h2 class="apart" id="used-by">
            {say::used_by(lang)}
        </h2>
        <Subscribers webhooks total may_write all=format!("/webhooks?event={event}") />
    }
}

#[component]
fn Subscribers(webhooks: Vec<WebhookRecord>, total: u64, may_write: bool, all: String) -> impl IntoView {
    let lang = lang();
    if webhooks.is_empty() {
        let none = if may_write {
            say::used_by_none(lang)
        } else {
            say::used_by_none_own(lang)
        };
        return view! { <p class="card none">{none}</p> }.into_any();
    }
    let shown = webhooks.len() as u64;
    let rows = webhooks.into_iter().map(|webhook| {
        view! {
            <tr>
                <td class="name">
                    <a href=format!("/webhooks/{}", webhook.id) dir="auto">{written_out(&webhook.fields.name)}</a>
                </td>
                <td class="mono clip" title=webhook.fields.url.clone()>
                    <span>{webhook.fields.url.clone()}</span>
                </td>
                <td>
                    <StatusBadge status=webhook.status() />
                </td>
            </tr>
        }
    });
    view! {
        <div class="card">
            <table class="stack" aria-labelledby="used-by">
                <thead>
                    <tr>
                        <th scope="col">{webhook_texts::name(lang)}</th>
                        <th scope="col">{webhook_texts::url(lang)}</th>
                        <th scope="col">{webhook_texts::status(lang)}</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
            <div class="foot">
                <span>{if shown < total { say::used_by_first(lang, total, shown) } else { webhook_texts::count(lang, total) }}</span>
                <a class="button" href=all>
                    {say::used_by_all(lang)}
                </a>
            </div>
        </div>
    }
    .into_any()
}
