//! The range of a log that the query of a page selects.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::{
    console::pages::log::log_query::LogQuery, domain::timestamp::Timestamp, services::webhooks::RANGE_MAX, storage::callbacks::LogFilter,
};

/// The names of the preset ranges.
pub const PRESETS: [&str; 6] = ["1h", "today", "24h", "7d", "30d", "12m"];

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const MINUTE_MS: i64 = 60_000;

/// A range of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The preset. `None` for a custom range.
    pub preset: Option<&'static str>,
    /// The start.
    pub from: Timestamp,
    /// The end.
    pub to: Timestamp,
    /// Whether the range ends in the future, so that it will contain new callbacks.
    pub open_end: bool,
}

/// Why a range cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeError {
    /// A time is missing or cannot be parsed.
    Incomplete,
    /// The end is not after the start.
    Backwards,
    /// The range is longer than a year. Its length in days.
    TooLong(u64),
}

impl Range {
    /// The end as links to parts of the range contain it. The end of a preset is rounded up to a minute.
    pub const fn end(&self) -> Timestamp {
        if self.preset.is_some() {
            Timestamp(self.to.0.div_euclid(MINUTE_MS) * MINUTE_MS + MINUTE_MS)
        } else {
            self.to
        }
    }

    /// The range that a query selects. By default the last 24 hours, or the last 30 days if the newest callback (`latest`) is older than a day.
    pub fn of(query: &LogQuery, latest: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> Result<Self, RangeError> {
        if query.range.is_none() && (query.from.is_some() || query.to.is_some()) {
            // A local time that occurs twice is given in UTC (RFC 3339).
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
        // Whole minutes, so that links to parts of the range are exact.
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

/// The filter for a range and the filters of a query. Filters with unknown values are ignored.
pub fn filter(query: &LogQuery, range: &Range) -> LogFilter {
    LogFilter {
        from: Some(range.from),
        // A preset has no end, because callbacks that are logged while the page is loaded belong to it.
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
    fn the_default_range_contains_the_newest_callback() {
        let usual = |latest: Timestamp| Range::of(&LogQuery::default(), Some(latest), now(), &TimeZone::UTC).unwrap().preset;
        assert_eq!(usual(now().minus(HOUR)), Some("24h"));
        assert_eq!(usual(now().minus(3 * DAY)), Some("30d"));
    }

    #[test]
    fn custom_ranges_are_at_most_a_year_long() {
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
