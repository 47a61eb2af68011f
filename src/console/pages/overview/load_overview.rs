//! Loads the overview.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        components::chart::ChartView,
        pages::{
            log::load_chart,
            webhooks::load_list::{LatestView, latest_view},
        },
        server::{dates, disabled_reason, lang, zone},
    },
    domain::{timestamp::Timestamp, webhook::Status},
    messages::{Lang, overview as say, webhooks as of_list},
    services::error::UseCaseError,
    services::webhooks,
    storage::{
        overview::{HELD_MAX, Trouble, WAITING_MAX},
        webhooks::Latest,
    },
};

/// The number of hours that are shown.
const HOURS: u64 = 24;
/// The number of failing and of disabled webhooks that are shown. The list of webhooks shows all of them.
const ROWS: u64 = 6;

/// The state of all webhooks that the viewer may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverviewView {
    /// Whether there is any webhook.
    pub any: bool,
    /// Whether the viewer may add webhooks.
    pub may_write: bool,
    /// The callbacks of the last 24 hours, if there were any.
    pub chart: Option<ChartView>,
    /// The share of succeeded callbacks: "98.7%".
    pub rate: Option<String>,
    /// The number of deliveries that are not finished: "12", "more than 10,000".
    pub waiting: String,
    /// The number of webhooks by status.
    pub by_status: [(Status, String); 3],
    /// The webhooks that need attention.
    pub problems: Vec<ProblemView>,
    /// Whether there are more failing, and more disabled, webhooks than are shown.
    pub more: [(Status, bool); 2],
}

/// A webhook that needs attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemView {
    /// The id of the webhook.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: Status,
    /// Why it needs attention, in sentences.
    pub reasons: Vec<String>,
    /// Its newest callback.
    pub latest: Option<LatestView>,
}

/// Loads the overview.
pub async fn load(app: &AppState, by: &Principal) -> Result<OverviewView, UseCaseError> {
    let (now, zone, lang) = (Timestamp::now(), zone(), lang());
    // The current hour is one of them.
    let from = now.minus(Duration::from_hours(HOURS - 1));
    let mut found = webhooks::overview(app, by, from, ROWS).await?;
    let count = |status| found.standings.get(&status).copied().unwrap_or(0);
    let by_status = [Status::Enabled, Status::Failing, Status::Disabled].map(|status| (status, say::plain(lang, count(status))));
    let (any, failing) = (found.standings.values().any(|count| *count > 0), count(Status::Failing));
    let given_up = found.troubles.iter().filter(|trouble| trouble.disabled_reason.is_some()).count();
    let (succeeded, failed) = found
        .hours
        .iter()
        .fold((0, 0), |sum, hour| (sum.0 + hour.succeeded, sum.1 + hour.failed));
    let problems = found.troubles.iter().map(|trouble| {
        let latest = found.latest.remove(&trouble.id());
        problem_view(trouble, latest, &zone, lang)
    });
    let problems = problems.collect();
    Ok(OverviewView {
        any,
        may_write: by.may(Action::WriteWebhooks, false).is_ok(),
        rate: rate(succeeded.unsigned_abs(), failed.unsigned_abs(), lang),
        chart: (succeeded + failed > 0).then(|| load_chart::hours(found.hours, from, now, &zone, lang)),
        waiting: capped(found.waiting, WAITING_MAX, lang),
        by_status,
        problems,
        more: [
            (Status::Failing, failing > ROWS),
            (Status::Disabled, u64::try_from(given_up).is_ok_and(|shown| shown >= ROWS)),
        ],
    })
}

fn problem_view(trouble: &Trouble, latest: Option<Latest>, zone: &TimeZone, lang: Lang) -> ProblemView {
    let failing = trouble.failing_since().filter(|_| trouble.enabled);
    let since = failing.map(|since| of_list::failing_since(lang, &dates::in_words(since, zone, lang)));
    let held = held(trouble.held(), lang);
    ProblemView {
        id: trouble.id().to_string(),
        name: trouble.name.clone(),
        status: Status::of(trouble.enabled, failing.is_some()),
        reasons: since
            .into_iter()
            .chain(trouble.disabled_reason.clone().map(disabled_reason))
            .chain(held)
            .collect(),
        latest: latest.map(|latest| latest_view(latest, zone, lang)),
    }
}

/// The number of held deliveries in words. `None` if there are none.
pub fn held(count: u64, lang: Lang) -> Option<String> {
    match count {
        0 => None,
        many if many > HELD_MAX => Some(say::held_many(lang, HELD_MAX)),
        some => Some(say::held(lang, some)),
    }
}

fn capped(count: u64, most: u64, lang: Lang) -> String {
    if count > most {
        say::more_than(lang, most)
    } else {
        say::plain(lang, count)
    }
}

/// The share of succeeded callbacks in percent. It is rounded down, so that it is 100% only if nothing failed.
fn rate(succeeded: u64, failed: u64, lang: Lang) -> Option<String> {
    let thousandths = (succeeded * 1_000).checked_div(succeeded + failed)?;
    Some(match (thousandths / 10, thousandths % 10) {
        (whole, 0) => say::rate_whole(lang, whole),
        (whole, tenth) => say::rate_exact(lang, tenth, whole),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_rounded_down() {
        let en = |succeeded, failed| rate(succeeded, failed, Lang::En).unwrap_or_default();
        assert_eq!((en(0, 0), en(5, 0), en(0, 5)), (String::new(), "100%".to_owned(), "0%".to_owned()));
        assert_eq!((en(99_999, 1), en(2, 1)), ("99.9%".to_owned(), "66.6%".to_owned()));
        assert_eq!(rate(2, 1, Lang::Fr).unwrap(), "66,6\u{a0}%");
    }

    #[test]
    fn a_count_has_a_maximum() {
        assert_eq!(capped(10_000, WAITING_MAX, Lang::En), "10,000");
        assert_eq!(capped(10_001, WAITING_MAX, Lang::En), "> 10,000");
    }
}
