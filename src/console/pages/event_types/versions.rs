//! The page that compares two versions of an event type.

use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use super::{
    addresses::{LIST, below},
    diff::Diff,
    entry_texts::pretty_text,
    load_event_type::version_of,
};
use crate::{
    console::{
        components::{notice::Trouble, query_form::QueryForm, unseen::written_out},
        href::{event_type_path, page_query},
        server::{console_error, reader},
        viewer::lang,
    },
    domain::event_type::EventType,
    messages::{Lang, common, event_types as say},
    services::{error::UseCaseError, event_types},
    storage::event_types::EventTypeContent,
};

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct VersionsQuery {
    /// The version before. By default the one before `to`.
    from: Option<u32>,
    /// The version after. By default the current one.
    to: Option<u32>,
}

struct VersionsView {
    event_type: EventType,
    name: String,
    /// The newest version.
    newest: u32,
    from: (u32, EventTypeContent),
    to: (u32, EventTypeContent),
}

async fn load(key: &str, query: VersionsQuery) -> Result<VersionsView, UseCaseError> {
    let (app, by) = reader().map_err(|_| UseCaseError::NotFound)?;
    let entry = event_types::get(&app, &by, key).await?;
    let newest = entry.record.version;
    let to = query.to.unwrap_or(newest);
    let from = query.from.unwrap_or_else(|| to.saturating_sub(1).max(1));
    let (before, after) = tokio::try_join!(version_of(&app, &entry, from), version_of(&app, &entry, to))?;
    Ok(VersionsView {
        event_type: entry.event_type().clone(),
        name: entry.name_in(lang()).to_owned(),
        newest,
        from: (from, before.content),
        to: (to, after.content),
    })
}

/// The page.
#[component]
pub fn EventTypeVersions(
    /// The event type in the path.
    key: String,
) -> impl IntoView {
    let query = page_query::<VersionsQuery>();
    Suspend::new(async move {
        match load(&key, query).await.map_err(console_error) {
            Ok(view) => view! { <Comparison view /> }.into_any(),
            Err(error) => view! { <Title text=common::not_found(lang()) /> <Trouble error /> }.into_any(),
        }
    })
}

#[component]
fn Comparison(view: VersionsView) -> impl IntoView {
    let lang = lang();
    let VersionsView {
        event_type,
        name,
        newest,
        from: (from, before),
        to: (to, after),
    } = view;
    let title = say::versions_of(lang, &name);
    let schema = |content: &EventTypeContent| content.schema.as_deref().map(pretty_text).unwrap_or_default();
    let (schemas, examples) = (
        (schema(&before), schema(&after)),
        (pretty_text(&before.examples), pretty_text(&after.examples)),
    );
    view! {
        <Title text=title.clone() />
        <p class="crumbs">
            <a href=LIST>{say::title(lang)}</a>
            " / "
            <a href=event_type_path(&event_type)>
                <bdi>{written_out(&name)}</bdi>
            </a>
            {format!(" / {}", say::versions(lang))}
        </p>
        <div class="head">
            <h1 dir="auto">{title}</h1>
        </div>
        {if newest == 1 {
            view! { <p>{say::only_version(lang)}</p> }.into_any()
        } else {
            view! {
                <QueryForm action=below(&event_type, "versions") class="bar" search=false>
                    {choice("from", say::compare_from(lang), from, newest, lang)}
                    {choice("to", say::compare_to(lang), to, newest, lang)}
                    <button class="button" type="submit">
                        {say::compare(lang)}
                    </button>
                </QueryForm>
                <h2 class="apart">{say::schema(lang)}</h2>
                <Diff label=say::schema(lang).to_owned() before=schemas.0 after=schemas.1 />
                <h2 class="apart">{say::examples(lang)}</h2>
                <Diff label=say::examples(lang).to_owned() before=examples.0 after=examples.1 />
            }
                .into_any()
        }}
    }
}

/// The choice of a version.
fn choice(name: &'static str, label: &'static str, chosen: u32, newest: u32, lang: Lang) -> AnyView {
    let options = (1..=newest).rev().map(|number| {
        view! {
            <option value=number.to_string() selected=number == chosen>
                {say::version_which(lang, number.into())}
            </option>
        }
    });
    view! {
        <label class="version-label" for=name>
            {label}
        </label>
        <select id=name name=name>
            {options.collect_view()}
        </select>
    }
    .into_any()
}
