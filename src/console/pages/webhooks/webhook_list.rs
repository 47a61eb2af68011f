//! The list of webhooks. Its order, filters and page are in the address.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        components::notice::{DoneWith, Trouble},
        href::page_query,
        pages::webhooks::{
            bulk::{BulkReport, ReportNotice, done_text},
            bulk_all::undo,
            columns::ColumnsMenu,
            list_filters::search,
            list_parts::{count, page_href, rows, standings},
            live_list::LiveList,
            load_list::{ListQuery, ListView, load},
            no_webhooks::NoWebhooks,
            switched_notice::{SwitchedNotice, describe},
        },
        server::{caller, console_error},
        viewer::lang,
    },
    messages::webhooks as say,
};

/// The path of the page.
pub(super) const PATH: &str = "/webhooks";

/// The list of webhooks.
#[component]
pub(in crate::console) fn Webhooks(
    /// The result of an action on several webhooks to which this page is the answer.
    #[prop(optional)]
    report: Option<BulkReport>,
) -> impl IntoView {
    let query = page_query::<ListQuery>();
    let lang = lang();
    let done = match (&report, &query.done) {
        (Some(_), _) => None,
        (None, Some(done)) => done_text(done, query.count.unwrap_or(0), lang),
        (None, None) => query.deleted.is_some().then(|| say::deleted(lang).to_owned()),
    };
    view! {
        <Title text=say::title(lang) />
        {Suspend::new(async move {
            let loaded = async {
                let (app, by) = caller()?;
                let list = load(&app, &by, query.clone()).await.map_err(console_error)?;
                let switched = match query.switched.as_deref().and_then(|id| id.parse().ok()) {
                    // A webhook that was deleted meanwhile needs no notice.
                    Some(id) if list.may_write => describe(&app, &by, id).await.ok().map(|webhook| (id, webhook)),
                    _ => None,
                };
                Ok((list, switched))
            };
            match loaded.await {
                Ok((list, switched)) => {
                    let here = page_href(&query, list.page);
                    let notice = switched.map(|(id, webhook)| view! { <SwitchedNotice id webhook here /> });
                    view! { <List list query report done /> {notice} }.into_any()
                }
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

#[component]
fn List(list: ListView, query: ListQuery, report: Option<BulkReport>, done: Option<String>) -> impl IntoView {
    let lang = lang();
    let undo = query.done.as_deref().zip(query.at).and_then(|(act, at)| undo(act, at, lang));
    let (may_write, any) = (list.may_write, list.all() > 0);
    let standings = any.then(|| standings(&list, &query, lang));
    let content = if any {
        let (search, count) = (search(&query, &list.owners, lang), count(&list, &query, lang));
        view! {
            <div class="list-bar">{search} <ColumnsMenu lang /> {count}</div>
            {rows(list, &query, lang)}
        }
        .into_any()
    } else {
        view! { <NoWebhooks may_write /> }.into_any()
    };
    view! {
        <div class="head">
            <div>
                <h1>{say::title(lang)}</h1>
                <p>{say::lead(lang)}</p>
            </div>
            {standings}
            {any.then(|| view! { <LiveList /> })}
            {(may_write && any)
                .then(|| {
                    view! {
                        <a class="button primary" id="add" href="/webhooks/new">
                            {say::add(lang)}
                        </a>
                    }
                })}
        </div>
        {done.map(|text| view! { <DoneWith text undo /> })}
        {report.map(|report| view! { <ReportNotice report /> })}
        {content}
    }
}
