//! Loads the log of a webhook.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::{
    app::AppState,
    auth::principal::Principal,
    console::{
        components::chart::ChartView,
        pages::deliveries::load_deliveries::{self, AskedList, DeliveryTableView},
        pages::log::{
            followed_log::FollowedLog,
            load_callback::{self, CallbackDetailsView},
            load_chart::chart,
            log_choices::{self, ChipsView, ChoiceView, PresetView, chips, presets},
            log_query::LogQuery,
            log_rows::{CallbackRow, RowContext, rows},
            log_urls::{LogUrls, local_text},
            range::{self, Range, RangeError},
        },
        server::{dates, lang, zone},
    },
    domain::{
        id::{CallbackId, WebhookId},
        page::ListId,
        timestamp::Timestamp,
    },
    messages::{Lang, logs as say, validation},
    services::error::UseCaseError,
    services::webhooks,
    storage::{
        callbacks::LogFilter,
        delivery_list::DeliveryList,
        log::{LogCursor, LogPage},
        uuid_time::oldest_id_of,
        webhooks::WebhookRecord,
    },
};

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
    pub presets: Vec<PresetView>,
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
    /// The custom range and the filters that are set.
    pub chips: ChipsView,
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

impl WebhookLog {
    /// What the open page needs to follow the log of this webhook.
    pub fn followed(&self, webhook: &str) -> FollowedLog {
        match self {
            Self::Empty { since } => FollowedLog {
                webhook: webhook.to_owned(),
                stream: Some(format!("/webhooks/{webhook}/callbacks/live")),
                since: since.clone(),
                is_top: true,
                ..FollowedLog::default()
            },
            Self::Page(log) => FollowedLog {
                webhook: webhook.to_owned(),
                query: log.query.clone(),
                stream: log.live.clone(),
                since: log.since.clone(),
                is_top: log.is_top,
                top: log.top.clone(),
            },
        }
    }
}

/// Loads a page of the log.
pub async fn load(app: &AppState, by: &Principal, id: &str, query: LogQuery) -> Result<WebhookLog, UseCaseError> {
    let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
    // Taken before the first query: callbacks that are logged during the queries count as new.
    let now = Timestamp::now();
    let (webhook, latest) = tokio::try_join!(webhooks::get(app, by, id), webhooks::latest_callback(app, by, id))?;
    // Deliveries can be listed before the first callback.
    let list = load_deliveries::list_of(query.response.as_deref());
    if latest.is_none() && list.is_none() {
        // Every callback will be new. An id is created up to a minute before its commit.
        return Ok(WebhookLog::Empty {
            since: oldest_id_of(now.minus(Duration::from_mins(1))).to_string(),
        });
    }
    let (zone, lang) = (log_zone(&query), lang());
    let urls = LogUrls::new(id, &query);
    let (place, found) = (
        place(&query, &urls.list()),
        Range::of(&query, latest.map(|latest| latest.at), now, &zone),
    );
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
    let context = RowContext::load(app, by, &page).await?;
    let (responses, events) = (log_choices::responses(&query, lang), log_choices::events(&webhook, &query, lang));
    let range = found.as_ref().ok();
    let custom = range.filter(|_| list.is_none());
    let open_id = open.as_ref().map(|open| open.row.id.clone());
    let field = |asked: &Option<String>, at: fn(&Range) -> Timestamp| {
        range.map_or_else(|| dates::field_value(asked.clone()), |range| local_text(at(range), &zone))
    };
    Ok(WebhookLog::Page(Box::new(LogView {
        path: urls.path().to_owned(),
        newer: page.newer.map(|cursor| urls.newer(cursor)),
        older: page.older.map(|cursor| urls.older(cursor)),
        top: urls.top(),
        is_top: page.newer.is_none(),
        rows: rows((&page, &context), &webhook, &urls, open_id.as_deref(), &zone, lang),
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        presets: presets(range, &urls, lang),
        from: field(&query.from, |range| range.from),
        to: field(&query.to, Range::end),
        chips: chips(custom, (&responses, &events), &urls, &zone, lang),
        responses,
        events,
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

fn sentence(error: RangeError, lang: Lang) -> String {
    match error {
        RangeError::Incomplete => validation::range_incomplete(lang).to_owned(),
        RangeError::Backwards => validation::range_backwards(lang).to_owned(),
        RangeError::TooLong(days) => say::too_long(lang, days),
    }
}
