//! Loads what the top of a webhook's page says: whether it works, since when not, why, who has to act, and what waits.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        components::{
            heat::{DAYS, HeatView, heat},
            sparkline::SparklineView,
            time::TimeView,
        },
        pages::{
            deliveries::{
                pause_words::{PauseView, pause_view},
                spans::span,
            },
            log::{
                log_query::{LogQuery, log_href},
                verdict::full_verdict,
            },
            webhooks::load_sparkline::sparkline,
        },
        server::{durations::rounded, relative, time_view},
    },
    domain::{callback::Outcome, timestamp::Timestamp, webhook::Status},
    messages::{Lang, overview, webhook as say},
    services::{error::UseCaseError, webhooks},
    storage::{
        callbacks::LogFilter,
        delivery_list::{COUNTED_MAX, DeliveryCounts},
        stats::hour,
        webhooks::WebhookRecord,
    },
};

const HOUR_MS: i64 = 3_600_000;
/// The range of the figures.
const DAY: Duration = Duration::from_hours(24);

/// The summary of a webhook's health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthView {
    /// Its status.
    pub status: Status,
    /// "Every callback has failed for 3 days", if it fails.
    pub failing: Option<String>,
    /// Since when it fails.
    pub since: Option<TimeView>,
    /// "disabled in 2 d unless it recovers", and when.
    pub disabled_in: Option<(String, String)>,
    /// The last callback.
    pub last: Option<LastView>,
    /// Why callbacks pause.
    pub pause: Option<PauseView>,
    /// How many deliveries wait, are held, and have failed.
    pub counts: DeliveryCounts,
    /// "92.7 % of 59 in 24 h", if there was a callback.
    pub rate: Option<String>,
    /// The callbacks of the last 24 hours that failed.
    pub failed_in_day: u64,
    /// "median 45 ms".
    pub median: Option<String>,
    /// The last 24 hours.
    pub sparkline: Option<SparklineView>,
    /// The last 30 days, hour by hour.
    pub heat: Option<HeatView>,
    /// Whether the viewer may send, discard and cancel deliveries.
    pub may_resend: bool,
}

/// The last callback of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastView {
    /// Whether it succeeded.
    pub succeeded: bool,
    /// The status code.
    pub status: Option<u16>,
    /// The name of the response.
    pub response: String,
    /// When it was.
    pub at: TimeView,
    /// How long ago: "12 s".
    pub ago: String,
    /// What it means, if it failed, and who has to act.
    pub verdict: Option<(String, Option<&'static str>)>,
    /// The address of the page with it open.
    pub href: String,
}

/// Loads the summary. `None` if there is nothing to say: no callback was made yet and no delivery waits.
pub(super) async fn health(
    app: &AppState,
    by: &Principal,
    webhook: &WebhookRecord,
    zone: &TimeZone,
    lang: Lang,
) -> Result<Option<HealthView>, UseCaseError> {
    let (id, now) = (webhook.id, Timestamp::now());
    let day = LogFilter {
        from: Some(Timestamp((now.minus(DAY).0).div_euclid(HOUR_MS) * HOUR_MS + HOUR_MS)),
        ..LogFilter::default()
    };
    let since = now.minus(DAY * u32::try_from(DAYS).unwrap_or(u32::MAX));
    let (latest, counts, figures) = tokio::try_join!(
        webhooks::latest_callback(app, by, id),
        webhooks::delivery_counts(app, by, id),
        webhooks::figures(app, by, id, &day, HOUR_MS),
    )?;
    if latest.is_none() && counts == DeliveryCounts::default() {
        return Ok(None);
    }
    let sum = |of: fn(&crate::storage::callback_counts::Figure) -> i64| figures.figures.iter().map(of).sum::<i64>().unsigned_abs();
    let (succeeded, failed) = (sum(|figure| figure.succeeded), sum(|figure| figure.failed));
    let hours: Vec<(i64, u64, u64)> = figures
        .figures
        .iter()
        .map(|figure| (hour(figure.at), figure.succeeded.unsigned_abs(), figure.failed.unsigned_abs()))
        .collect();
    // Only its details tell where a redirect leads, or why a certificate was refused.
    let verdict = match latest.as_ref().filter(|latest| latest.outcome != Outcome::Succeeded) {
        Some(latest) => Some(full_verdict(&webhooks::callback(app, by, latest.id).await?, None, lang)),
        None => None,
    };
    let last = latest.map(|latest| {
        let succeeded = latest.outcome == Outcome::Succeeded;
        LastView {
            succeeded,
            status: latest.status,
            at: time_view(latest.at, zone, lang),
            ago: span(now.since(latest.at), lang),
            verdict: verdict.map(|verdict| (verdict.sentence, verdict.who)),
            href: {
                let callback = Some(latest.id.to_string());
                let query = LogQuery {
                    callback,
                    ..LogQuery::default()
                };
                format!("{}#callback", log_href(&id.to_string(), query))
            },
            response: latest.response,
        }
    });
    Ok(Some(HealthView {
        status: webhook.status(),
        failing: webhook
            .failing_since
            .map(|since| say::failing_for(lang, &span(now.since(since), lang))),
        since: webhook.failing_since.map(|since| time_view(since, zone, lang)),
        disabled_in: webhook
            .exhausted_since
            .filter(|_| webhook.status() == Status::Failing)
            .and_then(|since| relative::disabled_in(since.plus(app.dispatcher.disable_after()), now, zone, lang)),
        last,
        pause: pause_view(app, by, id, counts.waiting, lang).await?,
        counts,
        rate: rate(succeeded, failed, lang),
        failed_in_day: failed,
        median: figures
            .median_ms
            .map(|ms| rounded(ms.round().max(0.0).to_string().parse().unwrap_or(0), lang)),
        sparkline: sparkline(&hours, hour(now), lang),
        heat: app
            .store
            .hours_of(&[id], since)
            .await?
            .get(&id)
            .and_then(|hours| heat(hours, now, zone, lang)),
        may_resend: by.may(Action::Resend, false).is_ok(),
    }))
}

/// The success rate, rounded down to a tenth, so that "100 %" means that nothing failed.
fn rate(succeeded: u64, failed: u64, lang: Lang) -> Option<String> {
    let all = succeeded + failed;
    let tenths = (succeeded * 1_000).checked_div(all)?;
    let rate = if tenths % 10 == 0 {
        overview::rate_whole(lang, tenths / 10)
    } else {
        overview::rate_exact(lang, tenths % 10, tenths / 10)
    };
    Some(say::rate_of(lang, all, &rate))
}

/// A number that was counted up to a maximum: "141", "> 10,000".
pub(super) fn counted(count: u64, lang: Lang) -> String {
    if count > COUNTED_MAX {
        overview::more_than(lang, COUNTED_MAX)
    } else {
        overview::plain(lang, count)
    }
}
