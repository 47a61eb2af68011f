//! The list of webhooks. Its order, filters and page are in the address.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        components::{
            notice::{Done, Trouble},
            pager::Pager,
            query_form::QueryForm,
            sort::SortHead,
        },
        href::{href, page_query},
        pages::webhooks::{
            load_list::{ListQuery, ListView, load},
            no_webhooks::{NoWebhooks, NothingFound},
            webhook_row::WebhookRow,
        },
        server::{caller, console_error, event_types_loaded},
        viewer::lang,
    },
    domain::{
        list::{Direction, Sort},
        webhook::Status,
    },
    messages::{Lang, common, webhooks as say},
};

/// The path of the page.
const PATH: &str = "/webhooks";

type Heading = fn(Lang) -> &'static str;

/// The columns by which the list can be ordered.
const COLUMNS: [(Sort, Heading); 5] = [
    (Sort::Name, say::name),
    (Sort::Url, say::url),
    (Sort::Event, say::event),
    (Sort::Description, say::description),
    (Sort::Status, say::status),
];

/// The list of webhooks.
#[component]
pub(in crate::console) fn Webhooks() -> impl IntoView {
    let query = page_query::<ListQuery>();
    let deleted = query.deleted.is_some();
    view! {
        <Title text=say::title(lang()) />
        {deleted.then(|| view! { <Done text=say::deleted(lang()) /> })}
        {Suspend::new(async move {
            let loaded = async {
                let (app, by) = caller()?;
                load(&app, &by, query.clone()).await.map_err(console_error)
            };
            match loaded.await {
                Ok(list) => view! { <List list query /> }.into_any(),
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

#[component]
fn List(list: ListView, query: ListQuery) -> impl IntoView {
    let lang = lang();
    let may_write = list.may_write;
    let content = if list.any {
        let search = search(&query, lang);
        let found = if list.rows.is_empty() {
            view! { <NothingFound /> }.into_any()
        } else {
            table(list, &query, lang)
        };
        view! { {search} {found} }.into_any()
    } else {
        view! { <NoWebhooks may_write /> }.into_any()
    };
    view! {
        <div class="head">
            <div>
                <h1>{say::title(lang)}</h1>
                <p>{say::lead(lang)}</p>
            </div>
            {may_write.then(|| view! { <a class="button primary" href="/webhooks/new">{say::add(lang)}</a> })}
        </div>
        {content}
    }
}

fn search(query: &ListQuery, lang: Lang) -> AnyView {
    let (q, sort, dir) = (query.q.clone(), query.sort.clone(), query.dir.clone());
    let option = |value: &str, name: &str, chosen: &Option<String>| {
        let selected = chosen.as_deref() == Some(value);
        let (value, name) = (value.to_owned(), name.to_owned());
        view! { <option value=value selected=selected>{name}</option> }
    };
    let types = event_types_loaded();
    let events: Vec<_> = types
        .all()
        .iter()
        .map(|entry| option(entry.event_type().as_str(), entry.name_in(lang), &query.event))
        .collect();
    let statuses = [
        (Status::Enabled, common::status_enabled(lang)),
        (Status::Failing, common::status_failing(lang)),
        (Status::Disabled, common::status_disabled(lang)),
    ]
    .map(|(status, name)| option(status.as_str(), name, &query.status));
    view! {
        <QueryForm action=PATH.to_owned() class="bar" search=true>
            <label class="visually-hidden" for="q">
                {say::search(lang)}
            </label>
            <input id="q" name="q" type="search" placeholder=say::search_hint(lang) value=q maxlength="200" />
            <select name="event" aria-label=say::event(lang)>
                <option value="">{say::all_events(lang)}</option>
                {events.collect_view()}
            </select>
            <select name="status" aria-label=say::status(lang)>
                <option value="">{say::any_status(lang)}</option>
                {statuses.collect_view()}
            </select>
            <input type="hidden" name="sort" value=sort />
            <input type="hidden" name="dir" value=dir />
            <button class="button" type="submit">
                {say::search(lang)}
            </button>
        </QueryForm>
    }
    .into_any()
}

fn table(list: ListView, query: &ListQuery, lang: Lang) -> AnyView {
    let (sort, direction) = query.order();
    let heads = COLUMNS.map(|(column, name)| {
        let sorted = (column == sort).then_some(direction);
        let turned = if sorted == Some(Direction::Ascending) {
            Direction::Descending
        } else {
            Direction::Ascending
        };
        // A new order starts at the first page.
        let sorting = ListQuery {
            sort: Some(column.as_str().to_owned()),
            dir: Some(turned.as_str().to_owned()),
            page: None,
            ..query.clone()
        };
        let href = href(PATH, &sorting);
        view! { <SortHead name=name(lang) sorted href /> }
    });
    let here = page_href(query, list.page);
    let (first, last, may_write) = (list.first, list.first + list.rows.len() as u64 - 1, list.may_write);
    let rows = list
        .rows
        .into_iter()
        .map(|row| view! { <WebhookRow row here=here.clone() may_write /> })
        .collect_view();
    let count = if list.pages > 1 {
        say::range(lang, list.total, first, last)
    } else {
        say::count(lang, list.total)
    };
    let of_page = query.clone();
    view! {
        <div class="card">
            <table class="stack webhooks" aria-label=say::title(lang)>
                <thead>
                    <tr>
                        {heads.collect_view()}
                        <th scope="col">{say::last_day(lang)}</th>
                        {may_write.then(|| view! { <th scope="col"><span class="visually-hidden">{say::actions(lang)}</span></th> })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <div class="foot">
                <span>{count}</span>
                <Pager page=list.page pages=list.pages address=move |page| page_href(&of_page, page) />
            </div>
        </div>
    }
    .into_any()
}

/// The address of a page of the list. The first page has no number.
fn page_href(query: &ListQuery, page: u64) -> String {
    let query = ListQuery {
        page: (page > 1).then(|| page.to_string()),
        ..query.clone()
    };
    href(PATH, &query)
}
