//! Loads the log of a webhook.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        components::{chart::ChartView, icon, time::TimeView},
        pages::deliveries::load_deliveries::{self, AskedList, DeliveryTableView, FAILED_FOR_GOOD},
        pages::log::{
            load_callback::{self, CallbackDetailsView},
            load_chart::chart,
            log_query::LogQuery,
            log_urls::{LogUrls, local_text},
            range::{self, Range, RangeError},
        },
        server::{
            dates::{day, minute},
            durations::rounded,
            event_types_loaded, lang, time_view, type_name, zone,
        },
    },
    domain::{
        answer::Failure,
        callback::{Outcome, Trigger},
        event_type::{EventPattern, EventType},
        id::{CallbackId, WebhookId},
        page::ListId,
        response::ResponseFilter,
        timestamp::Timestamp,
    },
    messages::{Lang, deliveries, logs as say, validation},
    services::error::UseCaseError,
    services::webhooks,
    storage::{
        callbacks::{CallbackRecord, LogFilter},
        delivery_list::DeliveryList,
        log::{LogCursor, LogPage},
        uuid_time::oldest_id_of,
        webhooks::WebhookRecord,
    },
};

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackRow {
    /// The address of the page with this callback open, or closed if it is the open one.
    pub href: String,
    /// When the attempt started.
    pub at: TimeView,
    /// The name of the event type.
    pub event: String,
    /// The URL that was called.
    pub url: String,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// The status code.
    pub status: Option<u16>,
    /// The icon of the group of its event type.
    pub icon: &'static str,
    /// The name of the status or of the failure.
    pub response: String,
    /// The number of the attempt.
    pub attempt: u32,
    /// The duration: "38 ms".
    pub duration: String,
    /// The id.
    pub id: String,
    /// The time without the date.
    pub time: TimeView,
    /// The day, if the row is the first one of its day.
    pub day: Option<String>,
    /// "Test", "Retry 2" or "Sent again".
    pub mark: Option<String>,
    /// The host of the URL, and the rest of it.
    pub address: (String, String),
    /// Whether the URL differs from the present one of the webhook.
    pub is_old_url: bool,
    /// The page with the dialog that sends everything again that failed since this callback. `None` if the viewer may not.
    pub since_this: Option<String>,
    /// Whether it is the open callback.
    pub is_open: bool,
}

/// A link, or an option of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceView {
    /// The address or the value.
    pub value: String,
    /// The name.
    pub text: String,
    /// Whether it is chosen.
    pub current: bool,
}

/// A page of the log of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogView {
    /// The path of the page.
    pub path: String,
    /// The rows.
    pub rows: Vec<CallbackRow>,
    /// The address of the previous page.
    pub newer: Option<String>,
    /// The address of the next page.
    pub older: Option<String>,
    /// The address of the first page.
    pub top: String,
    /// Whether this is the first page.
    pub is_top: bool,
    /// The viewer's zone.
    pub zone: String,
    /// The preset ranges as links.
    pub presets: Vec<ChoiceView>,
    /// The query of the page.
    pub asked: LogQuery,
    /// The start of the range, for its field.
    pub from: String,
    /// The end of the range, for its field.
    pub to: String,
    /// The options of the response filter.
    pub responses: Vec<ChoiceView>,
    /// The options of the event filter.
    pub events: Vec<ChoiceView>,
    /// What is wrong with the range.
    pub error: Option<String>,
    /// The chart.
    pub chart: Option<ChartView>,
    /// The address of the rows as CSV.
    pub csv: String,
    /// The address of the rows as JSON Lines.
    pub jsonl: String,
    /// The address of the stream of new callbacks. `None` if the range is over.
    pub live: Option<String>,
    /// The query of the first page, encoded.
    pub query: String,
    /// Callbacks with greater ids are new.
    pub since: String,
    /// The open callback.
    pub open: Option<CallbackDetailsView>,
    /// The list of waiting, held or failed deliveries, in place of the rows.
    pub listed: Option<DeliveryTableView>,
    /// The addresses of the first and the next page of that list.
    pub listed_pages: (Option<String>, Option<String>),
    /// The custom range in words, and the address of the default range.
    pub zoom: Option<(String, String)>,
    /// Whether times are in UTC, and the address of the page with the other choice.
    pub times: (bool, String),
}

