//! Loads the log of a webhook.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::{
    app::AppState,
    auth::principal::Principal,
    console::{
        components::{chart::ChartView, time::TimeView},
        pages::log::{
            load_callback::{self, CallbackDetailsView},
            load_chart::chart,
            log_query::LogQuery,
            log_urls::{LogUrls, local_text},
            range::{self, Range, RangeError},
        },
        server::{event_types_loaded, lang, time_view, type_name, zone},
    },
    domain::{
        answer::Failure,
        callback::Outcome,
        event_type::{EventPattern, EventType},
        id::{CallbackId, WebhookId},
        page::ListId,
        response::ResponseFilter,
        timestamp::Timestamp,
    },
    messages::{Lang, common, logs as say, validation},
    services::error::UseCaseError,
    services::webhooks,
    storage::{
        callbacks::CallbackRecord,
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
    /// The name of the status or of the failure.
    pub response: String,
    /// The number of the attempt.
    pub attempt: u32,
    /// The duration: "38 ms".
    pub duration: String,
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
        // Every callback will be new. An id is created up to a minute before its commit.
        return Ok(WebhookLog::Empty {
            since: oldest_id_of(now.minus(Duration::from_mins(1))).to_string(),
        });
    };
    let (zone, lang) = (zone(), lang());
    let urls = LogUrls::new(id, &query);
    let (place, found) = (place(&query, &urls.list()), Range::of(&query, Some(latest.at), now, &zone));
    let (page, chart) = match &found {
        Ok(range) => {
            let filter = range::filter(&query, range);
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
    let range = found.as_ref().ok();
    let field = |asked: &Option<String>, at: fn(&Range) -> Timestamp| {
        range.map_or_else(|| asked.clone().unwrap_or_default(), |range| local_text(at(range), &zone))
    };
    Ok(WebhookLog::Page(Box::new(LogView {
        path: urls.path().to_owned(),
        newer: page.newer.map(|cursor| urls.newer(cursor)),
        older: page.older.map(|cursor| urls.older(cursor)),
        top: urls.top(),
        is_top: page.newer.is_none(),
        rows: page
            .rows
            .iter()
            .map(|record| row(record, urls.callback(&record.id.to_string()), &zone, lang))
            .collect(),
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        presets: presets(range, &urls, lang),
        from: field(&query.from, |range| range.from),
        to: field(&query.to, Range::end),
        responses: responses(&query, lang),
        events: events(&webhook, &query, lang),
        error: found.as_ref().err().map(|error| sentence(*error, lang)),
        chart,
        csv: urls.export("csv"),
        jsonl: urls.export("jsonl"),
        live: range.filter(|range| range.open_end).map(|_| urls.live()),
        query: urls.first_page_query(),
        since: newest(&page, now).to_string(),
        open,
        asked: query,
    })))
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
        url: record.url.clone(),
        succeeded: record.outcome == Outcome::Succeeded,
        status: record.status,
        response: record.response.clone(),
        attempt: record.attempt,
        duration: common::milliseconds(lang, record.duration_ms.unsigned_abs()),
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
    let mut all = vec![any(say::any_response(lang), chosen.is_none())];
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
