//! How everything fares: the last 24 hours in figures, and what needs attention.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        calls::{OverviewView, TroubleView, overview},
        components::{
            badges::{ResponseBadge, StatusBadge},
            chart::Chart,
            icon::{Icon, TICK},
            notice::Trouble,
            time::Time,
            unseen::written_out,
        },
        pages::no_webhooks::NoWebhooks,
        viewer::lang,
    },
    domain::webhook::Status,
    messages::{Lang, common, overview as say, webhooks},
};

/// How everything fares.
#[component]
pub(in crate::console) fn Overview() -> impl IntoView {
    view! {
        <Title text=common::nav_overview(lang()) />
        {Suspend::new(async move {
            match overview().await {
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
            {troubles(found.troubles, found.more, lang)}
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
    let standings = found.standings.clone().map(|(status, count)| {
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
            {standings.collect_view()}
        </dl>
    }
    .into_any()
}

fn hours(chart: Option<crate::console::calls::ChartView>, lang: Lang) -> AnyView {
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

fn troubles(troubles: Vec<TroubleView>, more: [(Status, bool); 2], lang: Lang) -> AnyView {
    if troubles.is_empty() {
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
                <tbody>{troubles.into_iter().map(|trouble| row(trouble, lang)).collect_view()}</tbody>
            </table>
            {foot}
        </div>
    }
    .into_any()
}

fn row(trouble: TroubleView, lang: Lang) -> AnyView {
    let last = match trouble.last {
        Some(last) => view! {
            <span class="last">
                <ResponseBadge succeeded=last.succeeded status=last.status response=last.response />
                <span class="hint nowrap">
                    <Time at=last.at />
                </span>
            </span>
        }
        .into_any(),
        None => view! { <span class="hint">{webhooks::no_callback_yet(lang)}</span> }.into_any(),
    };
    view! {
        <tr>
            <td class="name">
                <a href=format!("/webhooks/{}", trouble.id)>{written_out(&trouble.name)}</a>
            </td>
            <td>
                <StatusBadge status=trouble.status />
            </td>
            <td class="why">{trouble.why.into_iter().map(|why| view! { <p>{why}</p> }).collect_view()}</td>
            <td>{last}</td>
        </tr>
    }
    .into_any()
}