/// The log of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookLog {
    /// There is no callback yet.
    Empty {
        /// Callbacks with greater ids are new.
        since: String,
    },
    /// A page of the log.
    Page(Box<LogView>),
}

/// Callbacks per page.
const ROWS: u64 = 50;
/// Maximum number of event types that the filter offers per pattern of the webhook.
const TYPES_MAX: usize = 200;

/// Loads a page of the log.
pub async fn load(app: &AppState, by: &Principal, id: &str, query: LogQuery) -> Result<WebhookLog, UseCaseError> {
    let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
    // Taken before the first query: callbacks that are logged during the queries count as new.
    let now = Timestamp::now();
    let (webhook, latest) = tokio::try_join!(webhooks::get(app, by, id), webhooks::latest_callback(app, by, id))?;
    let Some(latest) = latest else {
        if let Some(list) = load_deliveries::list_of(query.response.as_deref()) {
            return listed_only(app, by, id, list, query).await;
        }
        // Every callback will be new. An id is created up to a minute before its commit.
        return Ok(WebhookLog::Empty {
            since: oldest_id_of(now.minus(Duration::from_mins(1))).to_string(),
        });
    };
    let (zone, lang) = (log_zone(&query), lang());
    let urls = LogUrls::new(id, &query);
    let list = load_deliveries::list_of(query.response.as_deref());
    let (place, found) = (place(&query, &urls.list()), Range::of(&query, Some(latest.at), now, &zone));
    let (page, chart) = match &found {
        Ok(_) if list.is_some() => (LogPage::default(), None),
        Ok(range) => {
            let filter = searched(app, by, id, &query, range::filter(&query, range)).await?;
            let page = webhooks::log_page(app, by, id, &filter, place, ROWS);
            let (page, chart) = tokio::try_join!(page, chart(app, by, range, &filter, &urls, &zone, lang))?;
            (page, Some(chart))
        }
        Err(_) => (LogPage::default(), None),
    };
    let open = match query.callback.as_deref().and_then(|callback| callback.parse::<CallbackId>().ok()) {
        Some(callback) => load_callback::callback(app, by, &webhook, callback, &urls, &zone, lang).await?,
        None => None,
    };
    let listed = match list {
        Some(list) => Some(listed(app, by, &webhook, list, &urls, &zone, lang).await?),
        None => None,
    };
    let range = found.as_ref().ok();
    let open_id = open.as_ref().map(|open| open.row.id.clone());
    let field = |asked: &Option<String>, at: fn(&Range) -> Timestamp| {
        range.map_or_else(|| asked.clone().unwrap_or_default(), |range| local_text(at(range), &zone))
    };
    Ok(WebhookLog::Page(Box::new(LogView {
        path: urls.path().to_owned(),
        newer: page.newer.map(|cursor| urls.newer(cursor)),
        older: page.older.map(|cursor| urls.older(cursor)),
        top: urls.top(),
        is_top: page.newer.is_none(),
        rows: rows(&page, &webhook, &urls, by, open_id.as_deref(), &zone, lang),
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        presets: presets(range, &urls, lang),
        from: field(&query.from, |range| range.from),
        to: field(&query.to, Range::end),
        responses: responses(&query, lang),
        events: events(&webhook, &query, lang),
        error: found.as_ref().err().filter(|_| list.is_none()).map(|error| sentence(*error, lang)),
        chart,
        csv: urls.export("csv"),
        jsonl: urls.export("jsonl"),
        // A search finds deliveries once, so that new ones are not announced.
        live: range
            .filter(|range| range.open_end && query.q.is_none() && list.is_none())
            .map(|_| urls.live()),
        query: urls.first_page_query(),
        since: newest(&page, now).to_string(),
        open,
        listed_pages: (
            listed.as_ref().filter(|_| query.after.is_some()).map(|_| urls.top()),
            listed.as_ref().and_then(|listed| listed.next).map(|next| urls.older(next)),
        ),
        listed,
        zoom: range.filter(|range| range.preset.is_none() && list.is_none()).map(|range| {
            let (from, to) = (minute(range.from, &zone, lang), minute(range.to, &zone, lang));
            (say::between(lang, &from, &to), urls.default_range())
        }),
        times: (is_utc(&query), urls.times(!is_utc(&query), range, &other_zone(&query))),
        asked: query,
    })))
}

