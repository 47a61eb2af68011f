//! Loads the list of webhooks.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        components::{sparkline::SparklineView, time::TimeView},
        pages::webhooks::load_sparkline::{HOURS, sparkline},
        server::{dates, disabled_reason, lang, pattern_name, time_view, zone},
    },
    domain::{
        callback::Outcome,
        list::{Direction, Sort},
        timestamp::Timestamp,
        webhook::Status,
    },
    messages::{Lang, webhooks as say},
    services::error::UseCaseError,
    services::{event_types, webhooks},
    storage::{
        stats::hour,
        webhooks::{HourCounts, Latest, ListPage, WebhookFilter, WebhookRecord},
    },
};

/// The number of webhooks per page.
const ROWS: u64 = 25;

/// The query of the list. Values that are not valid are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    /// Part of the name, the URL or the description.
    pub q: Option<String>,
    /// Only webhooks that subscribe to this event type.
    pub event: Option<String>,
    /// Only webhooks with this status: `enabled`, `disabled` or `failing`.
    pub status: Option<String>,
    /// The column that orders the list.
    pub sort: Option<String>,
    /// The direction: `asc` or `desc`.
    pub dir: Option<String>,
    /// The number of the page, from 1.
    pub page: Option<String>,
    /// Whether a webhook was just deleted.
    #[serde(skip_serializing)]
    pub deleted: Option<String>,
}

impl ListQuery {
    /// The order of the list. By default by name.
    pub fn order(&self) -> (Sort, Direction) {
        let sort = self.sort.as_deref().and_then(|sort| sort.parse().ok());
        let direction = self.dir.as_deref().and_then(|direction| direction.parse().ok());
        (sort.unwrap_or(Sort::Name), direction.unwrap_or(Direction::Ascending))
    }
}

/// A row of the list.
#[derive(Clone, Debug)]
pub struct RowView {
    /// The webhook.
    pub webhook: WebhookRecord,
    /// The name of its first event type.
    pub event: String,
    /// The number of further event types.
    pub more_events: u32,
    /// The names of all event types.
    pub events: String,
    /// The reason of its status.
    pub reason: Option<String>,
    /// Its newest callback.
    pub latest: Option<LatestView>,
    /// Its last 24 hours, if there was a callback.
    pub sparkline: Option<SparklineView>,
}

/// The newest callback of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatestView {
    /// Whether it succeeded.
    pub succeeded: bool,
    /// The status code.
    pub status: Option<u16>,
    /// The name of the status or of the failure.
    pub response: String,
    /// When it was made.
    pub at: TimeView,
}

/// A page of the list.
#[derive(Clone, Debug)]
pub struct ListView {
    /// The rows.
    pub rows: Vec<RowView>,
    /// The number of webhooks on all pages.
    pub total: u64,
    /// The number of the first row, from 1.
    pub first: u64,
    /// The number of this page, from 1.
    pub page: u64,
    /// The number of pages.
    pub pages: u64,
    /// Whether there is any webhook without the filters.
    pub any: bool,
    /// Whether the viewer may add and change webhooks.
    pub may_write: bool,
}

/// Loads a page of the list.
pub async fn load(app: &AppState, by: &Principal, query: ListQuery) -> Result<ListView, UseCaseError> {
    let (sort, direction) = query.order();
    let asked = ListPage {
        status: query.status.as_deref().and_then(|status| status.parse().ok()),
        page: query.page.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1),
        filter: WebhookFilter {
            event: query.event.as_deref().and_then(|event| event_types::find(app, event).ok()),
            q: query.q,
            ..WebhookFilter::default()
        },
        sort,
        direction,
        rows: ROWS,
    };
    let (now, zone, lang) = (Timestamp::now(), zone(), lang());
    let since = now.minus(Duration::from_hours(HOURS.unsigned_abs()));
    let mut shown = webhooks::shown_page(app, by, asked, since).await?;
    let rows = shown.listed.rows.into_iter().map(|row| {
        let (latest, hours) = (shown.latest.remove(&row.id), shown.hours.remove(&row.id).unwrap_or_default());
        row_view(row, latest, &hours, now, &zone, lang)
    });
    Ok(ListView {
        rows: rows.collect(),
        total: shown.listed.total,
        first: (shown.listed.page - 1) * ROWS + 1,
        page: shown.listed.page,
        pages: shown.listed.total.div_ceil(ROWS).max(1),
        any: shown.any,
        may_write: by.may(Action::WriteWebhooks, false).is_ok(),
    })
}

fn row_view(webhook: WebhookRecord, latest: Option<Latest>, hours: &[HourCounts], now: Timestamp, zone: &TimeZone, lang: Lang) -> RowView {
    let names: Vec<String> = webhook.fields.events.iter().map(|event| pattern_name(event, lang)).collect();
    RowView {
        event: names.first().cloned().unwrap_or_default(),
        more_events: u32::try_from(names.len().saturating_sub(1)).unwrap_or(0),
        events: names.join(", "),
        reason: match (webhook.status(), webhook.failing_since) {
            (Status::Failing, Some(since)) => Some(say::failing_since(lang, &dates::in_words(since, zone, lang))),
            (Status::Disabled, _) => webhook.disabled_reason.clone().map(disabled_reason),
            _ => None,
        },
        latest: latest.map(|latest| latest_view(latest, zone, lang)),
        sparkline: sparkline(hours, hour(now), lang),
        webhook,
    }
}

/// The newest callback of a webhook.
pub fn latest_view(latest: Latest, zone: &TimeZone, lang: Lang) -> LatestView {
    LatestView {
        succeeded: latest.outcome == Outcome::Succeeded,
        status: latest.status,
        response: latest.response,
        at: time_view(latest.at, zone, lang),
    }
}
