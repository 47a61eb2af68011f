//! Times relative to now, in the largest unit that fits: "12 s", "3 min", "2 h", "3 d".

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::{
    console::server::dates::{in_words, minute},
    domain::timestamp::Timestamp,
    messages::{Lang, common, overview, relative as say},
};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const YEAR: Duration = Duration::from_secs(366 * DAY);

/// A timestamp that a page shows relative to the time at which it was rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgoView {
    /// "3 min".
    pub text: String,
    /// The time as RFC 3339.
    pub datetime: String,
    /// The time in the viewer's zone and in UTC.
    pub exact: String,
}

/// The time between two timestamps in one unit, rounded down: "3 min". A negative one counts as zero.
pub fn span(earlier: Timestamp, later: Timestamp, lang: Lang) -> String {
    match later.since(earlier).as_secs() {
        seconds @ 0..MINUTE => say::seconds(lang, seconds),
        seconds @ MINUTE..HOUR => say::minutes(lang, seconds / MINUTE),
        seconds @ HOUR..DAY => say::hours(lang, seconds / HOUR),
        seconds => say::days(lang, seconds / DAY),
    }
}

/// In how long a webhook will be disabled unless it recovers, and when. `None` if that is more than a year away, which means "never".
pub fn disabled_in(at: Timestamp, now: Timestamp, zone: &TimeZone, lang: Lang) -> Option<(String, String)> {
    (at.since(now) < YEAR).then(|| (overview::disabled_in(lang, &span(now, at, lang)), minute(at, zone, lang)))
}

/// A timestamp before `now`.
pub fn ago_view(at: Timestamp, now: Timestamp, zone: &TimeZone, lang: Lang) -> AgoView {
    let utc = common::utc(lang, &in_words(at, &TimeZone::UTC, lang));
    AgoView {
        text: span(at, now, lang),
        datetime: at.rfc3339(),
        exact: say::exact(lang, &in_words(at, zone, lang), &utc),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_in_the_largest_unit_that_fits() {
        for (seconds, en, fr) in [
            (-5, "0 s", "0\u{a0}s"),
            (0, "0 s", "0\u{a0}s"),
            (59, "59 s", "59\u{a0}s"),
            (60, "1 min", "1\u{a0}min"),
            (3_599, "59 min", "59\u{a0}min"),
            (3_600, "1 h", "1\u{a0}h"),
            (86_399, "23 h", "23\u{a0}h"),
            (86_400 * 3, "3 d", "3\u{a0}j"),
            (86_400 * 1_200, "1,200 d", "1\u{202f}200\u{a0}j"),
        ] {
            let (earlier, later) = (Timestamp(0), Timestamp(seconds * 1_000));
            assert_eq!(
                (span(earlier, later, Lang::En), span(earlier, later, Lang::Fr)),
                (en.to_owned(), fr.to_owned())
            );
        }
    }

    #[test]
    fn a_webhook_that_is_disabled_within_a_year_says_when() {
        let (now, day) = (Timestamp::parse("2026-02-03T08:00:00Z").unwrap(), 86_400_000);
        let said = disabled_in(Timestamp(now.0 + 2 * day), now, &TimeZone::UTC, Lang::En);
        assert_eq!(
            said,
            Some(("disabled in 2 d unless it recovers".to_owned(), "5 Feb 2026, 08:00".to_owned()))
        );
        assert_eq!(disabled_in(Timestamp(now.0 + 400 * day), now, &TimeZone::UTC, Lang::En), None);
    }

    #[test]
    fn the_exact_time_is_in_the_zone_and_in_utc() {
        let (zone, at) = (
            TimeZone::get("Europe/Paris").unwrap(),
            Timestamp::parse("2026-02-03T08:00:09Z").unwrap(),
        );
        let view = ago_view(at, Timestamp(at.0 + 61_000), &zone, Lang::En);
        assert_eq!(
            (view.text.as_str(), view.exact.as_str()),
            ("1 min", "3 Feb 2026, 09:00:09 (3 Feb 2026, 08:00:09 UTC)")
        );
    }
}
