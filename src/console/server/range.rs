//! The range of a log that an address asks for.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::{console::calls::LogQuery, domain::timestamp::Timestamp, services::webhooks::RANGE_MAX, storage::callbacks::LogFilter};

/// The ranges that have a name.
pub const PRESETS: [&str; 6] = ["1h", "today", "24h", "7d", "30d", "12m"];

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const MINUTE_MS: i64 = 60_000;

/// A range of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The preset in force; `None` when the range was chosen.
    pub preset: Option<&'static str>,
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// Whether it goes on into the future: what arrives while the page is open belongs to it.
    pub open_end: bool,
}

/// Why a range cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeError {
    /// A time is missing or is none.
    Incomplete,
    /// The end is not after the beginning.
    Backwards,
    /// Longer than a year: so many days.
    TooLong(u64),
}

impl Range {
    /// Its end as the address says it: that of a preset is the end of this minute.
    pub const fn end(&self) -> Timestamp {
        if self.preset.is_some() {
            Timestamp(self.to.0.div_euclid(MINUTE_MS) * MINUTE_MS + MINUTE_MS)
        } else {
            self.to
        }
    }

    /// The range that the address asks for. Without one: the last day, or the last month when the newest callback is older.
    pub fn of(query: &LogQuery, latest: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> Result<Self, RangeError> {
        if query.range.is_none() && (query.from.is_some() || query.to.is_some()) {
            // In UTC (RFC 3339) where the clock shows a time twice.
            let moment = |text: &Option<String>| {
                let text = text.as_deref().unwrap_or_default();
                Timestamp::parse_local(text, zone).or_else(|_| Timestamp::parse(text))
            };
            let (Ok(from), Ok(to)) = (moment(&query.from), moment(&query.to)) else {
                return Err(RangeError::Incomplete);
            };
            return Self::chosen(from, to, now);
        }
        let usual = if latest.is_some_and(|latest| now.since(latest) > DAY) {
            "30d"
        } else {
            "24h"
        };
        // Whole minutes, so that the address of a part of it says all.
        let before = |span: Duration| Timestamp((now.minus(span).0 + MINUTE_MS - 1).div_euclid(MINUTE_MS) * MINUTE_MS);
        let (preset, from) = match query.range.as_deref().unwrap_or(usual) {
            "1h" => ("1h", before(HOUR)),
            "today" => ("today", now.day_begins(zone)),
            "7d" => ("7d", before(7 * DAY)),
            "30d" => ("30d", before(30 * DAY)),
            "12m" => ("12m", before(RANGE_MAX)),
            _ => ("24h", before(DAY)),
        };
        Ok(Self {
            preset: Some(preset),
            from,
            to: now,
            open_end: true,
        })
    }

    fn chosen(from: Timestamp, to: Timestamp, now: Timestamp) -> Result<Self, RangeError> {
        if from >= to {
            return Err(RangeError::Backwards);
        }
        let length = to.since(from);
        if length > RANGE_MAX {
            return Err(RangeError::TooLong(length.as_secs().div_ceil(DAY.as_secs())));
        }
        Ok(Self {
            preset: None,
            from,
            to,
            open_end: to > now,
        })
    }
}

/// What the address shows of a range. What it asks for that there is not is left out.
pub fn filter(query: &LogQuery, range: &Range) -> LogFilter {
    LogFilter {
        from: Some(range.from),
        // A preset's end moves on with the clock, also while what is asked for is being read.
        to: Some(range.to).filter(|_| range.preset.is_none()),
        response: query.response.as_deref().and_then(|response| response.parse().ok()),
        event: query.event.as_deref().and_then(|event| event.parse().ok()),
        ..LogFilter::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: Option<&str>, from: Option<&str>, to: Option<&str>) -> LogQuery {
        let text = |given: Option<&str>| given.map(str::to_owned);
        LogQuery {
            range: text(range),
            from: text(from),
            to: text(to),
            ..LogQuery::default()
        }
    }

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-24T12:00:00Z").unwrap()
    }

    #[test]
    fn presets_end_now_and_have_their_length() {
        let zone = TimeZone::get("Asia/Kolkata").unwrap();
        for (preset, hours) in [("1h", 1), ("24h", 24), ("7d", 168), ("30d", 720), ("12m", 366 * 24)] {
            let range = Range::of(&asked(Some(preset), None, None), None, now(), &zone).unwrap();
            assert_eq!(
                (range.preset, range.to.since(range.from)),
                (Some(preset), Duration::from_hours(hours))
            );
            assert!(range.open_end);
        }
        let today = Range::of(&asked(Some("today"), None, None), None, now(), &zone).unwrap();
        assert_eq!(today.from.rfc3339(), "2026-11-23T18:30:00.000Z");
    }

    #[test]
    fn without_a_range_the_newest_callback_is_in_it() {
        let usual = |latest: Timestamp| Range::of(&LogQuery::default(), Some(latest), now(), &TimeZone::UTC).unwrap().preset;
        assert_eq!(usual(now().minus(HOUR)), Some("24h"));
        assert_eq!(usual(now().minus(3 * DAY)), Some("30d"));
    }

    #[test]
    fn chosen_ranges_have_a_length_of_a_year_at_most() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let of = |from, to| Range::of(&asked(None, Some(from), Some(to)), None, now(), &zone);
        let range = of("2026-11-23T09:00", "2026-11-24T09:00").unwrap();
        assert_eq!(
            (range.preset, range.open_end, range.from.rfc3339().as_str()),
            (None, false, "2026-11-23T08:00:00.000Z")
        );
        assert!(of("2026-11-23T09:00", "2026-11-25T09:00").unwrap().open_end);
        assert_eq!(of("2026-11-24T09:00", "2026-11-24T09:00"), Err(RangeError::Backwards));
        assert_eq!(of("2025-01-01T00:00", "2026-01-03T00:00"), Err(RangeError::TooLong(367)));
        assert_eq!(of("soon", "2026-01-03T00:00"), Err(RangeError::Incomplete));
        assert_eq!(
            Range::of(&asked(None, Some("2026-01-03T00:00"), None), None, now(), &zone),
            Err(RangeError::Incomplete)
        );
    }
}
