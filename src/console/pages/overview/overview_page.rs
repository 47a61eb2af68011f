//! The overview.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        components::{
            badges::{ResponseBadge, StatusBadge},
            chart::{Chart, ChartView},
            icon::{Icon, TICK},
            notice::Trouble,
            time::Time,
            unseen::written_out,
        },
        pages::{
            overview::load_overview::{OverviewView, ProblemView, load},
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
    let content = if found.any {
        view! {
            {figures(&found, lang)}
            {hours(found.chart, lang)}
            <h2 class="apart" id="troubles">
                {say::troubles(lang)}
            </h2>
            {problems(found.problems, found.more, lang)}
        }
        .into_any()
    } else {
        view! { <NoWebhooks may_write=found.may_write /> }.into_any()
    };
    view! {
        <div class="head">
            <div>
                <h1>{common::nav_overview(lang)}</h1>
                <p>{say::lead(lang)}</p>
            </div>
        </div>
        {content}
    }
}

fn figures(found: &OverviewView, lang: Lang) -> AnyView {
    let rate = found.rate.clone().unwrap_or_else(|| say::no_rate(lang).to_owned());
    let by_status = found.by_status.clone().map(|(status, count)| {
        let name = match status {
            Status::Enabled => say::enabled(lang),
            Status::Failing => say::failing(lang),
            Status::Disabled => say::disabled(lang),
        };
        let class = (status == Status::Failing && count != "0").then_some("bad");
        view! {
            <div class=class>
                <dt>
                    <a href=format!("/webhooks?status={status}")>{name}</a>
                </dt>
                <dd>{count}</dd>
            </div>
        }
    });
    view! {
        <dl class="card figures" aria-label=say::figures(lang)>
            <div>
                <dt>{say::rate(lang)}</dt>
                <dd>{rate}</dd>
            </div>
            <div title=say::waiting_hint(lang)>
                <dt>{say::waiting(lang)}</dt>
                <dd>{found.waiting.clone()}</dd>
            </div>
            {by_status.collect_view()}
        </dl>
    }
    .into_any()
}

fn hours(chart: Option<ChartView>, lang: Lang) -> AnyView {
    let content = match chart {
        Some(chart) => view! { <Chart chart /> }.into_any(),
        None => view! { <p class="none">{say::no_callbacks(lang)}</p> }.into_any(),
    };
    view! {
        <div class="card hours">
            <h2>{say::hourly(lang)}</h2>
            {content}
        </div>
    }
    .into_any()
}

fn problems(problems: Vec<ProblemView>, more: [(Status, bool); 2], lang: Lang) -> AnyView {
    if problems.is_empty() {
        return view! {
            <div class="card well">
                <span class="state good">
                    <Icon path=TICK />
                    {say::well(lang)}
                </span>
                <p class="quiet-text">{say::well_why(lang)}</p>
            </div>
        }
        .into_any();
    }
    let all = more.into_iter().filter(|(_, more)| *more).map(|(status, _)| {
        let name = match status {
            Status::Failing => say::all_failing(lang),
            _ => say::all_disabled(lang),
        };
        view! {
            <a class="button" href=format!("/webhooks?status={status}")>
                {name}
            </a>
        }
    });
    let all: Vec<_> = all.collect();
    let foot = (!all.is_empty()).then(|| view! { <div class="foot">{all}</div> });
    view! {
        <div class="card">
            <table class="stack troubles" aria-labelledby="troubles">
                <thead>
                    <tr>
                        <th scope="col">{say::webhook(lang)}</th>
                        <th scope="col">{webhooks::status(lang)}</th>
                        <th scope="col">{say::why(lang)}</th>
                        <th scope="col">{say::last(lang)}</th>
                    </tr>
                </thead>
                <tbody>{problems.into_iter().map(|problem| row(problem, lang)).collect_view()}</tbody>
            </table>
            {foot}
        </div>
    }
    .into_any()
}

fn row(problem: ProblemView, lang: Lang) -> AnyView {
    let last = match problem.latest {
        Some(latest) => view! {
            <span class="last">
                <ResponseBadge succeeded=latest.succeeded status=latest.status response=latest.response />
                <span class="hint nowrap">
                    <Time at=latest.at />
                </span>
            </span>
        }
        .into_any(),
        None => view! { <span class="hint">{webhooks::no_callback_yet(lang)}</span> }.into_any(),
    };
    view! {
        <tr>
            <td class="name">
                <a href=format!("/webhooks/{}", problem.id)>{written_out(&problem.name)}</a>
            </td>
            <td>
                <StatusBadge status=problem.status />
            </td>
            <td class="why">{problem.reasons.into_iter().map(|reason| view! { <p>{reason}</p> }).collect_view()}</td>
            <td>{last}</td>
        </tr>
    }
    .into_any()
}
