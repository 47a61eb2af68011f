//! Dates and times as text. The server formats them, so that the browser needs no calendar data.

use jiff::tz::TimeZone;

use crate::{
    domain::timestamp::Timestamp,
    messages::{Lang, common},
};

/// A timestamp as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeView {
    /// The time in the viewer's zone.
    pub text: String,
    /// The time as RFC 3339.
    pub datetime: String,
    /// The time in UTC.
    pub utc: String,
}

/// "23 Nov, 14:02:11" in the given zone, with the year if it is not that of `now`.
fn without_this_year(at: Timestamp, now: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let local = at.in_zone(zone);
    if local.year() == now.in_zone(zone).year() {
        format!("{}, {}", month_day(at, zone, lang), local.strftime("%H:%M:%S"))
    } else {
        in_words(at, zone, lang)
    }
}

/// The value of a field of the type `datetime-local`, from the query of the page. Empty if it is not a time: a browser would empty the field as well,
/// and write a warning.
pub fn field_value(given: Option<String>) -> String {
    let is_time = |text: &String| text.parse::<jiff::civil::DateTime>().is_ok();
    given.filter(is_time).unwrap_or_default()
}

/// "23 Nov 2026, 14:02:11" in the given zone.
pub fn in_words(at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    written(at, zone, lang, "%H:%M:%S")
}

/// "23 Nov 2026, 14:02"; with seconds only if they are not zero.
pub fn minute(at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    written(at, zone, lang, precision(at))
}

/// "14:02"; with seconds only if they are not zero.
pub fn time_of_day(at: Timestamp, zone: &TimeZone) -> String {
    at.in_zone(zone).strftime(precision(at)).to_string()
}

const fn precision(at: Timestamp) -> &'static str {
    if at.0 % 60_000 == 0 { "%H:%M" } else { "%H:%M:%S" }
}

fn written(at: Timestamp, zone: &TimeZone, lang: Lang, time: &str) -> String {
    let local = at.in_zone(zone);
    let month = usize::from(local.month().unsigned_abs()).saturating_sub(1);
    let month = common::months(lang).split(' ').nth(month).unwrap_or_default();
    format!("{} {month} {}, {}", local.day(), local.year(), local.strftime(time))
}

/// The day of a log: "Today", "Yesterday", "Fri 27 Nov", "Fri 27 Nov 2025".
pub fn day(at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let (date, today) = (at.in_zone(zone).date(), Timestamp::now().in_zone(zone).date());
    if date == today {
        return common::today(lang).to_owned();
    }
    if date.tomorrow().is_ok_and(|next| next == today) {
        return common::yesterday(lang).to_owned();
    }
    let text = short_day(at, zone, lang);
    if date.year() == today.year() {
        text
    } else {
        format!("{text} {}", date.year())
    }
}

/// "Fri 27 Nov".
pub fn short_day(at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    format!("{} {}", weekday(at, zone, lang), month_day(at, zone, lang))
}

/// "Fri 14:02"; with seconds only if they are not zero.
pub fn weekday_time(at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    format!("{} {}", weekday(at, zone, lang), time_of_day(at, zone))
}

fn weekday(at: Timestamp, zone: &TimeZone, lang: Lang) -> &'static str {
    let number = at.in_zone(zone).weekday().to_monday_zero_offset().unsigned_abs();
    common::weekdays(lang).split(' ').nth(usize::from(number)).unwrap_or_default()
}

/// "27 Nov".
pub fn month_day(at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let local = at.in_zone(zone);
    let month = usize::from(local.month().unsigned_abs()).saturating_sub(1);
    let month = common::months(lang).split(' ').nth(month).unwrap_or_default();
    format!("{} {month}", local.day())
}

/// "23 Nov 2026, 14:02:11.213" in the given zone.
pub fn to_the_millisecond(at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    format!("{}.{:03}", in_words(at, zone, lang), at.0.rem_euclid(1_000))
}

/// A moment as pages show it: without the year if it is the present one. The time in UTC has it.
pub fn time_view(at: Timestamp, zone: &TimeZone, lang: Lang) -> TimeView {
    TimeView {
        text: without_this_year(at, Timestamp::now(), zone, lang),
        datetime: at.rfc3339(),
        utc: common::utc(lang, &in_words(at, &TimeZone::UTC, lang)),
    }
}

/// A moment in a table: of today only the time, which its tooltip completes. In a sentence ("since 14:02") [`time_view`] is better.
pub fn cell_view(at: Timestamp, zone: &TimeZone, lang: Lang) -> TimeView {
    TimeView {
        text: without_today(at, Timestamp::now(), zone, lang),
        ..time_view(at, zone, lang)
    }
}

/// "14:02:11" in the given zone, with the day if it is not that of `now`.
fn without_today(at: Timestamp, now: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let local = at.in_zone(zone);
    if local.date() == now.in_zone(zone).date() {
        local.strftime("%H:%M:%S").to_string()
    } else {
        without_this_year(at, now, zone, lang)
    }
}

/// The day of a moment, without the year if it is the present one. The time in UTC is exact.
pub fn date_view(at: Timestamp, zone: &TimeZone, lang: Lang) -> TimeView {
    TimeView {
        text: date(at, Timestamp::now(), zone, lang),
        ..time_view(at, zone, lang)
    }
}

/// "23 Nov" in the given zone, with the year if it is not that of `now`.
fn date(at: Timestamp, now: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let (day, year) = (month_day(at, zone, lang), at.in_zone(zone).year());
    if year == now.in_zone(zone).year() {
        day
    } else {
        format!("{day} {year}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_the_zone_and_the_language() {
        let (zone, at) = (
            TimeZone::get("Europe/Paris").unwrap(),
            Timestamp::parse("2026-02-03T08:00:09Z").unwrap(),
        );
        assert_eq!(in_words(at, &zone, Lang::En), "3 Feb 2026, 09:00:09");
        assert_eq!(in_words(at, &zone, Lang::Fr), "3 févr. 2026, 09:00:09");
        assert_eq!(minute(Timestamp(at.0 - 9_000), &zone, Lang::En), "3 Feb 2026, 09:00");
        assert_eq!(time_of_day(at, &zone), "09:00:09");
        let (this_year, next_year) = (Timestamp(at.0 + 86_400_000), Timestamp::parse("2027-01-01T00:00:00Z").unwrap());
        assert_eq!(without_this_year(at, this_year, &zone, Lang::En), "3 Feb, 09:00:09");
        assert_eq!(without_this_year(at, next_year, &zone, Lang::Fr), "3 févr. 2026, 09:00:09");
        let (evening, night) = (Timestamp(at.0 + 13 * 3_600_000), Timestamp(at.0 + 15 * 3_600_000));
        assert_eq!(without_today(at, evening, &zone, Lang::En), "09:00:09");
        assert_eq!(without_today(at, night, &zone, Lang::En), "3 Feb, 09:00:09");
        assert_eq!(without_today(at, next_year, &zone, Lang::Fr), "3 févr. 2026, 09:00:09");
        assert_eq!(time_view(at, &zone, Lang::Fr).utc, "3 févr. 2026, 08:00:09 UTC");
        assert_eq!(date(at, this_year, &zone, Lang::En), "3 Feb");
        assert_eq!(date(at, next_year, &zone, Lang::Fr), "3 févr. 2026");
        assert_eq!(date_view(at, &zone, Lang::En).utc, "3 Feb 2026, 08:00:09 UTC");
    }
}
