//! Timestamps in milliseconds, the precision of the database and the API.

mod rfc3339;

use std::{fmt, time::Duration};

use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};
use thiserror::Error;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// The smallest difference between a clock and its expected time that counts as a jump. It is larger than gradual corrections (NTP slewing).
pub const JUMP_MIN: Duration = Duration::from_secs(2);

/// The text is not a valid time.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("this is not a time such as 2026-11-23T09:00:00Z (RFC 3339)")]
pub struct InvalidTimestamp;

impl Timestamp {
    /// The current time of the system clock.
    pub fn now() -> Self {
        #[cfg(feature = "test-support")]
        if let Some(now) = super::simulated::clock() {
            return Self(now);
        }
        Self(jiff::Timestamp::now().as_millisecond())
    }

    /// Parses RFC 3339 (`date-time` of section 5.6) with any offset. A leap second counts as the second before it.
    pub fn parse(text: &str) -> Result<Self, InvalidTimestamp> {
        rfc3339::parse(text).ok_or(InvalidTimestamp)
    }

    /// Parses the value of an `<input type="datetime-local">` (`2026-11-23T09:00`), in the given time zone.
    pub fn parse_local(text: &str, zone: &TimeZone) -> Result<Self, InvalidTimestamp> {
        let local: jiff::civil::DateTime = text.parse().map_err(|_| InvalidTimestamp)?;
        let zoned = local.to_zoned_datetime(zone.clone()).map_err(|_| InvalidTimestamp)?;
        Ok(Self(zoned.timestamp().as_millisecond()))
    }

    /// Parses the value of an `<input type="date">` (`2027-01-31`), and returns the end of that day in the given time zone.
    pub fn end_of_day(text: &str, zone: &TimeZone) -> Result<Self, InvalidTimestamp> {
        let day: jiff::civil::Date = text.parse().map_err(|_| InvalidTimestamp)?;
        let next = day.tomorrow().map_err(|_| InvalidTimestamp)?;
        let zoned = next.at(0, 0, 0, 0).to_zoned_datetime(zone.clone()).map_err(|_| InvalidTimestamp)?;
        Ok(Self(zoned.timestamp().as_millisecond()))
    }

    /// Formats as RFC 3339, in UTC, with milliseconds.
    pub fn rfc3339(self) -> String {
        rfc3339::write(self)
    }

    /// Unix time in seconds, for the header `webhook-timestamp`.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Date and time in the given time zone.
    pub fn in_zone(self, zone: &TimeZone) -> jiff::ZonedDateTime {
        self.jiff().to_zoned_datetime(zone.clone())
    }

    /// The start of the day in the given time zone.
    #[must_use]
    pub fn day_begins(self, zone: &TimeZone) -> Self {
        let day = self.jiff().to_zoned_datetime(zone.clone()).start_of_day();
        day.map_or(self, |begin| Self(begin.timestamp().as_millisecond()))
    }

    /// Adds a duration (saturating).
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(millis(span)))
    }

    /// Subtracts a duration (saturating).
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(millis(span)))
    }

    /// The duration since an earlier timestamp, or zero if that is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    fn jiff(self) -> jiff::Timestamp {
        let edge = if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(edge)
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

impl schemars::JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time", "examples": ["2026-11-23T09:00:00.000Z"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_ends_when_the_next_begins() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        assert_eq!(
            Timestamp::end_of_day("2027-01-31", &paris).unwrap().rfc3339(),
            "2027-01-31T23:00:00.000Z"
        );
        for bad in ["", "31.1.2027", "2027-02-30", "9999-12-31"] {
            assert!(Timestamp::end_of_day(bad, &paris).is_err(), "{bad}");
        }
    }

    #[test]
    fn timestamp_is_shown_in_utc_with_milliseconds() {
        let moment = Timestamp::parse("2026-11-23T10:00:00.5+01:00").unwrap();
        assert_eq!(moment.rfc3339(), "2026-11-23T09:00:00.500Z");
        assert_eq!(Timestamp(0).rfc3339(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn local_time_is_read_in_its_zone() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let moment = Timestamp::parse_local("2026-11-23T09:00", &zone).unwrap();
        assert_eq!(moment.rfc3339(), "2026-11-23T08:00:00.000Z");
    }

    #[test]
    fn malformed_time_is_rejected() {
        for bad in ["", "yesterday", "2026-13-01T00:00:00Z", "2026-11-23T09:00"] {
            assert!(Timestamp::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn extreme_timestamps_do_not_panic() {
        assert!(Timestamp(i64::MAX).rfc3339().starts_with("9999"));
        assert_eq!(Timestamp(5).since(Timestamp(9)), Duration::ZERO);
    }
}
