//! The top of a webhook's page: whether it works, why not, what waits, and what can be done.

use leptos::prelude::*;

use crate::{
    console::{
        components::{
            badges::{ResponseBadge, StatusBadge},
            heat::Heat,
            sparkline::Sparkline,
            time::Time,
            unseen::ForeignText,
        },
        href::page_query,
        pages::{
            deliveries::{discard_forms::DiscardMenu, load_deliveries::FAILED_FOR_GOOD, pause_words::PauseNotice},
            log::log_query::{LogQuery, log_href},
            webhook::{
                load_health::{HealthView, LastView, counted},
                save::Intent,
            },
            webhooks::list_origin::with_list,
        },
        viewer::lang,
    },
    domain::webhook::Status,
    messages::{deliveries, logs, overview, verdict, webhook as say},
};

/// The parts of the page that change while it is open.
pub(super) fn health_parts(id: &str, status: Option<Status>, health: Option<HealthView>) -> AnyView {
    view! {
        {status_part(status)}
        {logs_link(health.as_ref())}
        {health_part(id, health)}
    }
    .into_any()
}

/// The link to the log, once there is one, with the number of callbacks that failed in the last 24 hours.
pub(super) fn logs_link(health: Option<&HealthView>) -> AnyView {
    let lang = lang();
    // Deliveries can be listed before the first callback.
    let is_listed = page_query::<LogQuery>().response.is_some();
    let has_log = is_listed || health.is_some_and(|health| health.last.is_some());
    let failed = health.map_or(0, |health| health.failed_in_day);
    let count = (failed > 0).then(|| {
        view! {
            " "
            <span class="count bad" title=logs::chart_failed(lang, failed) aria-hidden="true">
                {overview::plain(lang, failed)}
            </span>
            <span class="visually-hidden">{logs::chart_failed(lang, failed)}</span>
        }
    });
    view! {
        <span id="logs-link" data-list-part="true">
            {has_log
                .then(|| {
                    view! {
                        <a href="#logs" rel="external" id="to-logs">
                            {logs::title(lang)} {count}
                        </a>
                    }
                })}
        </span>
    }
    .into_any()
}

/// The badge with the status.
pub(super) fn status_part(status: Option<Status>) -> AnyView {
    view! {
        <span id="status" data-list-part="true">
            {status.map(|status| view! { <StatusBadge status /> })}
        </span>
    }
    .into_any()
}

/// The summary, or its place.
pub(super) fn health_part(id: &str, health: Option<HealthView>) -> AnyView {
    view! {
        <div id="health-part" data-list-part="true">
            {health.map(|health| view! { <Health id=id.to_owned() health /> })}
        </div>
    }
    .into_any()
}

/// The summary.
#[component]
fn Health(
    /// The id of the webhook.
    id: String,
    /// The summary.
    health: HealthView,
) -> impl IntoView {
    let lang = lang();
    let class = match health.status {
        Status::Failing => "health bad",
        Status::Disabled => "health off",
        Status::Enabled => "health good",
    };
    let failing = health.failing.map(|text| {
        view! {
            <p class="health-lead">
                <strong>{text}</strong>
                {health.since.map(|at| view! { " (" {say::failing_since(lang)} " " <Time at /> ")" })}
                {health.disabled_in.map(|(text, at)| view! { " · " <span title=at>{text}</span> })}
            </p>
        }
    });
    let counts = health.counts;
    let list = |count: u64, text: &'static str, list: &'static str| {
        let value = counted(count, lang);
        let query = LogQuery {
            response: Some(list.to_owned()),
            ..LogQuery::default()
        };
        view! {
            <span>
                {text} " " {if count > 0 {
                    view! { <a href=format!("{}#logs", log_href(&id, query))>{value}</a> }.into_any()
                } else {
                    value.into_any()
                }}
            </span>
        }
    };
    let discards = health.may_resend.then(|| {
        let held = (counts.held > 0).then(|| view! { <DiscardMenu id=id.clone() count=counts.held held=true popup="discard-held" /> });
        let waiting =
            (counts.waiting > 0).then(|| view! { <DiscardMenu id=id.clone() count=counts.waiting held=false popup="discard-waiting" /> });
        (held, waiting)
    });
    let enable_first = health.may_resend && health.status == Status::Disabled && counts.held > 0;
    let heat = health.heat.map(|heat| {
        let query = LogQuery {
            range: Some("30d".to_owned()),
            ..LogQuery::default()
        };
        view! { <Heat heat href=format!("{}#logs", log_href(&id, query)) /> }
    });
    view! {
        <section class=class id="health" aria-label=say::health(lang)>
            {heat}
            {failing}
            {health.last.map(|last| view! { <Last last /> })}
            {health.pause.map(|pause| view! { <PauseNotice pause /> })}
            <div class="health-figures">
                {health
                    .rate
                    .map(|rate| {
                        view! { <span>{rate}</span> }
                    })}
                {health.median.map(|median| view! { <span>{say::median(lang, &median)}</span> })}
                {health.sparkline.map(|sparkline| view! { <Sparkline sparkline /> })}
                {list(counts.waiting, say::waiting(lang), "waiting")}
                {list(counts.held, say::held(lang), "held")}
                {(counts.failed > 0).then(|| list(counts.failed, say::failed_for_good(lang), FAILED_FOR_GOOD))}
                {enable_first
                    .then(|| {
                        view! {
                            <span>{deliveries::enable_first(lang)}</span>
                            <div class="enable-first">{enable_form(with_list(&format!("/webhooks/{id}")), "button small")}</div>
                        }
                    })}
                {discards}
            </div>
        </section>
    }
}

/// The button that enables a disabled webhook. `action` is the address of its page.
pub(super) fn enable_form(action: String, class: &'static str) -> AnyView {
    view! {
        <form method="post" action=action>
            <button class=class type="submit" name="intent" value=Intent::Enable.to_string()>
                {say::enable(lang())}
            </button>
        </form>
    }
    .into_any()
}

/// The last callback, and what it means.
#[component]
fn Last(last: LastView) -> impl IntoView {
    let lang = lang();
    view! {
        <p class="health-last">
            <span>{say::last_response(lang)}</span>
            " "
            <ResponseBadge succeeded=last.succeeded status=last.status response=last.response />
            " "
            <span class="quiet-text" title=last.at.text.clone()>
                {say::ago(lang, &last.ago)}
            </span>
            " "
            <a href=last.href>{say::show_callback(lang)}</a>
        </p>
        {last
            .verdict
            .map(|(sentence, who)| {
                view! {
                    <p class="health-verdict">
                        <ForeignText text=sentence />
                        {who.map(|who| view! { " " <span class="who">{verdict::who(lang, who)}</span> })}
                    </p>
                }
            })}
    }
}
