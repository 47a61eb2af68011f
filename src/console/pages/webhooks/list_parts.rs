//! The parts of the list that change with its query and with time. They contain no islands, so that `live_list` can replace them.

use leptos::prelude::*;

use crate::{
    console::{
        components::{pager::Pager, sort::SortHead},
        href::href,
        pages::webhooks::{
            bulk::BulkBar,
            columns::{Column, Columns},
            failing_badge::failing_badge,
            list_filters::{chips, filters_set},
            list_origin::from_list,
            load_list::{ListQuery, ListView, PAGE_SIZES},
            no_webhooks::NothingFound,
            webhook_list::PATH,
            webhook_row::WebhookRow,
        },
    },
    domain::{
        list::{Direction, Sort},
        webhook::Status,
    },
    messages::{Lang, webhooks as say},
};

/// The id of the form for several webhooks, to which the boxes of the rows belong.
pub(super) const BULK_FORM: &str = "bulk";

type Heading = fn(Lang) -> &'static str;

/// The columns by which the list can be ordered.
const COLUMNS: [(Sort, Heading, Option<Column>); 6] = [
    (Sort::Name, say::name, None),
    (Sort::Url, say::url, Some(Column::Url)),
    (Sort::Event, say::event, Some(Column::Event)),
    (Sort::Description, say::description, Some(Column::Description)),
    (Sort::Status, say::status, Some(Column::Status)),
    (Sort::Last, say::last_day, Some(Column::Day)),
];

/// All parts, each with an id.
pub(super) fn parts(list: ListView, query: &ListQuery, lang: Lang) -> AnyView {
    view! {
        {failing_badge(list.standings.get(&Status::Failing).copied().unwrap_or(0), lang)}
        {standings(&list, query, lang)}
        {count(&list, query, lang)}
        {filters_set(query)}
        {rows(list, query, lang)}
    }
    .into_any()
}

/// The number of webhooks of each status, as links.
pub(super) fn standings(list: &ListView, query: &ListQuery, lang: Lang) -> AnyView {
    let links = [Status::Enabled, Status::Failing, Status::Disabled].map(|status| {
        let count = list.standings.get(&status).copied().unwrap_or(0);
        let (text, class) = match status {
            Status::Enabled => (say::standing_enabled(lang, count), "good"),
            Status::Failing => (say::standing_failing(lang, count), if count > 0 { "bad" } else { "off" }),
            Status::Disabled => (say::standing_disabled(lang, count), "off"),
        };
        let chosen = query.status.as_deref() == Some(status.as_str());
        let only = ListQuery {
            status: Some(status.to_string()),
            rows: query.rows.clone(),
            ..ListQuery::default()
        };
        view! {
            <a
                class=class
                id=format!("standing-{status}")
                href=href(PATH, &only)
                aria-current=chosen.then_some("true")
                data-list-link="true"
            >
                {text}
            </a>
        }
    });
    view! {
        <p class="standings" id="list-standings" data-list-part="true">
            {links.collect_view()}
        </p>
    }
    .into_any()
}

/// The number of webhooks that were found.
pub(super) fn count(list: &ListView, query: &ListQuery, lang: Lang) -> AnyView {
    let text = if query.is_filtered() {
        say::found(lang, list.all(), list.total)
    } else {
        say::count(lang, list.total)
    };
    view! {
        <p class="found" id="list-count" role="status" data-list-part="text">
            {text}
        </p>
    }
    .into_any()
}

/// The chips, the table and what stands below it.
pub(super) fn rows(list: ListView, query: &ListQuery, lang: Lang) -> AnyView {
    let chips = chips(query, &list.owners, lang);
    let content = if list.rows.is_empty() {
        view! { <NothingFound /> }.into_any()
    } else {
        table(list, query, lang)
    };
    view! {
        <div class="list" id="list-rows" data-list-part="true" tabindex="-1">
            {chips}
            {content}
        </div>
    }
    .into_any()
}

