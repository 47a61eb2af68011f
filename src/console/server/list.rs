//! The view of the list of webhooks.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        calls::{LastView, ListQuery, ListView, RowView},
        server::{
            bars::{HOURS, bars},
            dates, disabled_reason, lang, time_view, zone,
        },
    },
    domain::{callback::Outcome, timestamp::Timestamp, webhook::Status},
    messages::{Lang, webhooks as say},
    services::error::UseCaseError,
    services::webhooks,
    storage::{
        stats::hour,
        webhooks::{HourCounts, Latest, ListPage, ListRow, WebhookFilter, WebhookRecord},
    },
};

/// Webhooks on a page.
const ROWS: u64 = 25;

/// A page of the list.
pub async fn page(app: &AppState, by: &Principal, query: ListQuery) -> Result<ListView, UseCaseError> {
    let (sort, direction) = query.order();
    let asked = ListPage {
        status: query.status.as_deref().and_then(|status| status.parse().ok()),
        page: query.page.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1),
        filter: WebhookFilter {
            event: query.event.as_deref().and_then(|event| event.parse().ok()),
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

/// Failing means: enabled, and nothing but failures since the last success.
pub const fn status(webhook: &WebhookRecord) -> Status {
    Status::of(webhook.enabled, webhook.failing_since.is_some())
}

fn row_view(row: ListRow, latest: Option<Latest>, hours: &[HourCounts], now: Timestamp, zone: &TimeZone, lang: Lang) -> RowView {
    let names: Vec<&str> = row.events.iter().map(|event| event.name_in(lang)).collect();
    RowView {
        id: row.id.to_string(),
        event: names.first().copied().unwrap_or_default().to_owned(),
        more_events: u32::try_from(names.len().saturating_sub(1)).unwrap_or(0),
        events: names.join(", "),
        name: row.name,
        url: row.url,
        description: row.description,
        reason: match (row.status, row.failing_since) {
            (Status::Failing, Some(since)) => Some(say::failing_since(lang, &dates::in_words(since, zone, lang))),
            (Status::Disabled, _) => row.disabled_reason.map(disabled_reason),
            _ => None,
        },
        status: row.status,
        last: latest.map(|latest| last_view(latest, zone, lang)),
        bars: bars(hours, hour(now), lang),
    }
}

/// The newest callback of a webhook.
pub(super) fn last_view(latest: Latest, zone: &TimeZone, lang: Lang) -> LastView {
    LastView {
        succeeded: latest.outcome == Outcome::Succeeded,
        status: latest.status,
        response: latest.response,
        at: time_view(latest.at, zone, lang),
    }
}
