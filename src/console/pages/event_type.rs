//! One event: what it means, what its callbacks carry, which webhooks hear of it.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        address::segment,
        calls::{EventTypeView, HearingView, event_type},
        components::{badges::StatusBadge, code::Code, inline_code::Ticks, notice::Trouble, schema_tree::SchemaTree, unseen::written_out},
        islands::CopyText,
        viewer::lang,
    },
    messages::{common, event_types as say, webhooks},
};

/// One event.
#[component]
pub(in crate::console) fn OneEventType() -> impl IntoView {
    let key = segment("type");
    view! {
        {Suspend::new(async move {
            match event_type(&key).await {
                Ok(shown) => view! { <Shown shown /> }.into_any(),
                Err(error) => view! { <Title text=common::not_found(lang()) /> <Trouble error /> }.into_any(),
            }
        })}
    }
}

#[component]
fn Shown(shown: EventTypeView) -> impl IntoView {
    let lang = lang();
    let EventTypeView {
        event,
        example,
        webhooks,
        total,
        may_write,
    } = shown;
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
            <Ticks text=event.description_in(lang) />
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
        <Hearing webhooks total may_write all=format!("/webhooks?event={event}") />
    }
}

#[component]
fn Hearing(webhooks: Vec<HearingView>, total: u64, may_write: bool, all: String) -> impl IntoView {
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
                    <a href=format!("/webhooks/{}", webhook.id) dir="auto">{written_out(&webhook.name)}</a>
                </td>
                <td class="mono clip" title=webhook.url.clone()>
                    <span>{webhook.url.clone()}</span>
                </td>
                <td>
                    <StatusBadge status=webhook.status />
                </td>
            </tr>
        }
    });
    view! {
        <div class="card">
            <table class="stack hearing" aria-labelledby="used-by">
                <thead>
                    <tr>
                        <th scope="col">{webhooks::name(lang)}</th>
                        <th scope="col">{webhooks::url(lang)}</th>
                        <th scope="col">{webhooks::status(lang)}</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
            <div class="foot">
                <span>{if shown < total { say::used_by_first(lang, total, shown) } else { webhooks::count(lang, total) }}</span>
                <a class="button" href=all>
                    {say::used_by_all(lang)}
                </a>
            </div>
        </div>
    }
    .into_any()
}
