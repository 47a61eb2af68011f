//! The dialog "Send again…": a range, and how many deliveries of it failed for good or are held, before anything is sent. The range is part of the
//! query of the page, so that the numbers are counted without scripts as well.

use std::{collections::BTreeMap, time::Duration};

use jiff::tz::TimeZone;
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    app::AppState,
    auth::principal::Principal,
    console::{components::query_form::QueryForm, href::page_query, pages::webhooks::list_origin::with_list, server::dates, viewer::lang},
    domain::{id::WebhookId, timestamp::Timestamp},
    messages::{Lang, deliveries as say, logs},
    services::{error::UseCaseError, webhooks},
    storage::delivery_list::COUNTED_MAX,
};

/// The query of the dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SendAgainQuery {
    /// The range: `all`, `1h`, `24h`, `7d`, `30d` or `custom`. `None`: the dialog is closed.
    pub again: Option<String>,
    /// The start of a custom range, in the viewer's zone or as RFC 3339.
    pub again_from: Option<String>,
    /// Its end. By default now.
    pub again_to: Option<String>,
}

/// The dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendAgainView {
    /// The path of the webhook's page.
    path: String,
    /// Whether it is open.
    is_open: bool,
    /// The chosen range.
    range: String,
    /// The start and the end for their fields.
    from: String,
    to: String,
    /// The range in milliseconds since 1970.
    since: i64,
    until: i64,
    /// The numbers in the range.
    failed: u64,
    held: u64,
    /// What is wrong with the range.
    error: Option<&'static str>,
}

/// The fields of the query of the log (`console::pages::log::log_query`) without its notice.
const LOG_FIELDS: [&str; 11] = [
    "range", "from", "to", "response", "event", "q", "times", "after", "before", "callback", "list",
];

const RANGES: [(&str, u64); 4] = [("1h", 1), ("24h", 24), ("7d", 7 * 24), ("30d", 30 * 24)];

/// Loads the dialog, with the numbers of the chosen range.
pub(in crate::console::pages) async fn load(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    query: SendAgainQuery,
    zone: &TimeZone,
    lang: Lang,
) -> Result<SendAgainView, UseCaseError> {
    let now = Timestamp::now();
    let range = query.again.clone().unwrap_or_else(|| "all".to_owned());
    let hours = RANGES.iter().find(|(name, _)| *name == range).map(|(_, hours)| *hours);
    let moment = |text: &str| Timestamp::parse_local(text, zone).or_else(|_| Timestamp::parse(text));
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let mut error = None;
    let (since, until) = match (range.as_str(), hours) {
        (_, Some(hours)) => (now.minus(Duration::from_hours(hours)), now),
        ("custom", None) => {
            let from = given(&query.again_from).map(|from| moment(&from));
            let to = given(&query.again_to).map_or(Ok(now), |to| moment(&to));
            match (from, to) {
                (Some(Ok(from)), Ok(to)) if from < to => (from, to),
                (Some(Ok(_)), Ok(_)) => {
                    error = Some(crate::messages::validation::range_backwards(lang));
                    (now, now)
                }
                _ => {
                    error = Some(crate::messages::validation::range_incomplete(lang));
                    (now, now)
                }
            }
        }
        _ => (Timestamp(0), now),
    };
    let (failed, held) = if error.is_some() {
        (0, 0)
    } else {
        webhooks::count_recoverable(app, by, id, since, until).await?
    };
    Ok(SendAgainView {
        path: format!("/webhooks/{id}"),
        is_open: query.again.is_some(),
        range,
        from: field(query.again_from, since, zone),
        to: query.again_to.map_or_else(String::new, |to| {
            moment(&to).map_or_else(|_| dates::field_value(Some(to)), |at| local(at, zone))
        }),
        since: since.0,
        until: until.0,
        failed,
        held,
        error,
    })
}

/// The value of the field of the start: what was typed, as the field understands it.
fn field(typed: Option<String>, since: Timestamp, zone: &TimeZone) -> String {
    match typed {
        Some(typed) if Timestamp::parse_local(&typed, zone).is_ok() => typed,
        Some(_) => local(since, zone),
        None => String::new(),
    }
}

fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.in_zone(zone).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// The dialog.
#[component]
pub(in crate::console::pages) fn SendAgainMenu(
    /// Its data.
    dialog: SendAgainView,
    /// Whether the webhook is enabled. Otherwise nothing can be sent.
    enabled: bool,
) -> impl IntoView {
    let lang = lang();
    let options = [
        ("all", say::range_all(lang)),
        ("1h", logs::range_1h(lang)),
        ("24h", logs::range_24h(lang)),
        ("7d", logs::range_7d(lang)),
        ("30d", logs::range_30d(lang)),
        ("custom", say::range_custom(lang)),
    ];
    let chosen = dialog.range.clone();
    let options = options.map(|(value, text)| {
        let is_chosen = value == chosen;
        view! {
            <option value=value selected=is_chosen>
                {text}
            </option>
        }
    });
    let invalid = dialog.error.map(|_| "true");
    let custom = (dialog.range == "custom").then(|| {
        view! {
            <label>
                {say::from(lang)} " "
                <input type="datetime-local" name="again_from" step="1" value=dialog.from.clone() aria-invalid=invalid aria-describedby="again-error" />
            </label>
            <label>
                {say::to(lang)} " "
                <input type="datetime-local" name="again_to" step="1" value=dialog.to.clone() aria-invalid=invalid aria-describedby="again-error" />
            </label>
        }
    });
    let counts_class = if dialog.range == "custom" { "button" } else { "button no-scripts" };
    view! {
        <details class="menu" id="send-again" open=dialog.is_open>
            <summary class="button">{say::send_again(lang)}</summary>
            <div class="card again">
                <p>
                    <strong>{say::heading(lang)}</strong>
                </p>
                <QueryForm action=format!("{}#send-again", dialog.path) class="again-range" search=false keeps=LOG_FIELDS.join(" ")>
                    <label>
                        {say::range(lang)} " " <select name="again">{options.into_iter().collect_view()}</select>
                    </label>
                    {custom}
                    {query_of_log().into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view()}
                    <button class=counts_class type="submit">
                        {say::count_them(lang)}
                    </button>
                </QueryForm>
                <p class="field-error" id="again-error" role="alert">
                    {dialog.error}
                </p>
                {chosen_form(&dialog, enabled, lang)}
            </div>
        </details>
    }
}

/// The query parameters of the log. The form of the dialog sends them again, so that the log keeps its range and filters.
fn query_of_log() -> Vec<(String, String)> {
    let query: BTreeMap<String, String> = page_query();
    query.into_iter().filter(|(name, _)| LOG_FIELDS.contains(&name.as_str())).collect()
}

/// The form that sends, with the numbers.
fn chosen_form(dialog: &SendAgainView, enabled: bool, lang: Lang) -> AnyView {
    if dialog.error.is_some() {
        return ().into_any();
    }
    if dialog.failed + dialog.held == 0 {
        return view! { <p class="hint">{say::nothing(lang)}</p> }.into_any();
    }
    let tick = |name: &'static str, count: u64, text: String| {
        let is_any = count > 0;
        view! {
            <label class="tick">
                <input type="checkbox" name=name value="true" checked=is_any disabled=!is_any />
                {text}
            </label>
        }
    };
    let counted = |count: u64, some: fn(Lang, u64) -> String, many: fn(Lang, u64) -> String| {
        if count > COUNTED_MAX {
            many(lang, COUNTED_MAX)
        } else {
            some(lang, count)
        }
    };
    view! {
        <form method="post" action=with_list(&format!("{}/deliveries/send-again", dialog.path)) class="again-send">
            <input type="hidden" name="since" value=dialog.since.to_string() />
            <input type="hidden" name="until" value=dialog.until.to_string() />
            {tick("failed", dialog.failed, counted(dialog.failed, say::failed, say::many_failed))}
            {tick("held", dialog.held, counted(dialog.held, say::held, say::many_held))}
            <p class="hint">{if enabled { say::order(lang) } else { say::enable_first(lang) }}</p>
            <button class="button primary" type="submit" disabled=!enabled>
                {say::send_chosen(lang)}
            </button>
        </form>
    }
    .into_any()
}
