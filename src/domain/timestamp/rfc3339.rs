//! Parses and formats `date-time` of RFC 3339, section 5.6. Parsers for ISO 8601 accept more than that: signed years, offsets of 24 hours
//! and more, times without seconds.

use jiff::{SignedDuration, civil::DateTime};

use super::Timestamp;

/// The first and the last timestamp whose year in UTC has four digits. Others have no RFC 3339 form.
const FIRST: i64 = -62_167_219_200_000;
const LAST: i64 = 253_402_300_799_999;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// Formats in UTC with milliseconds. A timestamp out of range is formatted as the nearest one in range.
pub(super) fn write(moment: Timestamp) -> String {
    let since_epoch = SignedDuration::from_millis(moment.0.clamp(FIRST, LAST));
    format!("{:.3}Z", EPOCH.saturating_add(since_epoch))
}

/// Parses the text from left to right.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    /// Parses exactly `count` decimal digits.
    fn number(&mut self, count: usize) -> Option<i16> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |number: i16, digit| {
            digit.is_ascii_digit().then(|| number * 10 + i16::from(digit - b'0'))
        })
    }

    /// Parses one of these characters.
    fn one_of(&mut self, expected: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        expected.contains(first).then_some(*first)
    }

    /// An optional `.` with one or more digits. Returns the milliseconds; further digits are ignored.
    fn fraction(&mut self) -> Option<i64> {
        let Some(rest) = self.0.strip_prefix(b".") else {
            return Some(0);
        };
        let count = rest.iter().take_while(|digit| digit.is_ascii_digit()).count();
        let (digits, rest) = rest.split_at_checked(count)?;
        self.0 = rest;
        let digit = |place: usize| digits.get(place).map_or(0, |digit| i64::from(digit - b'0'));
        (count > 0).then(|| digit(0) * 100 + digit(1) * 10 + digit(2))
    }

    /// `Z`, or hours and minutes with a sign. Returns minutes.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let hours = self.number(2).filter(|hours| *hours < 24)?;
        self.one_of(b":")?;
        let minutes = self.number(2).filter(|minutes| *minutes < 60)?;
        Some(sign * (i64::from(hours) * 60 + i64::from(minutes)))
    }
}

pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let mut reader = Reader(text.as_bytes());
    let year = reader.number(4)?;
    reader.one_of(b"-")?;
    let month = i8::try_from(reader.number(2)?).ok()?;
    reader.one_of(b"-")?;
    let day = i8::try_from(reader.number(2)?).ok()?;
    reader.one_of(b"Tt")?;
    let hour = i8::try_from(reader.number(2)?).ok()?;
    reader.one_of(b":")?;
    let minute = i8::try_from(reader.number(2)?).ok()?;
    reader.one_of(b":")?;
    let second = i8::try_from(reader.number(2)?).ok()?;
    let milliseconds = reader.fraction()?;
    let offset = reader.offset()?;
    if !reader.0.is_empty() {
        return None;
    }
    let is_leap_second = second == 60;
    let local = DateTime::new(year, month, day, hour, minute, if is_leap_second { 59 } else { second }, 0).ok()?;
    let since_epoch = local.duration_since(EPOCH);
    let utc = since_epoch.checked_sub(SignedDuration::from_secs(offset * 60))?;
    // Leap seconds are inserted at the end of a day in UTC (section 5.7).
    if is_leap_second && utc.as_secs().rem_euclid(86_400) != 86_399 {
        return None;
    }
    let moment = utc.as_secs().checked_mul(1_000)?.checked_add(milliseconds)?;
    (FIRST..=LAST).contains(&moment).then_some(Timestamp(moment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rfc3339_form_is_parsed() {
        for (text, utc) in [
            ("2026-11-23T09:00:00Z", "2026-11-23T09:00:00.000Z"),
            ("2026-11-23t09:00:00z", "2026-11-23T09:00:00.000Z"),
            ("2026-11-23T09:00:00.1Z", "2026-11-23T09:00:00.100Z"),
            ("2026-11-23T09:00:00.123456Z", "2026-11-23T09:00:00.123Z"),
            ("2026-11-23T09:00:00.1234567890123456789Z", "2026-11-23T09:00:00.123Z"),
            ("2026-11-23T09:00:00+00:00", "2026-11-23T09:00:00.000Z"),
            ("2026-11-23T09:00:00-00:00", "2026-11-23T09:00:00.000Z"),
            ("2026-11-23T09:00:00+23:59", "2026-11-22T09:01:00.000Z"),
            ("2026-11-23T09:00:00-23:59", "2026-11-24T08:59:00.000Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
            ("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.500Z"),
            ("1990-12-31T15:59:60-08:00", "1990-12-31T23:59:59.000Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(parse(text).map(Timestamp::rfc3339).as_deref(), Some(utc), "{text}");
        }
    }

    #[test]
    fn other_rfc3339_texts_are_rejected() {
        for text in [
            "2026-11-23",
            "2026-11-23T09:00Z",
            "2026-11-23T09Z",
            "2026-11-23T09:00:00",
            "2026-11-23 09:00:00Z",
            "2026-11-23T09:00:00 Z",
            " 2026-11-23T09:00:00Z",
            "2026-11-23T09:00:00Z ",
            "2026-11-23T09:00:00Z[UTC]",
            "2026-11-23T09:00:00.Z",
            "2026-11-23T09:00:00,5Z",
            "2026-11-23T09:00:00+0100",
            "2026-11-23T09:00:00+01",
            "2026-11-23T09:00:00+24:00",
            "2026-11-23T09:00:00+25:00",
            "2026-11-23T09:00:00+01:60",
            "2026-11-23T24:00:00Z",
            "2026-11-23T09:60:00Z",
            "2026-11-23T09:00:61Z",
            "2026-11-23T09:00:60Z",
            "2026-11-23T23:59:60+01:00",
            "2026-00-23T09:00:00Z",
            "2026-13-23T09:00:00Z",
            "2026-02-29T09:00:00Z",
            "2026-11-31T09:00:00Z",
            "2026-11-00T09:00:00Z",
            "20261123T090000Z",
            "26-11-23T09:00:00Z",
            "-000001-01-01T00:00:00Z",
            "+002026-01-01T00:00:00Z",
            "12026-01-01T00:00:00Z",
            "2026-W48-1T00:00:00Z",
            "2026-327T00:00:00Z",
            "２０２６-11-23T09:00:00Z",
            "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "1764000000",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
