//! The section "Logs" of a webhook's page. It is absent until the first callback is logged, and then appears without a reload.

use leptos::prelude::*;

use crate::{
    console::{
        components::{
            badges::ResponseBadge,
            chart::Chart,
            filter_chips::FilterChips,
            help::{HelpTip, Topic},
            icon::NavIcon,
            popup::Popup,
            time::Time,
            unseen::{ForeignText, written_out_text},
        },
        href::page_query,
        pages::deliveries::delivery_table::DeliveryTable,
        pages::log::{
            callback::OpenCallback,
            load_log::{LogView, WebhookLog, load},
            log_filters::{Export, Filters, RangeSheet, SheetButtons},
            log_follower::LogFollower,
            log_query::LogQuery,
            log_rows::CallbackRow,
        },
        pages::webhooks::cut_url::CutAddress,
        server::{caller, console_error},
        viewer::lang,
    },
    messages::{common, logs as say},
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
        let Ok(log) = loaded.await else {
            // The part of the page above shows the error.
            return ().into_any();
        };
        let followed = log.followed(&id);
        let log = match log {
            WebhookLog::Page(log) => Some(view! { <Log log=*log /> }),
            WebhookLog::Empty { .. } => None,
        };
        view! {
            <LogFollower followed />
            <div id="log">{log}</div>
        }
        .into_any()
    })
}

/// The section "Logs". The elements with `data-log-part` are replaced when callbacks are logged, and those with `data-log-search` when the log is
/// searched (see `log_follower`); the others stay, because their fields may be in use. The open callback is beside the log where there is room.
#[component]
pub(super) fn Log(log: LogView) -> impl IntoView {
    let lang = lang();
    let (is_list, is_open) = (log.listed.is_some(), log.open.is_some());
    let (newer, older) = neighbours(&log.rows);
    let export = (!is_list).then(|| view! { <Export csv=log.csv.clone() jsonl=log.jsonl.clone() /> });
    let open = log.open.clone().map(|open| view! { <OpenCallback open newer older /> });
    let (path, asked) = (log.path.clone(), log.asked.clone());
    // A list of deliveries has all of them, of any time.
    let range = (!is_list).then(|| {
        view! {
            <RangeSheet
                presets=log.presets.clone()
                path=path.clone()
                asked=asked.clone()
                from=log.from.clone()
                to=log.to.clone()
                is_wrong=log.error.is_some()
            />
        }
    });
    view! {
        <section class="full" id="logs" aria-labelledby="logs-heading">
            // Past the range, the filters and the bars of the chart.
            <a class="skip skip-here" href="#log-rows" rel="external">
                {say::skip_to_rows(lang)}
            </a>
            <div class="head">
                <div class="titled">
                    <h2 id="logs-heading">{say::title(lang)}</h2>
                    <HelpTip topic=Topic::Logs heading=say::title(lang) />
                </div>
                <div id="log-export" data-log-search="true">
                    {export}
                </div>
            </div>
            // The attribute, and not the panel, decides the layout: the panel is the last part of the page to arrive, and would move the log.
            <div class="log-grid" data-open=is_open.then_some("true")>
                <div class="log-list">
                    <div class="bar log-bar">
                        <SheetButtons presets=if is_list { Vec::new() } else { log.presets.clone() } asked=asked.clone() />
                        {range}
                        <Filters path asked responses=log.responses.clone() events=log.events.clone() />
                        <p class="field-error range-error" id="range-error" role="alert">
                            {log.error.clone().unwrap_or_default()}
                        </p>
                    </div>
                    <div id="log-chips" data-log-search="true">
                        <FilterChips chips=log.chips.chips.clone() cleared=log.chips.cleared.clone() />
                    </div>
                    <div class="card">
                        <div class="card-head">
                            <div id="log-chart" data-log-part="true" data-log-search="true">
                                {log.chart.clone().map(|chart| view! { <Chart chart /> })}
                                {log.listed.as_ref().map(|table| view! { <p class="legend"><strong>{table.heading}</strong></p> })}
                            </div>
                        </div>
                        <div id="log-body" data-log-search="true">
                            {match log.listed.clone() {
                                Some(table) => {
                                    let (first, next) = log.listed_pages.clone();
                                    view! { <DeliveryTable table first next /> }.into_any()
                                }
                                None => view! { <Rows log /> }.into_any(),
                            }}
                        </div>
                    </div>
                </div>
                <div id="panel" class="panel">{open}</div>
            </div>
        </section>
    }
}

/// The last group of an id.
fn event_id_end(id: &str) -> &str {
    id.rsplit('-').next().unwrap_or(id)
}

