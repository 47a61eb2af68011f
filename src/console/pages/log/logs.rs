//! The section "Logs" of a webhook's page. It is absent until the first callback is logged, and then appears without a reload.

use leptos::prelude::*;

use crate::{
    console::{
        components::{badges::ResponseBadge, chart::Chart, time::Time, unseen::ForeignText},
        href::page_query,
        pages::log::{
            callback::OpenCallback,
            load_log::{CallbackRow, LogView, WebhookLog, load},
            log_filters::{Export, Filters, Presets, RangeForm},
            log_follower::{FollowedLog, LogFollower},
            log_query::LogQuery,
        },
        server::{caller, console_error},
        viewer::lang,
    },
    messages::logs as say,
};

/// The log of a webhook.
#[component]
pub(in crate::console::pages) fn Logs(
    /// The id of the webhook.
    id: String,
) -> impl IntoView {
    let query = page_query::<LogQuery>();
    Suspend::new(async move {
        let loaded = async {
            let (app, by) = caller()?;
            load(&app, &by, &id, query).await.map_err(console_error)
        };
        let (followed, log) = match loaded.await {
            Ok(WebhookLog::Page(log)) => (followed(&id, &log), Some(view! { <Log log=*log /> })),
            Ok(WebhookLog::Empty { since }) => {
                let followed = FollowedLog {
                    stream: Some(format!("/webhooks/{id}/callbacks/live")),
                    webhook: id,
                    since,
                    is_top: true,
                    ..FollowedLog::default()
                };
                (followed, None)
            }
            // The part of the page above shows the error.
            Err(_) => return ().into_any(),
        };
        view! {
            <LogFollower followed />
            <div id="log">{log}</div>
        }
        .into_any()
    })
}

fn followed(id: &str, log: &LogView) -> FollowedLog {
    FollowedLog {
        webhook: id.to_owned(),
        query: log.query.clone(),
        stream: log.live.clone(),
        since: log.since.clone(),
        is_top: log.is_top,
        top: log.top.clone(),
    }
}

/// The section "Logs". The elements with `data-log-part` are replaced when callbacks are logged (see `log_follower`); the others
/// stay, because their fields may be in use.
#[component]
pub(super) fn Log(log: LogView) -> impl IntoView {
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
                    <div id="log-chart" data-log-part="true">{log.chart.map(|chart| view! { <Chart chart /> })}</div>
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
                    <tbody id="log-rows" data-log-part="true">{log.rows.into_iter().map(|row| view! { <Row row /> }).collect_view()}</tbody>
                </table>
                <div id="log-foot" data-log-part="true">
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
fn Row(row: CallbackRow) -> impl IntoView {
    view! {
        <tr>
            <td class="name nowrap">
                <a href=row.href>
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
