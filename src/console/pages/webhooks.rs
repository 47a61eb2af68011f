//! The list of webhooks. Everything that it shows is in the address.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    catalogue::EventType,
    console::{
        address::query,
        calls::{ListQuery, ListView, list_webhooks},
        components::{
            notice::{Done, Trouble},
            pager::Pager,
            sort::SortHead,
        },
        islands::QueryForm,
        pages::{
            no_webhooks::{NoWebhooks, NothingFound},
            webhook_row::WebhookRow,
        },
        viewer::lang,
    },
    domain::{
        list::{Direction, Sort},
        webhook::Status,
    },
    messages::{Lang, common, webhooks as say},
};

type Heading = fn(Lang) -> &'static str;

/// The columns that order the list.
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
    let asked = ListQuery {
        q: query("q"),
        event: query("event"),
        status: query("status"),
        sort: query("sort"),
        dir: query("dir"),
        page: query("page"),
    };
    let deleted = query("deleted").is_some();
    view! {
        <Title text=say::title(lang()) />
        {deleted.then(|| view! { <Done text=say::deleted(lang()) /> })}
        {Suspend::new(async move {
            match list_webhooks(asked.clone()).await {
                Ok(list) => view! { <List list asked /> }.into_any(),
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

#[component]
fn List(list: ListView, asked: ListQuery) -> impl IntoView {
    let lang = lang();
    let may_write = list.may_write;
    let content = if list.any {
        let search = search(&asked, lang);
        let found = if list.rows.is_empty() {
            view! { <NothingFound /> }.into_any()
        } else {
            table(list, &asked, lang)
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

fn search(asked: &ListQuery, lang: Lang) -> AnyView {
    let (q, sort, dir) = (asked.q.clone(), asked.sort.clone(), asked.dir.clone());
    let option = |value: &'static str, name: &'static str, chosen: &Option<String>| {
        let selected = chosen.as_deref() == Some(value);
        view! { <option value=value selected=selected>{name}</option> }
    };
    let events = EventType::ALL.map(|event| option(event.as_str(), event.name_in(lang), &asked.event));
    let statuses = [
        (Status::Enabled, common::status_enabled(lang)),
        (Status::Failing, common::status_failing(lang)),
        (Status::Disabled, common::status_disabled(lang)),
    ]
    .map(|(status, name)| option(status.as_str(), name, &asked.status));
    view! {
        <QueryForm action="/webhooks".to_owned() class="bar".to_owned() search=true>
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

fn table(list: ListView, asked: &ListQuery, lang: Lang) -> AnyView {
    let (sort, direction) = asked.order();
    let heads = COLUMNS.map(|(column, name)| {
        let sorted = (column == sort).then_some(direction);
        let turned = if sorted == Some(Direction::Ascending) {
            Direction::Descending
        } else {
            Direction::Ascending
        };
        let href = address(asked, &[("sort", column.as_str()), ("dir", turned.as_str())]);
        view! { <SortHead name=name(lang) sorted href /> }
    });
    let here = address(asked, &[("page", &list.page.to_string())]);
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
    let of_page = asked.clone();
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
                <Pager page=list.page pages=list.pages address=move |page| address(&of_page, &[("page", &page.to_string())]) />
            </div>
        </div>
    }
    .into_any()
}

/// The list's address with some of the query changed. A new order begins at the first page.
fn address(asked: &ListQuery, changed: &[(&str, &str)]) -> String {
    let kept = [
        ("q", asked.q.as_deref()),
        ("event", asked.event.as_deref()),
        ("status", asked.status.as_deref()),
        ("sort", asked.sort.as_deref()),
        ("dir", asked.dir.as_deref()),
    ];
    let kept = kept
        .into_iter()
        .filter(|(name, _)| changed.iter().all(|(other, _)| other != name))
        .filter_map(|(name, value)| value.map(|value| (name, value)));
    let changed = changed.iter().copied().filter(|pair| *pair != ("page", "1"));
    let pairs: Vec<String> = kept
        .chain(changed)
        .map(|(name, value)| format!("{name}={}", escaped(value)))
        .collect();
    if pairs.is_empty() {
        "/webhooks".to_owned()
    } else {
        format!("/webhooks?{}", pairs.join("&"))
    }
}

/// Escapes a query value.
pub(super) fn escaped(text: &str) -> String {
    leptos_router::location::Url::escape(text)
}
