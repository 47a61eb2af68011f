//! The view of a webhook's log.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::{
    app::AppState,
    auth::principal::Principal,
    catalogue::EventType,
    console::{
        calls::{CallbackView, ChoiceView, FoundLog, LogQuery, LogView},
        server::{
            callback_detail,
            chart::chart,
            lang,
            range::{self, Range, RangeError},
            time_view,
            urls::{Links, local_text},
            zone,
        },
    },
    domain::{
        answer::Failure,
        callback::Outcome,
        id::{CallbackId, WebhookId},
        page::{Cursor, ListId},
        response::ResponseFilter,
        timestamp::Timestamp,
    },
    messages::{Lang, common, logs as say, wrong},
    services::error::UseCaseError,
    services::webhooks,
    storage::{
        callbacks::CallbackRecord,
        log::{LogPage, Place},
        uuid_time::oldest_id_of,
        webhooks::WebhookRecord,
    },
};

/// Callbacks on a page.
const ROWS: u64 = 50;

/// A page of the log.
pub async fn page(app: &AppState, by: &Principal, id: &str, query: LogQuery) -> Result<FoundLog, UseCaseError> {
    let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
    // Before the first question: what is logged between it and the last one is news.
    let now = Timestamp::now();
    let (webhook, latest) = tokio::try_join!(webhooks::get(app, by, id), webhooks::latest_callback(app, by, id))?;
    let Some(latest) = latest else {
        // All that comes is news, and an id is older than its commit.
        return Ok(FoundLog::BeforeTheFirst {
            since: oldest_id_of(now.minus(Duration::from_mins(1))).to_string(),
        });
    };
    let (zone, lang) = (zone(), lang());
    let links = Links::new(id, &query);
    let (place, found) = (place(&query, &links.list()), Range::of(&query, Some(latest.at), now, &zone));
    let (page, chart) = match &found {
        Ok(range) => {
            let filter = range::filter(&query, range);
            let page = webhooks::log_page(app, by, id, &filter, place, ROWS);
            let (page, chart) = tokio::try_join!(page, chart(app, by, range, &filter, &links, &zone, lang))?;
            (page, Some(chart))
        }
        Err(_) => (LogPage::default(), None),
    };
    let open = match query.callback.as_deref().and_then(|callback| callback.parse::<CallbackId>().ok()) {
        Some(callback) => callback_detail::callback(app, by, &webhook, callback, &links, &zone, lang).await?,
        None => None,
    };
    let range = found.as_ref().ok();
    let field = |asked: &Option<String>, at: fn(&Range) -> Timestamp| {
        range.map_or_else(|| asked.clone().unwrap_or_default(), |range| local_text(at(range), &zone))
    };
    Ok(FoundLog::Page(Box::new(LogView {
        path: links.path().to_owned(),
        newer: page.newer.map(|cursor| links.place("before", cursor)),
        older: page.older.map(|cursor| links.place("after", cursor)),
        top: links.top(),
        is_top: page.newer.is_none(),
        rows: page
            .rows
            .iter()
            .map(|record| row(record, links.callback(Some(&record.id.to_string())), &zone, lang))
            .collect(),
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        presets: presets(range, &links, lang),
        from: field(&query.from, |range| range.from),
        to: field(&query.to, Range::end),
        responses: responses(&query, lang),
        events: events(&webhook, &query, lang),
        error: found.as_ref().err().map(|error| sentence(*error, lang)),
        chart,
        csv: links.export("csv"),
        jsonl: links.export("jsonl"),
        live: range.filter(|range| range.open_end).map(|_| links.live()),
        since: newest(&page, now).to_string(),
        open,
        asked: query,
    })))
}

fn place(query: &LogQuery, list: &ListId) -> Place {
    let cursor = |text: &Option<String>| text.as_deref().and_then(|text| Cursor::decode(text, list).ok());
    match (cursor(&query.after), cursor(&query.before)) {
        (Some(after), _) => Place::After(after),
        (None, Some(before)) => Place::Before(before),
        (None, None) => Place::Newest,
    }
}

/// The callback after which there are news: the last one that was logged of those shown, or whatever was logged before now.
fn newest(page: &LogPage, now: Timestamp) -> CallbackId {
    let shown = page.rows.iter().map(|row| row.id).max().filter(|_| page.newer.is_none());
    shown.unwrap_or_else(|| CallbackId(oldest_id_of(now)))
}

/// A row, which leads to this address.
pub(super) fn row(record: &CallbackRecord, open: String, zone: &TimeZone, lang: Lang) -> CallbackView {
    CallbackView {
        open,
        at: time_view(record.at, zone, lang),
        event: record.event_type.name_in(lang).to_owned(),
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
        RangeError::Incomplete => wrong::range_incomplete(lang).to_owned(),
        RangeError::Backwards => wrong::range_backwards(lang).to_owned(),
        RangeError::TooLong(days) => say::too_long(lang, days),
    }
}

fn presets(range: Option<&Range>, links: &Links<'_>, lang: Lang) -> Vec<ChoiceView> {
    let all = [
        ("1h", say::range_1h(lang)),
        ("today", say::range_today(lang)),
        ("24h", say::range_24h(lang)),
        ("7d", say::range_7d(lang)),
        ("30d", say::range_30d(lang)),
        ("12m", say::range_12m(lang)),
    ];
    let preset = |(key, text): (&str, &str)| ChoiceView {
        value: links.preset(key),
        text: text.to_owned(),
        current: range.is_some_and(|range| range.preset == Some(key)),
    };
    all.into_iter().map(preset).collect()
}

/// Any, by outcome, by class, by reason; and whatever else the address asks for.
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

/// Any, what the webhook hears of, and whatever else the address asks for.
fn events(webhook: &WebhookRecord, query: &LogQuery, lang: Lang) -> Vec<ChoiceView> {
    let chosen: Option<EventType> = query.event.as_deref().and_then(|event| event.parse().ok());
    let mut all = vec![any(say::any_event(lang), chosen.is_none())];
    let other = chosen.filter(|event| !webhook.events.contains(event));
    all.extend(webhook.events.iter().copied().chain(other).map(|event| ChoiceView {
        value: event.to_string(),
        text: event.name_in(lang).to_owned(),
        current: chosen == Some(event),
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
