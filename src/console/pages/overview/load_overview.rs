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
            overview::{
                checklist::{ChecklistView, load_checklist},
                flows::{FlowsView, flows},
                rankings::{RankingsView, rankings},
                types_chart::{TypesChartView, types_chart},
            },
            webhooks::load_list::{LatestView, latest_view},
        },
        server::{dates, disabled_reason, lang, relative, zone},
    },
    domain::{timestamp::Timestamp, webhook::Status},
    messages::{Lang, overview as say, webhooks as of_list},
    services::error::UseCaseError,
    services::webhooks,
    storage::{
        callback_counts::Figure,
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
    /// The difference of the number of callbacks to the 24 hours before: "▲ 12% callbacks vs the day before".
    pub volume: Option<String>,
    /// The callbacks of these hours by event type. `None` for viewers who see only their own webhooks.
    pub types: Option<TypesChartView>,
    /// The share of succeeded callbacks: "98.7%".
    pub rate: Option<String>,
    /// The difference to the 24 hours before.
    pub change: Option<ChangeView>,
    /// The number of deliveries that are not finished: "12", "more than 10,000".
    pub waiting: String,
    /// How many of them wait for failing webhooks, if any do: "1,320 behind 6 failing webhooks".
    pub waiting_behind: Option<String>,
    /// The number of webhooks by status.
    pub by_status: [(Status, u64); 3],
    /// The webhooks that need attention.
    pub problems: Vec<ProblemView>,
    /// The number of failing webhooks, if there are more than are shown.
    pub more_failing: Option<u64>,
    /// Whether there are more disabled webhooks than are shown.
    pub more_disabled: bool,
    /// Which event types go to which webhooks.
    pub flows: Option<FlowsView>,
    /// The busiest and the slowest webhooks.
    pub rankings: Option<RankingsView>,
    /// The first steps, until all are done.
    pub checklist: Option<ChecklistView>,
}

impl OverviewView {
    /// The number of webhooks with this status.
    pub fn count(&self, status: Status) -> u64 {
        self.by_status.iter().find(|(of, _)| *of == status).map_or(0, |(_, count)| *count)
    }
}

/// A difference between two days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeView {
    /// "▼ 4.1 vs the day before".
    pub text: String,
    /// Whether it became worse.
    pub is_worse: bool,
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
    /// "Failing for 3 d", and the same in a sentence with the time.
    pub failing: Option<(String, String)>,
    /// Why clearhook disabled it, if it did.
    pub disabled_reason: Option<String>,
    /// The number of waiting deliveries in words.
    pub waiting: Option<String>,
    /// In how long it will be disabled if it does not recover, and when.
    pub disabled_on: Option<(String, String)>,
    /// The number of held deliveries in words.
    pub held: Option<String>,
    /// Whether the viewer may send them.
    pub may_send: bool,
    /// Its newest callback.
    pub latest: Option<LatestView>,
}

/// Loads the overview.
pub async fn load(app: &AppState, by: &Principal) -> Result<OverviewView, UseCaseError> {
    let (now, zone, lang) = (Timestamp::now(), zone(), lang());
    // The current hour is one of them. The same hours of the day before are compared with them.
    let from = now.minus(Duration::from_hours(HOURS - 1));
    let before = now.minus(Duration::from_hours(2 * HOURS - 1));
    let (found, checklist) = tokio::try_join!(webhooks::overview(app, by, before, from, ROWS), load_checklist(app, by))?;
    let mut found = found;
    let count = |status| found.standings.get(&status).copied().unwrap_or(0);
    let by_status = [Status::Enabled, Status::Failing, Status::Disabled].map(|status| (status, count(status)));
    let (any, failing) = (found.standings.values().any(|count| *count > 0), count(Status::Failing));
    let given_up = found.troubles.iter().filter(|trouble| trouble.disabled_reason.is_some()).count();
    // The hour of `from` has begun before it.
    let first = load_chart::first_hour(from);
    let (yesterday, today): (Vec<Figure>, Vec<Figure>) = found.hours.into_iter().partition(|hour| hour.at < first);
    let (sums, sums_before) = (sums(&today), sums(&yesterday));
    let flows = flows(&found.recent, &found.names, lang);
    let rankings = rankings(&found.recent, &found.names, &zone, lang);
    let (disable_after, may_send) = (app.dispatcher.disable_after(), by.may(Action::Resend, false).is_ok());
    let problems = found.troubles.iter().map(|trouble| {
        let latest = found.latest.remove(&trouble.id());
        ProblemView {
            may_send,
            ..problem_view(trouble, latest, now, disable_after, &zone, lang)
        }
    });
    Ok(OverviewView {
        any,
        may_write: by.may(Action::WriteWebhooks, false).is_ok(),
        rate: rate(sums, lang),
        change: change(sums, sums_before, lang),
        problems: problems.collect(),
        volume: volume(sums, sums_before, lang),
        types: types_chart(&found.hours_by_type, from, now, &zone, lang),
        chart: (sums.0 + sums.1 > 0).then(|| load_chart::hours(today, from, now, &zone, lang)),
        waiting: capped(found.waiting, WAITING_MAX, lang),
        waiting_behind: found.waiting_for_failing.and_then(|counts| waiting_behind(&counts, lang)),
        by_status,
        more_failing: Some(failing).filter(|failing| *failing > ROWS),
        more_disabled: u64::try_from(given_up).is_ok_and(|shown| shown >= ROWS),
        flows,
        rankings,
        checklist,
    })
}

