//! The page of one event type: its meaning, the fields of its callbacks, its versions, and the webhooks that receive it.

use leptos::prelude::*;
use leptos_meta::Title;
use serde::Deserialize;

use super::{
    addresses::{LIST, below},
    entry_texts::events_text,
    load_event_type::{EventTypeView, load},
    set_state::SetStateForm,
    state_badge::{PageState, origin_name},
};
use crate::{
    console::{
        components::{
            badges::StatusBadge,
            code::Code,
            icon::{DOWNLOAD, Icon},
            inline_code::InlineText,
            notice::{Done, Trouble},
            time::Time,
            unseen::written_out,
        },
        href::{event_type_path, href, page_query},
        intents::WebhookIntent,
        islands::CopyText,
        server::{console_error, reader},
        viewer::lang,
    },
    domain::event_type::EventTypeState,
    messages::{Lang, common, event_types as say, webhooks as webhook_texts},
    storage::webhooks::WebhookRecord,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageQuery {
    /// What was just done.
    saved: Option<String>,
    /// The version whose fields and example are shown. By default the current one.
    version: Option<u32>,
}

/// The page.
#[component]
pub fn EventTypePage(
    /// The event type in the path.
    key: String,
) -> impl IntoView {
    let query = page_query::<PageQuery>();
    let saved = query.saved.as_deref().and_then(|saved| done(saved, lang()));
    Suspend::new(async move {
        let loaded = async {
            let (app, by) = reader()?;
            load(&app, &by, &key, query.version).await.map_err(console_error)
        };
        match loaded.await {
            Ok(view) => view! { {saved.map(|text| view! { <Done text /> })} <Reference view /> }.into_any(),
            Err(error) => view! { <Title text=common::not_found(lang()) /> <Trouble error /> }.into_any(),
        }
    })
}

/// The sentence for what was just done.
fn done(saved: &str, lang: Lang) -> Option<&'static str> {
    match saved {
        "created" => Some(say::saved_created(lang)),
        "changed" => Some(say::saved_changed(lang)),
        "active" => Some(say::saved_active(lang)),
        "deprecated" => Some(say::saved_deprecated(lang)),
        "archived" => Some(say::saved_archived(lang)),
        _ => None,
    }
}

#[component]
fn Reference(view: EventTypeView) -> impl IntoView {
    let lang = lang();
    let name = view.name.clone();
    let notice = state_notice(&view, lang);
    let (description, tree) = (view.description.clone(), view.tree.clone());
    let head = head(&view, lang);
    let facts = facts(&view, lang);
    let examples = examples(&view, lang);
    let versions = versions(&view, lang);
    let subscribers = view.subscribers.map(|subscribers| {
        let all = href("/webhooks", &[("event", view.event_type.as_str())]);
        let may_test = subscribers.may_write && view.state != EventTypeState::Archived;
        let test = may_test.then(|| view.event_type.to_string());
        view! {
            <h2 class="apart" id="used-by">
                {say::used_by(lang)}
            </h2>
            <Subscribers webhooks=subscribers.first total=subscribers.total may_write=subscribers.may_write test all />
        }
    });
    view! {
        <Title text=name.clone() />
        <p class="crumbs">
            <a href=LIST>{say::title(lang)}</a>
            " / "
            <bdi>{written_out(&name)}</bdi>
        </p>
        {head}
        {notice}
        <p class="about" dir="auto">
            <InlineText text=description />
        </p>
        {facts}
        <div class="reference">
            <div>
                <h2>{say::fields(lang)}</h2>
                <p class="hint">{say::fields_why(lang)}</p>
                <div class="schema" inner_html=tree></div>
            </div>
            <div>{examples}</div>
        </div>
        {versions}
        {subscribers}
    }
}

fn head(view: &EventTypeView, lang: Lang) -> AnyView {
    let event_type = &view.event_type;
    let version = (view.shown != view.version).then_some(view.shown);
    let file = |name: &str| match version {
        Some(version) => format!("{}?version={version}", below(event_type, name)),
        None => below(event_type, name),
    };
    let edit = view
        .may_edit
        .then(|| view! { <a class="button" href=below(event_type, "edit")>{say::edit(lang)}</a> });
    let state = view.may_write.then(|| {
        view! { <SetStateForm event_type=event_type.clone() state=view.state others=view.others.clone() /> }
    });
    view! {
        <div class="head">
            <h1 dir="auto">{written_out(&view.name)}</h1>
            <code class="key">{event_type.to_string()}</code>
            <PageState state=view.state />
        </div>
        <div class="actions">
            <a class="button primary" href=file("schema") rel="external" download>
                <Icon path=DOWNLOAD />
                {say::download_schema(lang)}
            </a>
            <a class="button" href=file("example") rel="external" download>
                {say::download_example(lang)}
            </a>
            <a class="button" href=file("typescript") rel="external" download>
                {say::download_types(lang)}
            </a>
            {edit}
            {state}
        </div>
    }
    .into_any()
}

/// The notice of a type that should not be used any more, or of a version that is not the current one.
fn state_notice(view: &EventTypeView, lang: Lang) -> AnyView {
    let other = view.replaced_by.as_ref().map(|other| {
        view! {
            " "
            {say::use_instead(lang)}
            " "
            <a href=event_type_path(other)>{other.to_string()}</a>
            "."
        }
    });
    let text = match view.state {
        EventTypeState::Active => None,
        EventTypeState::Deprecated => Some(say::deprecated_why(lang)),
        EventTypeState::Archived => Some(say::archived_why(lang)),
    };
    let state = text.map(|text| view! { <p class="notice warn">{text} {other}</p> });
    let version = (view.shown != view.version).then(|| {
        view! {
            <p class="notice warn">
                {say::old_version(lang, view.version.into(), view.shown.into())}
                " "
                <a href=event_type_path(&view.event_type)>{say::present_version(lang)}</a>
            </p>
        }
    });
    view! { {state} {version} }.into_any()
}

