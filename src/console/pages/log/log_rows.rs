//! The rows of the log of a webhook.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        components::{icon, time::TimeView},
        pages::log::log_urls::LogUrls,
        server::{
            cell_view,
            dates::day,
            durations::{bar, rounded},
            time_view, type_name,
        },
    },
    domain::{
        callback::{Outcome, Trigger},
        id::{DeliveryId, EventId},
        timestamp::Timestamp,
    },
    messages::{Lang, logs as say},
    services::error::UseCaseError,
    storage::{callbacks::CallbackRecord, log::LogPage, webhooks::WebhookRecord},
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
    /// The subject of the event.
    pub subject: Option<String>,
    /// The id of the event, which stands for an event without a subject.
    pub event_id: String,
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
    /// The length of its bar, in percent.
    pub duration_bar: String,
    /// The id.
    pub id: String,
    /// The time without the date.
    pub time: TimeView,
    /// The day, if the row is the first one of its day.
    pub day: Option<String>,
    /// "Test", "Retry 2" or "Sent again".
    pub mark: Option<String>,
    /// Whether the URL differs from the present one of the webhook.
    pub is_old_url: bool,
    /// The page with the dialog that sends everything again that failed since this callback. `None` if the viewer may not.
    pub since_this: Option<String>,
    /// Whether it is the open callback.
    pub is_open: bool,
}

/// What the rows of a page need of other tables.
#[derive(Default)]
pub(super) struct RowContext {
    subjects: HashMap<EventId, String>,
    /// When the deliveries were created, if the viewer may send again everything that failed since one of them.
    created: HashMap<DeliveryId, Timestamp>,
}

impl RowContext {
    /// Loads it for a page.
    pub(super) async fn load(app: &AppState, by: &Principal, page: &LogPage) -> Result<Self, UseCaseError> {
        let may = by.may(Action::Resend, false).is_ok();
        let (subjects, created) = tokio::try_join!(
            app.store.subjects_of(page.rows.iter().map(|row| row.event)),
            app.store
                .deliveries_created(page.rows.iter().filter(|_| may).map(|row| row.delivery)),
        )?;
        Ok(Self { subjects, created })
    }
}

/// The rows of a page. The first row of each day has the day.
pub(super) fn rows(
    (page, context): (&LogPage, &RowContext),
    webhook: &WebhookRecord,
    urls: &LogUrls<'_>,
    open: Option<&str>,
    zone: &TimeZone,
    lang: Lang,
) -> Vec<CallbackRow> {
    let mut before = None;
    let row = |record: &CallbackRecord| {
        let id = record.id.to_string();
        let date = record.at.in_zone(zone).date();
        let is_new_day = before.replace(date) != Some(date);
        CallbackRow {
            day: is_new_day.then(|| day(record.at, zone, lang)),
            is_old_url: record.url != webhook.fields.url,
            since_this: context.created.get(&record.delivery).map(|at| urls.send_again_since(*at)),
            is_open: open == Some(id.as_str()),
            subject: context.subjects.get(&record.event).cloned(),
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

/// A row with a link to `href`.
pub fn row(record: &CallbackRecord, href: String, zone: &TimeZone, lang: Lang) -> CallbackRow {
    CallbackRow {
        href,
        at: cell_view(record.at, zone, lang),
        event: type_name(&record.event_type, lang),
        subject: None,
        event_id: record.event.to_string(),
        icon: icon::of_event(record.event_type.as_str()),
        url: record.url.clone(),
        succeeded: record.outcome == Outcome::Succeeded,
        status: record.status,
        response: record.response.clone(),
        attempt: record.attempt,
        duration: rounded(record.duration_ms.unsigned_abs(), lang),
        duration_bar: bar(record.duration_ms.unsigned_abs()),
        id: record.id.to_string(),
        time: TimeView {
            text: record.at.in_zone(zone).strftime("%H:%M:%S").to_string(),
            ..time_view(record.at, zone, lang)
        },
        day: None,
        mark: mark(record, lang),
        is_old_url: false,
        since_this: None,
        is_open: false,
    }
}
