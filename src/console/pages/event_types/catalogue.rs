//! The list of event types: groups with heads, search and filters.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    addresses::{ARCHIVE, IMPORT, LIST, NEW},
    entry_texts::events_text,
    load_catalogue::{CatalogueQuery, CatalogueView, GroupView, RowView, load},
    state_badge::{StateBadge, origin_name},
};
use crate::{
    console::{
        components::{
            help::{HelpTip, Topic},
            notice::{Done, Trouble},
            pager::Pager,
            query_form::QueryForm,
            sparkline::Sparkline,
            unseen::{ForeignText, written_out},
        },
        href::{event_type_path, href, page_query},
        server::{console_error, reader},
        viewer::lang,
    },
    domain::event_type::Origin,
    messages::{Lang, administration, event_types as say},
};

/// The list.
#[component]
pub fn EventTypes() -> impl IntoView {
    let query = page_query::<CatalogueQuery>();
    let imported = query.imported.is_some();
    view! {
        <Title text=say::title(lang()) />
        {imported.then(|| view! { <Done text=say::imported(lang()) /> })}
        {Suspend::new(async move {
            let loaded = async {
                let (app, by) = reader()?;
                load(&app, &by, &query).await.map_err(console_error)
            };
            match loaded.await {
                Ok(list) => view! { <Catalogue list query /> }.into_any(),
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

#[component]
fn Catalogue(list: CatalogueView, query: CatalogueQuery) -> impl IntoView {
    let lang = lang();
    let actions = list.may_write.then(|| {
        view! {
            <a class="button" href=IMPORT>
                {say::import(lang)}
            </a>
            <a class="button primary" href=NEW>
                {say::new(lang)}
            </a>
        }
    });
    let search = search(&query, lang);
    let content = if list.groups.is_empty() {
        nothing(&list, lang)
    } else {
        table(list, &query, lang)
    };
    view! {
        <div class="head">
            <div>
                <div class="titled">
                    <h1>{say::title(lang)}</h1>
                    <HelpTip topic=Topic::EventTypes heading=say::title(lang) />
                </div>
                <p>{say::lead(lang)}</p>
            </div>
            <div class="actions">
                <a class="button" href=ARCHIVE rel="external" download>
                    {say::download_all(lang)}
                </a>
                {actions}
            </div>
        </div>
        {search}
        {content}
    }
}

fn search(query: &CatalogueQuery, lang: Lang) -> AnyView {
    let q = query.q.clone();
    let option = |value: &'static str, name: &'static str, chosen: &Option<String>| {
        let selected = chosen.as_deref() == Some(value);
        view! { <option value=value selected=selected>{name}</option> }
    };
    let states = [
        ("active", say::state_active(lang)),
        ("deprecated", say::state_deprecated(lang)),
        ("archived", say::state_archived(lang)),
        ("all", say::any_state(lang)),
    ]
    .map(|(value, name)| option(value, name, &query.state));
    let origins: Vec<_> = Origin::ALL
        .iter()
        .map(|origin| option(origin.as_str(), origin_name(*origin, lang), &query.origin))
        .collect();
    view! {
        <QueryForm action=LIST.to_owned() class="bar" search=true>
            <label class="visually-hidden" for="q">
                {administration::search(lang)}
            </label>
            <input id="q" name="q" type="search" placeholder=say::search_hint(lang) value=q maxlength="200" />
            <select name="state" aria-label=say::state(lang)>
                <option value="">{say::in_use(lang)}</option>
                {states.collect_view()}
            </select>
            <select name="origin" aria-label=say::origin(lang)>
                <option value="">{say::any_origin(lang)}</option>
                {origins}
            </select>
            <button class="button" type="submit">
                {administration::search(lang)}
            </button>
        </QueryForm>
    }
    .into_any()
}

/// What stands in place of an empty table.
fn nothing(list: &CatalogueView, lang: Lang) -> AnyView {
    if list.is_filtered {
        return view! {
            <div class="empty">
                <h2>{administration::nothing_found(lang)}</h2>
                <p>{say::none_found(lang)}</p>
                <p>
                    <a class="button" href=format!("{LIST}?state=all")>
                        {administration::show_all(lang)}
                    </a>
                </p>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="empty">
            <h2>{say::none(lang)}</h2>
            <p>{say::none_why(lang)}</p>
            {list.may_write.then(|| view! { <p><a class="button primary" href=NEW>{say::new(lang)}</a></p> })}
        </div>
    }
    .into_any()
}

fn table(list: CatalogueView, query: &CatalogueQuery, lang: Lang) -> AnyView {
    let (internal, total, page, pages) = (list.is_internal, list.total, list.page, list.pages);
    let groups = list
        .groups
        .into_iter()
        .enumerate()
        .map(|(at, group)| group_body(group, at, internal, lang));
    let of_page = query.clone();
    view! {
        <div class="card">
            <table class="stack catalogue" aria-label=say::title(lang)>
                <thead>
                    <tr>
                        <th scope="col">{say::name(lang)}</th>
                        <th scope="col">{say::key(lang)}</th>
                        <th scope="col">{say::meaning(lang)}</th>
                        {internal
                            .then(|| view! {
                                <th scope="col" class="count">
                                    {say::last_day(lang)}
                                </th>
                                <th scope="col" class="count">
                                    {say::webhooks(lang)}
                                </th>
                            })}
                    </tr>
                </thead>
                {groups.collect_view()}
            </table>
            <div class="foot">
                <span>{say::count(lang, total)}</span>
                <Pager page pages address=move |page| href(LIST, &of_page.at(page)) />
            </div>
        </div>
    }
    .into_any()
}

/// The rows of a group, below a row with its name.
fn group_body(group: GroupView, at: usize, internal: bool, lang: Lang) -> AnyView {
    let id = format!("group-{at}");
    let labelled = id.clone();
    let columns = if internal { "5" } else { "3" };
    let heading = match group.name {
        Some(name) => written_out(&name),
        None => say::no_group(lang).into_any(),
    };
    let rows = group.rows.into_iter().map(|row| view! { <Row row internal /> });
    view! {
        <tbody aria-labelledby=labelled>
            <tr class="group">
                <th scope="rowgroup" colspan=columns id=id dir="auto">
                    {heading}
                </th>
            </tr>
            {rows.collect_view()}
        </tbody>
    }
    .into_any()
}

#[component]
fn Row(row: RowView, internal: bool) -> impl IntoView {
    let lang = lang();
    let RowView {
        event_type,
        name,
        summary,
        state,
        webhooks,
        events,
        sparkline,
    } = row;
    let counts = internal.then(|| {
        let label = say::webhooks_of(lang, webhooks, &name);
        let count = if webhooks > 0 {
            let all = href("/webhooks", &[("event", event_type.as_str())]);
            view! { <a href=all aria-label=label.clone() title=label>{webhooks}</a> }.into_any()
        } else {
            view! { <span aria-label=label>"0"</span> }.into_any()
        };
        view! {
            <td class="count">
                {sparkline.map(|sparkline| view! { <Sparkline sparkline /> })} <span>{events_text(events, lang)}</span>
                <span class="stacked-label">" " {say::events_after(lang, events)}</span>
            </td>
            <td class="count">
                {count} <span class="stacked-label">" " {say::webhooks_after(lang, webhooks)}</span>
            </td>
        }
    });
    view! {
        <tr>
            <td class="name">
                <a href=event_type_path(&event_type) dir="auto">
                    {written_out(&name)}
                </a>
                <StateBadge state />
            </td>
            <td class="mono key-cell">{event_type.to_string()}</td>
            <td class="quiet-text meaning">
                <ForeignText text=summary />
            </td>
            {counts}
        </tr>
    }
}