/// The page of the list of deliveries that stands in the place of the rows.
async fn listed(
    app: &AppState,
    by: &Principal,
    webhook: &WebhookRecord,
    list: DeliveryList,
    urls: &LogUrls<'_>,
    zone: &TimeZone,
    lang: Lang,
) -> Result<DeliveryTableView, UseCaseError> {
    let asked = urls.asked();
    let asked = AskedList {
        list,
        event: asked.event.as_deref().and_then(|event| event.parse().ok()),
        text: asked.q.as_deref().map(str::trim).filter(|text| !text.is_empty()),
        after: urls.after(),
    };
    let table = load_deliveries::load(app, by, webhook, asked, |message| urls.of_message(message), zone, lang).await?;
    Ok(DeliveryTableView {
        query: urls.closed_query(),
        ..table
    })
}

/// The list of waiting, held or failed deliveries of a webhook that has no callback yet.
async fn listed_only(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    list: DeliveryList,
    query: LogQuery,
) -> Result<WebhookLog, UseCaseError> {
    let (zone, lang, now) = (log_zone(&query), lang(), Timestamp::now());
    let webhook = webhooks::get(app, by, id).await?;
    let urls = LogUrls::new(id, &query);
    let listed = listed(app, by, &webhook, list, &urls, &zone, lang).await?;
    let range = Range::of(&LogQuery::default(), None, now, &zone).ok();
    Ok(WebhookLog::Page(Box::new(LogView {
        path: urls.path().to_owned(),
        rows: Vec::new(),
        newer: None,
        older: None,
        top: urls.top(),
        is_top: true,
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        presets: presets(range.as_ref(), &urls, lang),
        from: range.as_ref().map_or_else(String::new, |range| local_text(range.from, &zone)),
        to: range.as_ref().map_or_else(String::new, |range| local_text(range.end(), &zone)),
        responses: responses(&query, lang),
        events: events(&webhook, &query, lang),
        error: None,
        chart: None,
        csv: urls.export("csv"),
        jsonl: urls.export("jsonl"),
        live: None,
        query: urls.first_page_query(),
        since: oldest_id_of(now).to_string(),
        open: None,
        listed_pages: (query.after.as_ref().map(|_| urls.top()), listed.next.map(|next| urls.older(next))),
        listed: Some(listed),
        zoom: None,
        times: (is_utc(&query), urls.times(!is_utc(&query), None, &zone)),
        asked: query,
    })))
}

/// The filter with the deliveries that the search of a query finds.
pub async fn searched(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    query: &LogQuery,
    filter: LogFilter,
) -> Result<LogFilter, UseCaseError> {
    let Some(text) = query.q.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(filter);
    };
    Ok(LogFilter {
        deliveries: Some(webhooks::find_deliveries(app, by, id, text).await?),
        ..filter
    })
}

fn is_utc(query: &LogQuery) -> bool {
    query.times.as_deref() == Some("utc")
}

/// The zone in which the times of a log are shown.
pub(super) fn log_zone(query: &LogQuery) -> TimeZone {
    zone_for(query, zone())
}