/// Version, group, origin and how often it happens.
fn facts(view: &EventTypeView, lang: Lang) -> AnyView {
    let fact = |name: &'static str, value: AnyView| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let group = view
        .group
        .as_ref()
        .map(|group| fact(say::group(lang), view! { <bdi>{written_out(group)}</bdi> }.into_any()));
    let events = view
        .events
        .map(|events| fact(say::last_day(lang), events_text(events, lang).into_any()));
    let retention = view
        .retention
        .map(|days| fact(say::retention(lang), say::days(lang, days.into()).into_any()));
    let masked = (!view.masked.is_empty()).then(|| {
        let pointers = view.masked.iter().map(|pointer| view! { <code>{pointer.clone()}</code> " " });
        fact(say::masked(lang), pointers.collect_view().into_any())
    });
    view! {
        <dl class="type-facts">
            {fact(say::version(lang), view.version.to_string().into_any())}
            {group}
            {fact(say::origin(lang), origin_name(view.origin, lang).into_any())}
            {events}
            {retention}
            {masked}
        </dl>
    }
    .into_any()
}

fn examples(view: &EventTypeView, lang: Lang) -> AnyView {
    let several = view.examples.len() > 1;
    let blocks = view.examples.iter().enumerate().map(|(at, text)| {
        let label = if several {
            say::example_which(lang, at as u64 + 1)
        } else {
            say::example(lang).to_owned()
        };
        view! {
            <div class="example-head">
                <h2>{label.clone()}</h2>
                <CopyText text=text.clone() label=common::copy(lang).to_owned() />
            </div>
            <Code label text=text.clone() />
        }
    });
    let none = view
        .examples
        .is_empty()
        .then(|| view! { <h2>{say::example(lang)}</h2> <p class="hint">{say::example_none(lang)}</p> });
    view! { {blocks.collect_view()} {none} }.into_any()
}

/// The table of versions. A type that never changed has none.
fn versions(view: &EventTypeView, lang: Lang) -> Option<AnyView> {
    (view.versions.len() > 1).then(|| {
        let event_type = &view.event_type;
        let rows = view.versions.iter().map(|version| {
            let number = version.number;
            let file = |name: &str| format!("{}?version={number}", below(event_type, name));
            let compare = (number > 1).then(|| {
                let query = [("from", number - 1), ("to", number)];
                view! { <a href=href(&below(event_type, "versions"), &query)>{say::compare(lang)}</a> }
            });
            let present = (number == view.version).then(|| view! { " " <span class="tag">{say::present(lang)}</span> });
            view! {
                <tr>
                    <td class="name">
                        <a href=format!("{}?version={number}", event_type_path(event_type))>{say::version_which(lang, number.into())}</a>
                        {present}
                    </td>
                    <td>
                        <Time at=version.at.clone() />
                    </td>
                    <td class="links">
                        <a href=file("schema") rel="external" download aria-label=say::download_schema_of(lang, number.into())>{say::schema(lang)}</a>
                        " "
                        <a href=file("example") rel="external" download aria-label=say::download_example_of(lang, number.into())>{say::example(lang)}</a>
                        " "
                        <a href=file("typescript") rel="external" download aria-label=say::download_types_of(lang, number.into())>"TypeScript"</a>
                    </td>
                    <td class="links">{compare}</td>
                </tr>
            }
        });
        view! {
            <h2 class="apart" id="versions">
                {say::versions(lang)}
            </h2>
            <div class="card">
                <table class="stack versions" aria-labelledby="versions">
                    <thead>
                        <tr>
                            <th scope="col">{say::version(lang)}</th>
                            <th scope="col">{say::since(lang)}</th>
                            <th scope="col">{say::downloads(lang)}</th>
                            <th scope="col">{say::changes(lang)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any()
    })
}

#[component]
fn Subscribers(
    webhooks: Vec<WebhookRecord>,
    total: u64,
    may_write: bool,
    /// The event type of which a test can be sent, if the viewer may send one.
    test: Option<String>,
    all: String,
) -> impl IntoView {
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
                <td class="act">{test_form(&webhook, test.as_ref(), lang)}</td>
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
                        <th scope="col">
                            <span class="visually-hidden">{webhook_texts::actions(lang)}</span>
                        </th>
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

/// The button that sends a test event of the type to a webhook. It leads to the webhook's log.
fn test_form(webhook: &WebhookRecord, event_type: Option<&String>, lang: Lang) -> Option<AnyView> {
    let event_type = event_type.filter(|_| webhook.fields.enabled)?;
    Some(
        view! {
            <form method="post" action=format!("/webhooks/{}", webhook.id)>
                <input type="hidden" name="event" value=event_type.clone() />
                <button
                    class="button small"
                    type="submit"
                    name="intent"
                    value=WebhookIntent::Test.to_string()
                    aria-label=say::test_to(lang, &webhook.fields.name)
                >
                    {webhook_texts::test(lang)}
                </button>
            </form>
        }
        .into_any(),
    )
}