/// The addresses of the callbacks above and below the open one on this page.
fn neighbours(rows: &[CallbackRow]) -> (Option<String>, Option<String>) {
    let Some(at) = rows.iter().position(|row| row.is_open) else {
        return (None, None);
    };
    let href = |at: Option<usize>| at.and_then(|at| rows.get(at)).map(|row| row.href.clone());
    (href(at.checked_sub(1)), href(at.checked_add(1)))
}

/// The table of callbacks.
#[component]
fn Rows(log: LogView) -> impl IntoView {
    let lang = lang();
    let is_empty = log.rows.is_empty();
    let is_filtered = log.asked.response.is_some() || log.asked.event.is_some() || log.asked.q.is_some();
    let none = if log.error.is_some() {
        None
    } else if log.asked.q.is_some() {
        Some(say::none_found(lang))
    } else if is_filtered {
        Some(say::none_filtered(lang))
    } else {
        Some(say::none(lang))
    };
    let (is_utc, other_times) = log.times;
    // If UTC was chosen for all pages, there is no local time to switch to.
    let has_other = is_utc || log.zone != "UTC";
    let zone_switch = if is_utc { say::times_local(lang) } else { say::times_utc(lang) };
    view! {
        <table class="stack log" aria-label=say::callbacks(lang)>
            <thead>
                <tr>
                    <th scope="col">{say::date(lang)}</th>
                    <th scope="col">{say::event(lang)}</th>
                    <th scope="col">{say::subject(lang)}</th>
                    <th scope="col">{say::url(lang)}</th>
                    <th scope="col">{say::response(lang)}</th>
                    <th scope="col">{say::attempt(lang)}</th>
                    <th scope="col">{say::duration(lang)}</th>
                    <th scope="col" class="menu-column">
                        <span class="visually-hidden">{say::row_menu(lang)}</span>
                    </th>
                </tr>
            </thead>
            <tbody id="log-rows" data-log-part="true">{log.rows.into_iter().map(|row| view! { <Row row /> }).collect_view()}</tbody>
        </table>
        <div id="log-foot" data-log-part="true">
            {none.filter(|_| is_empty).map(|text| view! { <p class="none">{text}</p> })}
            <div class="foot">
                <span>
                    {say::foot(lang, &log.zone)}
                    {has_other.then(|| view! { " · " <a href=other_times data-log-times="">{zone_switch}</a> })}
                </span>
                <nav class="pager" aria-label=say::pages(lang)>
                    {log.newer.map(|newer| view! { <a class="button" href=newer rel="prev">{say::newer(lang)}</a> })}
                    {log.older.map(|older| view! { <a class="button" href=older rel="next">{say::older(lang)}</a> })}
                </nav>
            </div>
        </div>
    }
}

#[component]
fn Row(row: CallbackRow) -> impl IntoView {
    let lang = lang();
    // The id of the event is what one searches for if it has no subject. Its beginning is the time, so its end tells it from others.
    let whole = row
        .subject
        .as_deref()
        .map_or_else(|| common::named(lang, say::event_id(lang), &row.event_id), written_out_text);
    let subject = match row.subject {
        Some(subject) => view! { <ForeignText text=subject /> }.into_any(),
        None => view! { <span class="quiet-text mono">{format!("…{}", event_id_end(&row.event_id))}</span> }.into_any(),
    };
    let menu = row.since_this.map(|href| {
        view! {
            <Popup id=format!("menu-{}", row.id) text="⋯" name=say::row_menu(lang).to_owned() class="icon-button">
                <a href=href>{say::since_this(lang)}</a>
            </Popup>
        }
    });
    view! {
        <tr data-callback=row.id aria-current=row.is_open.then_some("true")>
            <td class="name nowrap">
                {row.day.map(|day| view! { <span class="day">{day}</span> })}
                <a href=row.href data-panel="true">
                    <Time at=row.time />
                </a>
            </td>
            <td>
                <span class="event">
                    <NavIcon path=row.icon />
                    <span>{row.event}</span>
                </span>
            </td>
            <td class="clip subject" title=whole>
                <span>{subject}</span>
            </td>
            <td class="clip url" title=written_out_text(&row.url)>
                <div class="called">
                    <CutAddress url=row.url.clone() /> {row.is_old_url.then(|| view! { <span class="tag">{say::old_url(lang)}</span> })}
                </div>
            </td>
            <td>
                <ResponseBadge succeeded=row.succeeded status=row.status response=row.response />
            </td>
            <td class="number">
                <span class="stacked-label">{say::attempt(lang)} " "</span>
                {row.mark.unwrap_or_else(|| row.attempt.to_string())}
            </td>
            <td class="number">
                {row.duration} <svg class="duration-bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                    <rect width=row.duration_bar height="1" />
                </svg>
            </td>
            <td class="row-actions">{menu}</td>
        </tr>
    }
}