/// The zone of a log for a viewer in this zone.
pub fn zone_for(query: &LogQuery, viewer: TimeZone) -> TimeZone {
    if is_utc(query) { TimeZone::UTC } else { viewer }
}

/// The zone to which the viewer can switch.
fn other_zone(query: &LogQuery) -> TimeZone {
    if is_utc(query) { zone() } else { TimeZone::UTC }
}

/// The rows of a page. The first row of each day has the day.
fn rows(
    page: &LogPage,
    webhook: &WebhookRecord,
    urls: &LogUrls<'_>,
    by: &Principal,
    open: Option<&str>,
    zone: &TimeZone,
    lang: Lang,
) -> Vec<CallbackRow> {
    let may = by.may(Action::Resend, false).is_ok();
    let mut before = None;
    let row = |record: &CallbackRecord| {
        let id = record.id.to_string();
        let date = record.at.in_zone(zone).date();
        let is_new_day = before.replace(date) != Some(date);
        CallbackRow {
            day: is_new_day.then(|| day(record.at, zone, lang)),
            is_old_url: record.url != webhook.fields.url,
            since_this: may.then(|| urls.send_again_since(record.at)),
            is_open: open == Some(id.as_str()),
            ..row(record, urls.callback(&id), zone, lang)
        }
    };
    page.rows.iter().map(row).collect()
}

/// "Test", "Retry 2" or "Sent again". Nothing for the first attempt of an event.
fn mark(record: &CallbackRecord, lang: Lang) -> Option<String> {
    match record.trigger {
        Trigger::Event => None,
        Trigger::Retry => Some(say::mark_retry(lang, &record.attempt.to_string())),
        Trigger::Manual => Some(say::mark_manual(lang).to_owned()),
        Trigger::Test => Some(say::mark_test(lang).to_owned()),
    }
}

/// The host of a URL with its port, and the rest.
fn address(url: &str) -> (String, String) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    (host.to_owned(), path.to_owned())
}

fn place(query: &LogQuery, list: &ListId) -> LogCursor {
    match (list.cursor(query.after.as_deref()), list.cursor(query.before.as_deref())) {
        (Some(after), _) => LogCursor::After(after),
        (None, Some(before)) => LogCursor::Before(before),
        (None, None) => LogCursor::Newest,
    }
}

/// The id of the newest callback that is shown. Callbacks with greater ids are new. If the first page is not shown or empty, the oldest id of
/// this moment.
fn newest(page: &LogPage, now: Timestamp) -> CallbackId {
    let shown = page.rows.iter().map(|row| row.id).max().filter(|_| page.newer.is_none());
    shown.unwrap_or_else(|| CallbackId(oldest_id_of(now)))
}

/// A row with a link to `href`.
pub fn row(record: &CallbackRecord, href: String, zone: &TimeZone, lang: Lang) -> CallbackRow {
    CallbackRow {
        href,
        at: time_view(record.at, zone, lang),
        event: type_name(&record.event_type, lang),
        icon: icon::of_event(record.event_type.as_str()),
        url: record.url.clone(),
        succeeded: record.outcome == Outcome::Succeeded,
        status: record.status,
        response: record.response.clone(),
        attempt: record.attempt,
        duration: rounded(record.duration_ms.unsigned_abs(), lang),
        id: record.id.to_string(),
        time: TimeView {
            text: record.at.in_zone(zone).strftime("%H:%M:%S").to_string(),
            ..time_view(record.at, zone, lang)
        },
        day: None,
        mark: mark(record, lang),
        address: address(&record.url),
        is_old_url: false,
        since_this: None,
        is_open: false,
    }
}

fn sentence(error: RangeError, lang: Lang) -> String {
    match error {
        RangeError::Incomplete => validation::range_incomplete(lang).to_owned(),
        RangeError::Backwards => validation::range_backwards(lang).to_owned(),
        RangeError::TooLong(days) => say::too_long(lang, days),
    }
}

