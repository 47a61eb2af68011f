//! "Logs": the callbacks of a webhook. Absent until the first one has occurred, then there without a reload.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    console::{
        calls::{CallbackView, LogQuery, LogView, webhook_log},
        components::{chart::Chart, state::ResponseBadge, time::Time},
        pages::{
            callback::OpenCallback,
            live::{Fresh, FreshButton, follow},
            log_filters::{Export, Filters, Presets, RangeForm},
        },
        viewer::lang,
    },
    messages::logs as say,
};

/// The log of a webhook.
#[component]
pub(super) fn Logs(id: Memo<String>) -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        let given = |name: &str| query.get(name).filter(|value| !value.is_empty());
        LogQuery {
            range: given("range"),
            from: given("from"),
            to: given("to"),
            response: given("response"),
            event: given("event"),
            after: given("after"),
            before: given("before"),
            callback: given("callback"),
            sent: given("sent"),
        }
    });
    let log = Resource::new_blocking(move || (id.get(), asked.get()), |(id, query)| webhook_log(id, query));
    let fresh = follow(id, log);
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match log.await {
                    Ok(Some(log)) => view! { <Log log fresh /> }.into_any(),
                    // Before the first callback there is nothing to say; that there is no such webhook stands above.
                    Ok(None) | Err(_) => ().into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Log(log: LogView, fresh: Fresh) -> impl IntoView {
    let lang = lang();
    let is_empty = log.rows.is_empty();
    let is_filtered = log.asked.response.is_some() || log.asked.event.is_some();
    let none = if log.error.is_some() {
        None
    } else if is_filtered {
        Some(say::none_filtered(lang))
    } else {
        Some(say::none(lang))
    };
    view! {
        <section class="full" id="logs" aria-labelledby="logs-heading">
            <div class="head">
                <h2 id="logs-heading">{say::title(lang)}</h2>
                <Export csv=log.csv jsonl=log.jsonl />
            </div>
            {log.open.map(|open| view! { <OpenCallback open /> })}
            <div class="bar">
                <Presets presets=log.presets />
                <RangeForm path=log.path.clone() asked=log.asked.clone() from=log.from to=log.to error=log.error />
            </div>
            <div class="card">
                <div class="card-head">
                    {log.chart.map(|chart| view! { <Chart chart /> })}
                    <Filters path=log.path asked=log.asked responses=log.responses events=log.events />
                </div>
                <FreshButton fresh top=log.top is_top=log.is_top />
                <table class="stack log" aria-label=say::callbacks(lang)>
                    <thead>
                        <tr>
                            <th scope="col">{say::date(lang)}</th>
                            <th scope="col">{say::event(lang)}</th>
                            <th scope="col">{say::url(lang)}</th>
                            <th scope="col">{say::response(lang)}</th>
                            <th scope="col">{say::attempt(lang)}</th>
                            <th scope="col">{say::duration(lang)}</th>
                        </tr>
                    </thead>
                    <tbody id="log-rows">{log.rows.into_iter().map(|row| view! { <Row row /> }).collect_view()}</tbody>
                </table>
                {none.filter(|_| is_empty).map(|text| view! { <p class="none">{text}</p> })}
                <div class="foot">
                    <span>{say::foot(lang, &log.zone)}</span>
                    <nav class="pager" aria-label=say::pages(lang)>
                        {log.newer.map(|newer| view! { <a class="button" href=newer rel="prev">{say::newer(lang)}</a> })}
                        {log.older.map(|older| view! { <a class="button" href=older rel="next">{say::older(lang)}</a> })}
                    </nav>
                </div>
            </div>
        </section>
    }
}

#[component]
fn Row(row: CallbackView) -> impl IntoView {
    view! {
        <tr>
            <td class="name nowrap">
                <a href=row.open>
                    <Time at=row.at />
                </a>
            </td>
            <td>{row.event}</td>
            <td class="mono clip" title=row.url.clone()>
                {row.url.clone()}
            </td>
            <td>
                <ResponseBadge succeeded=row.succeeded status=row.status response=row.response />
            </td>
            <td class="number">
                <span class="stacked-label">{say::attempt(lang())} " "</span>
                {row.attempt}
            </td>
            <td class="number">{row.duration}</td>
        </tr>
    }
}
