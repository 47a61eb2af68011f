//! The view of a webhook's log.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::{
    auth::principal::Principal,
    console::{
        calls::{CallbackView, HeaderView, LogQuery, LogView, OpenCallbackView},
        server::{lang, time_view, zone},
    },
    domain::{
        callback::Outcome,
        id::{CallbackId, WebhookId},
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    messages::{common, logs as say},
    state::AppState,
    storage::callbacks::{CallbackDetails, CallbackRecord, LogFilter, ShownHeaders},
    webhooks::{self, UseCaseError},
};

/// Callbacks on a page.
const ROWS: u64 = 50;
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// A range of the log.
struct Range {
    preset: String,
    from: Timestamp,
    to: Timestamp,
    /// Presets go on into the future: what arrives while the page is open belongs to them.
    open_end: bool,
}

/// A page of the log; none before the first callback.
pub async fn page(app: &AppState, by: &Principal, id: &str, query: LogQuery) -> Result<Option<LogView>, UseCaseError> {
    let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
    let Some(latest) = webhooks::latest_callback(app, by, id).await? else {
        return Ok(None);
    };
    let (zone, now) = (zone(), Timestamp::now());
    let (range, mut error) = range(&query, &latest, now, &zone);
    let filter = LogFilter {
        from: Some(range.from),
        to: Some(range.to).filter(|_| !range.open_end),
        ..LogFilter::default()
    };
    let after = query.after.as_deref().and_then(|after| Cursor::decode(after).ok());
    let found = if error.is_some() {
        Ok(Page {
            items: Vec::new(),
            next: None,
        })
    } else {
        webhooks::log(app, by, id, &filter, after, ROWS).await
    };
    let page = match found {
        Ok(page) => page,
        Err(UseCaseError::Invalid(errors)) => {
            error = errors.into_iter().next().map(|error| error.text(lang()));
            Page {
                items: Vec::new(),
                next: None,
            }
        }
        Err(other) => return Err(other),
    };
    let open = match query.callback.as_deref().and_then(|callback| callback.parse::<CallbackId>().ok()) {
        Some(callback) => webhooks::callback(app, by, callback)
            .await
            .ok()
            .filter(|details| details.record.webhook == id),
        None => None,
    };
    let (from, to) = match (range.preset.is_empty(), query.from, query.to) {
        (true, from, to) => (from.unwrap_or_default(), to.unwrap_or_default()),
        (false, ..) => (range.from.local_input(&zone), range.to.local_input(&zone)),
    };
    Ok(Some(LogView {
        next: page.next.map(Cursor::encode),
        rows: page.items.iter().map(|record| callback_view(record, &zone)).collect(),
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        range: range.preset,
        from,
        to,
        error,
        open: open.map(|details| open_view(details, &zone)),
    }))
}

/// The range that the address asks for. Without one: the last day, or the last month when the newest callback is older.
fn range(query: &LogQuery, latest: &CallbackRecord, now: Timestamp, zone: &TimeZone) -> (Range, Option<String>) {
    if let (None, Some(from), Some(to)) = (&query.range, &query.from, &query.to) {
        let parsed = (Timestamp::parse_local(from, zone), Timestamp::parse_local(to, zone));
        let chosen = |from, to| Range {
            preset: String::new(),
            from,
            to,
            open_end: false,
        };
        return match parsed {
            (Ok(from), Ok(to)) => (chosen(from, to), None),
            _ => (chosen(now, now), Some(say::enter_both(lang()).to_owned())),
        };
    }
    let usual = if now.since(latest.at) > DAY { "30d" } else { "24h" };
    let preset = query.range.as_deref().unwrap_or(usual);
    let (preset, span) = match preset {
        "1h" => ("1h", HOUR),
        "today" => ("today", now.since(now.day_begins(zone))),
        "7d" => ("7d", 7 * DAY),
        "30d" => ("30d", 30 * DAY),
        "12m" => ("12m", 366 * DAY),
        _ => ("24h", DAY),
    };
    (
        Range {
            preset: preset.to_owned(),
            from: now.minus(span),
            to: now,
            open_end: true,
        },
        None,
    )
}

fn callback_view(record: &CallbackRecord, zone: &TimeZone) -> CallbackView {
    CallbackView {
        id: record.id.to_string(),
        at: time_view(record.at, zone, lang()),
        event: record.event_type.name_in(lang()).to_owned(),
        url: record.url.clone(),
        succeeded: record.outcome == Outcome::Succeeded,
        status: record.status,
        response: record.response.clone(),
        attempt: record.attempt,
        duration: common::milliseconds(lang(), record.duration_ms.unsigned_abs()),
    }
}

fn open_view(details: CallbackDetails, zone: &TimeZone) -> OpenCallbackView {
    let received = details.received;
    OpenCallbackView {
        callback: callback_view(&details.record, zone),
        delivery: details.record.delivery.message_id(),
        event_id: details.record.event.to_string(),
        trigger: details.record.trigger.to_string(),
        detail: details.detail,
        request_headers: header_views(details.request_headers),
        request_body: details.request_body.map(|body| indented(&body)),
        response_body: received
            .as_ref()
            .map(|received| indented(&String::from_utf8_lossy(&received.body)))
            .unwrap_or_default(),
        truncated: received.as_ref().is_some_and(|received| received.truncated),
        response_headers: received.map(|received| header_views(received.headers)),
    }
}

fn header_views(headers: ShownHeaders) -> Vec<HeaderView> {
    headers.into_iter().map(|(name, value)| HeaderView { name, value }).collect()
}

/// JSON with line ends, all else as it is.
fn indented(body: &str) -> String {
    let parsed: Option<serde_json::Value> = serde_json::from_str(body).ok();
    parsed.map_or_else(|| body.to_owned(), |value| format!("{value:#}"))
}
