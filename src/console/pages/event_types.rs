//! The catalogue of events.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    catalogue::EventType,
    console::{
        calls::{EventTypesView, event_types},
        components::notice::Trouble,
        viewer::lang,
    },
    messages::event_types as say,
};

/// The catalogue.
#[component]
pub(in crate::console) fn EventTypes() -> impl IntoView {
    view! {
        <Title text=say::title(lang()) />
        {Suspend::new(async move {
            match event_types().await {
                Ok(all) => view! { <Catalogue all /> }.into_any(),
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

#[component]
fn Catalogue(all: EventTypesView) -> impl IntoView {
    let lang = lang();
    let rows = all.rows.into_iter().map(|(event, webhooks)| view! { <Row event webhooks /> });
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
fn Row(event: EventType, webhooks: u64) -> impl IntoView {
    let lang = lang();
    let name = event.name_in(lang);
    let label = say::webhooks_of(lang, webhooks, name);
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
                <a href=format!("/event-types/{event}")>{name}</a>
            </td>
            <td class="mono">{event.as_str()}</td>
            <td class="quiet-text meaning">{event.summary_in(lang)}</td>
            <td class="count">
                {count} <span class="stacked-label">" " {say::webhooks_after(lang, webhooks)}</span>
            </td>
        </tr>
    }
}
