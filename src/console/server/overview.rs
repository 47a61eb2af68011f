//! The view of the overview.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        calls::{OverviewView, TroubleView},
        server::{chart, dates, disabled_reason, lang, list::last_view, zone},
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

/// Hours that are shown.
const HOURS: u64 = 24;
/// Webhooks that are shown of each trouble; the list of webhooks shows all.
const ROWS: u64 = 6;

/// How everything fares.
pub async fn view(app: &AppState, by: &Principal) -> Result<OverviewView, UseCaseError> {
    let (now, zone, lang) = (Timestamp::now(), zone(), lang());
    // The hour that is not over yet is one of them.
    let from = now.minus(Duration::from_hours(HOURS - 1));
    let mut found = webhooks::overview(app, by, from, ROWS).await?;
    let count = |status| found.standings.get(&status).copied().unwrap_or(0);
    let standings = [Status::Enabled, Status::Failing, Status::Disabled].map(|status| (status, say::plain(lang, count(status))));
    let (any, failing) = (found.standings.values().any(|count| *count > 0), count(Status::Failing));
    let given_up = found.troubles.iter().filter(|trouble| trouble.disabled_reason.is_some()).count();
    let (succeeded, failed) = found
        .hours
        .iter()
        .fold((0, 0), |sum, hour| (sum.0 + hour.succeeded, sum.1 + hour.failed));
    let troubles = found.troubles.iter().map(|trouble| {
        let latest = found.latest.remove(&trouble.id());
        trouble_view(trouble, latest, &zone, lang)
    });
    let troubles = troubles.collect();
    Ok(OverviewView {
        any,
        may_write: by.may(Action::WriteWebhooks, false).is_ok(),
        rate: rate(succeeded.unsigned_abs(), failed.unsigned_abs(), lang),
        chart: (succeeded + failed > 0).then(|| chart::hours(found.hours, from, now, &zone, lang)),
        waiting: capped(found.waiting, WAITING_MAX, lang),
        standings,
        troubles,
        more: [
            (Status::Failing, failing > ROWS),
            (Status::Disabled, u64::try_from(given_up).is_ok_and(|shown| shown >= ROWS)),
        ],
    })
}

fn trouble_view(trouble: &Trouble, latest: Option<Latest>, zone: &TimeZone, lang: Lang) -> TroubleView {
    let failing = trouble.failing_since().filter(|_| trouble.enabled);
    let since = failing.map(|since| of_list::failing_since(lang, &dates::in_words(since, zone, lang)));
    let held = held(trouble.held(), lang);
    TroubleView {
        id: trouble.id().to_string(),
        name: trouble.name.clone(),
        status: Status::of(trouble.enabled, failing.is_some()),
        why: since
            .into_iter()
            .chain(trouble.disabled_reason.clone().map(disabled_reason))
            .chain(held)
            .collect(),
        last: latest.map(|latest| last_view(latest, zone, lang)),
    }
}

/// How many deliveries are held, in words; none when there are none.
pub(super) fn held(count: u64, lang: Lang) -> Option<String> {
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

/// How many of a hundred succeeded. Rounded down: only when nothing failed, all succeeded.
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
    fn a_rate_is_never_better_than_it_is() {
        let en = |succeeded, failed| rate(succeeded, failed, Lang::En).unwrap_or_default();
        assert_eq!((en(0, 0), en(5, 0), en(0, 5)), (String::new(), "100%".to_owned(), "0%".to_owned()));
        assert_eq!((en(99_999, 1), en(2, 1)), ("99.9%".to_owned(), "66.6%".to_owned()));
        assert_eq!(rate(2, 1, Lang::Fr).unwrap(), "66,6\u{a0}%");
    }

    #[test]
    fn too_many_are_not_counted() {
        assert_eq!(capped(10_000, WAITING_MAX, Lang::En), "10,000");
        assert_eq!(capped(10_001, WAITING_MAX, Lang::En), "> 10,000");
    }
}
