//! The overview.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        components::{
            badges::{ResponseBadge, StatusBadge},
            chart::{Chart, ChartView},
            help::{HelpTip, Topic},
            icon::{Icon, TICK},
            notice::Trouble,
            time::Ago,
            unseen::{written_out, written_out_text},
        },
        pages::{
            deliveries::discard_forms::SendHeld,
            overview::{
                checklist::Steps,
                flows::Flows,
                live_overview::LiveOverview,
                load_overview::{OverviewView, ProblemView, load},
                rankings::Rankings,
                types_chart::TypesChart,
            },
            webhooks::no_webhooks::NoWebhooks,
        },
        server::{caller, console_error},
        viewer::lang,
    },
    domain::webhook::Status,
    messages::{Lang, common, overview as say, webhooks},
};

/// The overview.
#[component]
pub(in crate::console) fn Overview() -> impl IntoView {
    view! {
        <Title text=common::nav_overview(lang()) />
        {Suspend::new(async move {
            let loaded = async {
                let (app, by) = caller()?;
                load(&app, &by).await.map_err(console_error)
            };
            match loaded.await {
                Ok(found) => view! { <Found found /> }.into_any(),
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

#[component]
fn Found(found: OverviewView) -> impl IntoView {
    let lang = lang();
    let (any, may_write) = (found.any, found.may_write);
    let mut found = found;
    let steps = found
        .checklist
        .take()
        .map(|checklist| view! { <Steps checklist has_webhook=any /> });
    // What is wrong comes before what is not yet done.
    let (first, last) = if found.problems.is_empty() { (steps, None) } else { (None, steps) };
    let content = match (any, &first) {
        (true, _) => parts(found, lang),
        (false, None) => view! { <NoWebhooks may_write /> }.into_any(),
        // The steps say the same.
        (false, Some(_)) => ().into_any(),
    };
    view! {
        <div class="head">
            <div>
                <h1>{common::nav_overview(lang)}</h1>
                <p>{say::lead(lang)}</p>
            </div>
            {any.then(|| view! { <LiveOverview /> })}
        </div>
        {first}
        {content}
        {last}
    }
}

/// The parts that change with time. They contain no islands, so that `live_overview` can replace them.
pub(super) fn parts(found: OverviewView, lang: Lang) -> AnyView {
    let (rankings, types, flows) = (found.rankings.clone(), found.types.clone(), found.flows.clone());
    view! {
        <div id="overview-figures" data-list-part="true">
            {figures(&found, lang)}
        </div>
        <div id="overview-troubles" data-list-part="true">
            <div class="titled apart">
                <h2 id="troubles">{say::troubles(lang)}</h2>
                <HelpTip topic=Topic::Attention heading=say::troubles(lang) />
            </div>
            {problems(found.problems, found.more_failing, found.more_disabled, lang)}
        </div>
        <div id="overview-hours" data-list-part="true">
            {hours(found.chart, found.volume, lang)}
            {types.map(|types| view! { <TypesChart types /> })}
            {flows.map(|flows| view! { <Flows flows /> })}
            {rankings.map(|rankings| view! { <Rankings rankings /> })}
        </div>
    }
    .into_any()
}

/// The figures: each leads to what it counts.
fn figures(found: &OverviewView, lang: Lang) -> AnyView {
    let rate = found.rate.clone().unwrap_or_else(|| say::no_rate(lang).to_owned());
    let by_status = found.by_status.map(|(status, count)| {
        let name = match status {
            Status::Enabled => say::enabled(lang),
            Status::Failing => say::failing(lang),
            Status::Disabled => say::disabled(lang),
        };
        let class = (status == Status::Failing && count > 0).then_some("bad");
        view! {
            <div class=class>
                <dt>
                    <a href=format!("/webhooks?status={status}") id=format!("figure-{status}")>
                        {name}
                    </a>
                </dt>
                <dd>{say::plain(lang, count)}</dd>
            </div>
        }
    });
    let change = found.change.clone().map(|change| {
        view! { <span class=if change.is_worse { "change bad" } else { "change" }>{change.text}</span> }
    });
    view! {
        <dl class="card figures" aria-label=say::figures(lang)>
            <div>
                <dt>
                    <a href="#hours" rel="external" id="figure-rate">
                        {say::rate(lang)}
                    </a>
                    {change}
                </dt>
                <dd>{rate}</dd>
            </div>
            <div>
                <dt>
                    <a href="#troubles" rel="external" id="figure-waiting">
                        {say::waiting(lang)}
                    </a>
                    <span class="change">{found.waiting_behind.clone().unwrap_or_else(|| say::waiting_hint(lang).to_owned())}</span>
                </dt>
                <dd>{found.waiting.clone()}</dd>
            </div>
            {by_status.collect_view()}
        </dl>
    }
    .into_any()
}

fn hours(chart: Option<ChartView>, volume: Option<String>, lang: Lang) -> AnyView {
    let content = match chart {
        Some(chart) => view! { <Chart chart /> }.into_any(),
        None => view! { <p class="none">{say::no_callbacks(lang)}</p> }.into_any(),
    };
    view! {
        <div class="card hours" id="hours">
            <h2>
                <a href="/webhooks?sort=last&dir=desc" id="open-hours" title=say::open_webhooks(lang)>
                    {say::hourly(lang)}
                </a>
                {volume.map(|volume| view! { <span class="change">{volume}</span> })}
            </h2>
            {content}
        </div>
    }
    .into_any()
}

fn problems(problems: Vec<ProblemView>, more_failing: Option<u64>, more_disabled: bool, lang: Lang) -> AnyView {
    if problems.is_empty() {
        return view! {
            <div class="card well">
                <span class="state good">
                    <Icon path=TICK />
                    {say::well(lang)}
                </span>
            </div>
        }
        .into_any();
    }
    let all = |status: Status, name: String| {
        view! {
            <a class="button" href=format!("/webhooks?status={status}") id=format!("all-{status}")>
                {name}
            </a>
        }
    };
    let failing = more_failing.map(|count| all(Status::Failing, say::all_failing(lang, count)));
    let disabled = more_disabled.then(|| all(Status::Disabled, say::all_disabled(lang).to_owned()));
    let foot = (failing.is_some() || disabled.is_some()).then(|| view! { <div class="foot">{failing} {disabled}</div> });
    view! {
        <div class="card">
            <table class="troubles" aria-labelledby="troubles">
                <thead>
                    <tr>
                        <th scope="col">{say::webhook(lang)}</th>
                        <th scope="col">{webhooks::status(lang)}</th>
                        <th scope="col">{say::why(lang)}</th>
                        <th scope="col">{say::last(lang)}</th>
                        <th scope="col">
                            <span class="visually-hidden">{say::actions(lang)}</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{problems.into_iter().map(|problem| row(problem, lang)).collect_view()}</tbody>
            </table>
            {foot}
        </div>
    }
    .into_any()
}

/// A webhook that needs attention, on one line.
fn row(problem: ProblemView, lang: Lang) -> AnyView {
    let path = format!("/webhooks/{}", problem.id);
    let last = match problem.latest {
        Some(latest) => view! {
            <ResponseBadge succeeded=latest.succeeded status=latest.status response=latest.response />
            <span class="hint nowrap">
                <Ago at=latest.at />
            </span>
        }
        .into_any(),
        None => view! { <span class="hint">{webhooks::no_callback_yet(lang)}</span> }.into_any(),
    };
    let since = problem.failing.map(|(since, exact)| {
        view! {
            <span title=exact.clone()>
                {since} <span class="visually-hidden">{format!(". {exact}")}</span>
            </span>
        }
    });
    let reason = problem
        .disabled_reason
        .map(|reason| view! { <span title=reason.clone()>{reason.clone()}</span> });
    let waiting = problem.waiting.map(|waiting| view! { <span class="nowrap">{waiting}</span> });
    let disabled_on = problem.disabled_on.map(|(span, at)| view! { <span title=at>{span}</span> });
    let held = problem.held.clone().map(|held| {
        let href = format!("{path}?response=held#logs");
        view! {
            <a href=href title=held.clone()>
                {held.clone()}
            </a>
        }
    });
    // A disabled webhook must be enabled first.
    let send = (problem.may_send && problem.status != Status::Disabled && problem.held.is_some()).then(|| {
        view! {
            <SendHeld
                id=problem.id.clone()
                text=say::send_held(lang).to_owned()
                name=say::send_held_of(lang, &problem.name)
                class="button small"
            />
        }
    });
    view! {
        <tr>
            <td class="name">
                <a href=path.clone() id=format!("open-{}", problem.id) title=written_out_text(&problem.name)>
                    {written_out(&problem.name)}
                </a>
            </td>
            <td class="standing">
                <StatusBadge status=problem.status />
            </td>
            <td class="why">{since} {reason} {waiting} {disabled_on} {held}</td>
            <td class="last">{last}</td>
            <td class="row-buttons">
                {send}
                <a class="button small" href=format!("{path}#logs") aria-label=say::open_log_of(lang, &problem.name)>
                    {say::open_log(lang)}
                </a>
            </td>
        </tr>
    }
    .into_any()
}