fn presets(range: Option<&Range>, urls: &LogUrls<'_>, lang: Lang) -> Vec<ChoiceView> {
    let all = [
        ("1h", say::range_1h(lang)),
        ("today", say::range_today(lang)),
        ("24h", say::range_24h(lang)),
        ("7d", say::range_7d(lang)),
        ("30d", say::range_30d(lang)),
        ("12m", say::range_12m(lang)),
    ];
    let preset = |(key, text): (&str, &str)| ChoiceView {
        value: urls.preset(key),
        text: text.to_owned(),
        current: range.is_some_and(|range| range.preset == Some(key)),
    };
    all.into_iter().map(preset).collect()
}

/// The options of the response filter: any, outcomes, classes, failures, and the chosen one if it is none of these.
fn responses(query: &LogQuery, lang: Lang) -> Vec<ChoiceView> {
    let chosen: Option<ResponseFilter> = query.response.as_deref().and_then(|response| response.parse().ok());
    let named = [
        (ResponseFilter::Succeeded, say::succeeded(lang).to_owned()),
        (ResponseFilter::Failed, say::failed(lang).to_owned()),
        (ResponseFilter::Class(3), say::class(lang, "3xx")),
        (ResponseFilter::Class(4), say::class(lang, "4xx")),
        (ResponseFilter::Class(5), say::class(lang, "5xx")),
        (ResponseFilter::NoAnswer, say::without_answer(lang).to_owned()),
    ];
    let reasons = Failure::ALL.map(|failure| (ResponseFilter::Failure(failure), failure.as_str().to_owned()));
    let list = query.response.as_deref().filter(|_| chosen.is_none());
    let is_list = |name: &str| list == Some(name);
    let listed = |name: &str, text: &str| ChoiceView {
        value: name.to_owned(),
        text: text.to_owned(),
        current: is_list(name),
    };
    let is_any = chosen.is_none() && load_deliveries::list_of(list).is_none();
    let mut all = vec![
        any(say::any_response(lang), is_any),
        listed("waiting", deliveries::waiting(lang)),
        listed("held", deliveries::held_choice(lang)),
        listed(FAILED_FOR_GOOD, deliveries::failed_choice(lang)),
    ];
    let choice = |(filter, text): (ResponseFilter, String)| ChoiceView {
        value: filter.to_string(),
        text,
        current: chosen == Some(filter),
    };
    all.extend(named.into_iter().chain(reasons).map(choice));
    if let Some(other) = chosen.filter(|_| all.iter().all(|choice| !choice.current)) {
        all.push(choice((other, other.to_string())));
    }
    all
}

/// The options of the event filter: any, the subscribed event types, and the chosen one if it is none of these.
fn events(webhook: &WebhookRecord, query: &LogQuery, lang: Lang) -> Vec<ChoiceView> {
    let chosen: Option<EventType> = query.event.as_deref().and_then(|event| event.parse().ok());
    let mut all = vec![any(say::any_event(lang), chosen.is_none())];
    let catalogue = event_types_loaded();
    let mut types: Vec<EventType> = webhook.fields.events.iter().filter_map(EventPattern::exact).collect();
    for pattern in webhook.fields.events.iter().filter(|pattern| pattern.exact().is_none()) {
        let matching = catalogue.matching(pattern).map(|entry| entry.event_type());
        let new: Vec<EventType> = matching.filter(|event| !types.contains(event)).take(TYPES_MAX).cloned().collect();
        types.extend(new);
    }
    types.extend(chosen.clone().filter(|event| !types.contains(event)));
    all.extend(types.into_iter().map(|event| ChoiceView {
        value: event.to_string(),
        text: type_name(&event, lang),
        current: chosen.as_ref() == Some(&event),
    }));
    all
}

fn any(text: &str, current: bool) -> ChoiceView {
    ChoiceView {
        value: String::new(),
        text: text.to_owned(),
        current,
    }
}
