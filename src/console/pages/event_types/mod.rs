//! The list of event types, and the page of one event type.

mod downloads;
pub mod event_type;

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    app::AppState,
    auth::rules::Action,
    console::{
        ConsoleError,
        components::notice::Trouble,
        href::event_type_path,
        server::{caller, console_error},
        viewer::lang,
    },
    messages::event_types as say,
    registry::Entry,
    routes::{Routes, Rule},
    services::{event_types, webhooks},
};

/// The routes of the downloads.
pub fn routes() -> Routes<AppState> {
    let read = Rule::Session(Action::ReadCatalogue);
    Routes::new()
        .get("/event-types/{type}/schema", read, downloads::schema)
        .get("/event-types/{type}/example", read, downloads::example)
}

/// All event types, each with the number of subscribed webhooks that the viewer may see.
async fn load() -> Result<Vec<(Arc<Entry>, u64)>, ConsoleError> {
    let (app, by) = caller()?;
    let webhooks = webhooks::subscription_counts(&app, &by).await.map_err(console_error)?;
    let types = event_types::all(&app, &by).await.map_err(console_error)?;
    let row = |entry: &Arc<Entry>| (entry.clone(), webhooks.of(entry.event_type()));
    Ok(types.all().iter().map(row).collect())
}

/// The list.
#[component]
pub fn EventTypes() -> impl IntoView {
    view! {
        <Title text=say::title(lang()) />
        {Suspend::new(async move {
            match load().await {
                Ok(rows) => view! { <Catalogue rows /> }.into_any(),
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

#[component]
fn Catalogue(rows: Vec<(Arc<Entry>, u64)>) -> impl IntoView {
    let lang = lang();
    let rows = rows.into_iter().map(|(entry, webhooks)| view! { <Row entry webhooks /> });
    view! {
        <div class="head">
            <div>
                <h1>{say::title(lang)}</h1>
                <p>{say::lead(lang)}</p>
            </div>
        </div>
        <div class="card">
            <table class="stack catalogue" aria-label=say::title(lang)>
                <thead>
                    <tr>
                        <th scope="col">{say::name(lang)}</th>
                        <th scope="col">{say::key(lang)}</th>
                        <th scope="col">{say::meaning(lang)}</th>
                        <th scope="col" class="count">
                            {say::webhooks(lang)}
                        </th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(entry: Arc<Entry>, webhooks: u64) -> impl IntoView {
    let lang = lang();
    let (event, name) = (entry.event_type().clone(), entry.name_in(lang).to_owned());
    let label = say::webhooks_of(lang, webhooks, &name);
    let count = if webhooks > 0 {
        view! {
            <a href=format!("/webhooks?event={event}") aria-label=label.clone() title=label>
                {webhooks}
            </a>
        }
        .into_any()
    } else {
        view! { <span aria-label=label>"0"</span> }.into_any()
    };
    view! {
        <tr>
            <td class="name">
                <a href=event_type_path(&event)>{name}</a>
            </td>
            <td class="mono">{event.to_string()}</td>
            <td class="quiet-text meaning">{entry.summary_in(lang).to_owned()}</td>
            <td class="count">
                {count} <span class="stacked-label">" " {say::webhooks_after(lang, webhooks)}</span>
            </td>
        </tr>
    }
}
