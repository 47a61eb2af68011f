//! "Logs": the callbacks of a webhook. Absent until the first one has occurred, then there without a reload.

use leptos::prelude::*;

use crate::{
    console::{
        address::query,
        calls::{CallbackView, FoundLog, LogQuery, LogView, webhook_log},
        components::{badges::ResponseBadge, chart::Chart, time::Time, unseen::ForeignText},
        islands::{LogFollower, Shown},
        pages::{
            callback::OpenCallback,
            log_filters::{Export, Filters, Presets, RangeForm},
        },
        viewer::lang,
    },
    messages::logs as say,
};

/// The log of a webhook.
#[component]
pub(super) fn Logs(id: String) -> impl IntoView {
    let asked = LogQuery {
        range: query("range"),
        from: query("from"),
        to: query("to"),
        response: query("response"),
        event: query("event"),
        after: query("after"),
        before: query("before"),
        callback: query("callback"),
        sent: query("sent"),
    };
    Suspend::new(async move {
        let (shown, log) = match webhook_log(&id, asked).await {
            Ok(FoundLog::Page(log)) => (shown(&log), Some(view! { <Log log=*log /> })),
            // Before the first callback there is nothing to say.
            Ok(FoundLog::BeforeTheFirst { since }) => (
                Shown {
                    since,
                    path: Some(format!("/webhooks/{id}/callbacks/live?")),
                    is_top: true,
                    ..Shown::default()
                },
                None,
            ),
            // That there is no such webhook stands above.
            Err(_) => return ().into_any(),
        };
        view! {
            <LogFollower shown />
            <div id="log">{log}</div>
        }
        .into_any()
    })
}

fn shown(log: &LogView) -> Shown {
    Shown {
        path: log.live.clone(),
        since: log.since.clone(),
        is_top: log.is_top,
        top: log.top.clone(),
    }
}

#[component]
fn Log(log: LogView) -> impl IntoView {
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
                    <div id="log-chart">{log.chart.map(|chart| view! { <Chart chart /> })}</div>
                    <Filters path=log.path asked=log.asked responses=log.responses events=log.events />
                </div>
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
                <div id="log-foot">
                    {none.filter(|_| is_empty).map(|text| view! { <p class="none">{text}</p> })}
                    <div class="foot">
                        <span>{say::foot(lang, &log.zone)}</span>
                        <nav class="pager" aria-label=say::pages(lang)>
                            {log.newer.map(|newer| view! { <a class="button" href=newer rel="prev">{say::newer(lang)}</a> })}
                            {log.older.map(|older| view! { <a class="button" href=older rel="next">{say::older(lang)}</a> })}
                        </nav>
                    </div>
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
                <span>
                    <ForeignText text=row.url.clone() machine=true />
                </span>
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