/// The succeeded and the failed callbacks.
fn sums(hours: &[Figure]) -> (u64, u64) {
    let sum = |of: fn(&Figure) -> i64| hours.iter().map(of).sum::<i64>().unsigned_abs();
    (sum(|hour| hour.succeeded), sum(|hour| hour.failed))
}

/// A span below which seconds would be shown.
const MINUTE: Duration = Duration::from_mins(1);

fn problem_view(
    trouble: &Trouble,
    latest: Option<Latest>,
    now: Timestamp,
    disable_after: Duration,
    zone: &TimeZone,
    lang: Lang,
) -> ProblemView {
    let failing = trouble.failing_since().filter(|_| trouble.enabled);
    let exhausted = trouble.exhausted_since().filter(|_| failing.is_some());
    ProblemView {
        id: trouble.id().to_string(),
        name: trouble.name.clone(),
        status: Status::of(trouble.enabled, failing.is_some()),
        failing: failing.map(|since| {
            let exact = of_list::failing_since(lang, &dates::in_words(since, zone, lang));
            let span = match relative::span(since, now, lang) {
                _ if now.since(since) < MINUTE => say::failing_now(lang).to_owned(),
                span => say::failing_for(lang, &span),
            };
            (span, exact)
        }),
        disabled_reason: trouble.disabled_reason.clone().map(disabled_reason),
        waiting: match trouble.waiting() {
            0 => None,
            many if many > HELD_MAX => Some(say::waiting_many(lang, HELD_MAX)),
            some => Some(say::waiting_short(lang, some)),
        },
        disabled_on: exhausted.and_then(|since| relative::disabled_in(since.plus(disable_after), now, zone, lang)),
        held: held(trouble.held(), lang),
        may_send: false,
        latest: latest.map(|latest| latest_view(latest, now, zone, lang)),
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

/// How many deliveries wait for failing webhooks, of which these are the numbers.
fn waiting_behind(waiting: &[u64], lang: Lang) -> Option<String> {
    let webhooks = waiting.iter().filter(|count| **count > 0).count() as u64;
    let sum = waiting.iter().map(|count| *count.min(&HELD_MAX)).sum();
    let is_more = waiting.iter().any(|count| *count > HELD_MAX);
    match (webhooks, is_more) {
        (0, _) => None,
        (_, true) => Some(say::waiting_behind_more(lang, sum, webhooks)),
        (_, false) => Some(say::waiting_behind(lang, sum, webhooks)),
    }
}

fn capped(count: u64, most: u64, lang: Lang) -> String {
    if count > most {
        say::more_than(lang, most)
    } else {
        say::plain(lang, count)
    }
}

/// The share of succeeded callbacks in thousandths. It is rounded down, so that it is 1,000 only if nothing failed.
fn thousandths((succeeded, failed): (u64, u64)) -> Option<u64> {
    (succeeded * 1_000).checked_div(succeeded + failed)
}

/// The share of succeeded callbacks in percent.
fn rate(sums: (u64, u64), lang: Lang) -> Option<String> {
    let thousandths = thousandths(sums)?;
    Some(match (thousandths / 10, thousandths % 10) {
        (whole, 0) => say::rate_whole(lang, whole),
        (whole, tenth) => say::rate_exact(lang, tenth, whole),
    })
}

/// The difference of the rates of two days, in points of a percent.
fn change(today: (u64, u64), yesterday: (u64, u64), lang: Lang) -> Option<ChangeView> {
    let (today, yesterday) = (thousandths(today)?, thousandths(yesterday)?);
    let by = today.abs_diff(yesterday);
    let (whole, tenth) = (by / 10, by % 10);
    Some(ChangeView {
        text: match today.cmp(&yesterday) {
            std::cmp::Ordering::Less => say::rate_down(lang, tenth, whole),
            std::cmp::Ordering::Equal => say::rate_same(lang).to_owned(),
            std::cmp::Ordering::Greater => say::rate_up(lang, tenth, whole),
        },
        is_worse: today < yesterday,
    })
}

/// The difference of the numbers of callbacks of two days, in percent. `None` without callbacks on the day before.
fn volume(today: (u64, u64), yesterday: (u64, u64), lang: Lang) -> Option<String> {
    let (today, yesterday) = (today.0 + today.1, yesterday.0 + yesterday.1);
    let percent = (today.abs_diff(yesterday) * 100).checked_div(yesterday)?;
    Some(match today.cmp(&yesterday) {
        std::cmp::Ordering::Less => say::volume_down(lang, percent),
        std::cmp::Ordering::Equal => say::volume_same(lang).to_owned(),
        std::cmp::Ordering::Greater => say::volume_up(lang, percent),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_rounded_down() {
        let en = |succeeded, failed| rate((succeeded, failed), Lang::En).unwrap_or_default();
        assert_eq!((en(0, 0), en(5, 0), en(0, 5)), (String::new(), "100%".to_owned(), "0%".to_owned()));
        assert_eq!((en(99_999, 1), en(2, 1)), ("99.9%".to_owned(), "66.6%".to_owned()));
        assert_eq!(rate((2, 1), Lang::Fr).unwrap(), "66,6\u{a0}%");
    }

    #[test]
    fn the_rate_is_compared_with_the_day_before() {
        let en = |today, yesterday| change(today, yesterday, Lang::En).map(|change| (change.text, change.is_worse));
        assert_eq!(en((927, 73), (968, 32)), Some(("▼ 4.1 vs the day before".to_owned(), true)));
        assert_eq!(en((1, 0), (1, 1)), Some(("▲ 50.0 vs the day before".to_owned(), false)));
        assert_eq!(en((2, 2), (1, 1)), Some(("Same as the day before".to_owned(), false)));
        assert_eq!((en((0, 0), (1, 1)), en((1, 1), (0, 0))), (None, None));
    }

    #[test]
    fn the_number_of_callbacks_is_compared_with_the_day_before() {
        let en = |today, yesterday| volume(today, yesterday, Lang::En);
        assert_eq!(en((112, 0), (90, 10)).as_deref(), Some("▲ 12% vs the day before"));
        assert_eq!(en((0, 0), (90, 10)).as_deref(), Some("▼ 100% vs the day before"));
        assert_eq!(en((5, 5), (10, 0)).as_deref(), Some("As many as the day before"));
        assert_eq!(en((5, 5), (0, 0)), None);
    }

    #[test]
    fn it_is_told_how_many_deliveries_wait_for_failing_webhooks() {
        let en = |waiting: &[u64]| waiting_behind(waiting, Lang::En);
        assert_eq!((en(&[]), en(&[0, 0])), (None, None));
        assert_eq!(en(&[0, 1]).as_deref(), Some("1 behind a failing webhook"));
        assert_eq!(en(&[HELD_MAX, 141, 0]).as_deref(), Some("1,141 behind 2 failing webhooks"));
        assert_eq!(en(&[HELD_MAX + 1]).as_deref(), Some("> 1,000 behind a failing webhook"));
        assert_eq!(
            waiting_behind(&[3, 4], Lang::Fr).as_deref(),
            Some("dont 7 pour 2 webhooks en échec")
        );
    }

    #[test]
    fn a_count_has_a_maximum() {
        assert_eq!(capped(10_000, WAITING_MAX, Lang::En), "10,000");
        assert_eq!(capped(10_001, WAITING_MAX, Lang::En), "> 10,000");
    }
}