fn table(list: ListView, query: &ListQuery, lang: Lang) -> AnyView {
    let columns = Columns::chosen();
    let heads = heads(query, &columns, lang);
    let here = page_href(query, list.page);
    let bulk = here.replacen(PATH, "/webhooks/actions", 1);
    let (first, last, may_write) = (list.first, list.first + list.rows.len() as u64 - 1, list.may_write);
    let range = if list.pages > 1 {
        say::range(lang, list.total, first, last)
    } else {
        say::count(lang, list.total)
    };
    let shown = list.rows.len() as u64;
    let rows = list
        .rows
        .into_iter()
        .map(|row| view! { <WebhookRow path=from_list(&row.webhook.id.to_string(), query) columns=columns.clone() row here=here.clone() bulk=bulk.clone() may_write /> })
        .collect_view();
    let of_page = query.clone();
    let bar = may_write.then(|| view! { <BulkBar action=bulk shown total=list.total owners=list.owners /> });
    view! {
        <div class="card">
            <table class=columns.class() aria-label=say::title(lang)>
                <thead>
                    <tr>
                        {heads}
                        {columns.has(Column::Owners).then(|| view! { <th scope="col" class="owners-cell">{say::owners(lang)}</th> })}
                        {columns.has(Column::Rate).then(|| view! { <th scope="col" class="rate">{say::rate_heading(lang)}</th> })}
                        <th scope="col" class="act">
                            <span class="visually-hidden">{say::actions(lang)}</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {bar}
            <div class="foot">
                <span>{range}</span>
                {(list.total > PAGE_SIZES[0]).then(|| sizes(query, lang))}
                <Pager page=list.page pages=list.pages address=move |page| page_href(&of_page, page) />
            </div>
        </div>
    }
    .into_any()
}

/// The class of a heading whose column is not shown at every width.
const fn heading_class(column: Option<Column>) -> &'static str {
    match column {
        Some(Column::Description) => "description-head",
        _ => "",
    }
}

fn heads(query: &ListQuery, columns: &Columns, lang: Lang) -> AnyView {
    let (sort, direction) = query.order();
    let shown = COLUMNS
        .into_iter()
        .filter(|(_, _, column)| column.is_none_or(|column| columns.has(column)));
    let heads = shown.map(|(column, name, which)| {
        let sorted = (column == sort).then_some(direction);
        // The newest callbacks come first.
        let turned = match (sorted, column) {
            (Some(Direction::Ascending), _) | (None, Sort::Last) => Direction::Descending,
            _ => Direction::Ascending,
        };
        // A new order starts at the first page.
        let sorting = ListQuery {
            sort: Some(column.as_str().to_owned()),
            dir: Some(turned.as_str().to_owned()),
            page: None,
            ..query.clone()
        };
        view! { <SortHead name=name(lang) sorted href=href(PATH, &sorting) id=format!("sort-{column}") class=heading_class(which) live=true /> }
    });
    heads.collect_view().into_any()
}

/// Links for the number of rows per page.
fn sizes(query: &ListQuery, lang: Lang) -> AnyView {
    let present = query.page_size();
    let links = PAGE_SIZES.map(|size| {
        let sized = ListQuery {
            rows: (size != PAGE_SIZES[0]).then(|| size.to_string()),
            page: None,
            ..query.clone()
        };
        view! {
            <a href=href(PATH, &sized) id=format!("size-{size}") aria-current=(size == present).then_some("true") data-list-link="true">
                {size.to_string()}
            </a>
        }
    });
    view! {
        <span class="sizes">
            {say::per_page(lang)} <span class="segments">{links.collect_view()}</span>
        </span>
    }
    .into_any()
}

/// The address of a page of the list. The first page has no number.
pub(super) fn page_href(query: &ListQuery, page: u64) -> String {
    let query = ListQuery {
        page: (page > 1).then(|| page.to_string()),
        ..query.clone()
    };
    href(PATH, &query)
}
