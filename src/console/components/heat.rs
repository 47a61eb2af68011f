//! The hours of the last 30 days as a strip of small cells: a column for each day, a row for each hour. A mark below a day says that callbacks failed
//! on it, for people who cannot distinguish the colours of its cells.

use std::fmt::Write;

use jiff::tz::TimeZone;
use leptos::prelude::*;

use crate::{
    console::viewer::lang,
    domain::timestamp::Timestamp,
    messages::{Lang, webhook as say},
    storage::webhooks::HourCounts,
};

/// The number of days, with today.
pub(in crate::console) const DAYS: usize = 30;
const HOURS: usize = 24;
const HOUR_MS: i64 = 3_600_000;
/// The number of shades of hours without a failure.
const SHADES: usize = 4;

/// The strip as one path for each colour, drawn by the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeatView {
    /// Hours without a failure, from few callbacks to many.
    succeeded: [String; SHADES],
    /// Hours in which some callbacks failed.
    some_failed: String,
    /// Hours in which at least half of the callbacks failed.
    most_failed: String,
    /// The marks below days with failed callbacks.
    failed_days: String,
    /// The sums in words.
    label: String,
}

/// The strip of the hours up to `now`, in the viewer's zone. `None` if there was no callback.
pub(in crate::console) fn heat(counts: &[HourCounts], now: Timestamp, zone: &TimeZone, lang: Lang) -> Option<HeatView> {
    let today = now.in_zone(zone).date();
    let mut cells = [[(0, 0); HOURS]; DAYS];
    for (hour, succeeded, failed) in counts {
        let at = Timestamp(hour * HOUR_MS).in_zone(zone);
        let back = at.date().until(today).map_or(-1, |span| span.get_days());
        let day = usize::try_from(back).ok().and_then(|back| (DAYS - 1).checked_sub(back));
        let row = usize::from(at.hour().unsigned_abs());
        // When clocks are set back, two hours have the same name.
        if let Some(cell) = day.and_then(|day| cells[day].get_mut(row)) {
            *cell = (cell.0 + succeeded, cell.1 + failed);
        }
    }
    let all = || cells.iter().flatten();
    let highest = all()
        .map(|(succeeded, failed)| succeeded + failed)
        .max()
        .filter(|highest| *highest > 0)?;
    let (mut succeeded, mut some_failed, mut most_failed) = ([const { String::new() }; SHADES], String::new(), String::new());
    for (day, hours) in cells.iter().enumerate() {
        for (row, (good, bad)) in hours.iter().enumerate() {
            let path = match (good, bad) {
                (0, 0) => continue,
                (good, 0) => &mut succeeded[shade(*good, highest)],
                (good, bad) if bad >= good => &mut most_failed,
                _ => &mut some_failed,
            };
            // Writing to a `String` cannot fail.
            let _ = write!(path, "M{day} {row}h.8v.8h-.8z");
        }
    }
    let mut failed_days = String::new();
    for (day, hours) in cells.iter().enumerate() {
        if hours.iter().any(|(_, bad)| *bad > 0) {
            // Writing to a `String` cannot fail.
            let _ = write!(failed_days, "M{day} 25h.8v2h-.8z");
        }
    }
    let sum = |of: fn(&(u64, u64)) -> u64| all().map(of).sum::<u64>();
    Some(HeatView {
        succeeded,
        some_failed,
        most_failed,
        failed_days,
        label: say::heat(lang, sum(|(good, bad)| good + bad), sum(|(_, bad)| *bad)),
    })
}

/// The shade of a number of callbacks. The scale is that of square roots, so that one busy hour does not make the others pale.
fn shade(count: u64, highest: u64) -> usize {
    let of = count.saturating_mul((SHADES * SHADES) as u64) / highest;
    usize::try_from(of.isqrt()).unwrap_or(SHADES).min(SHADES - 1)
}

/// A column for each day, so that days without callbacks are seen as such.
fn base() -> String {
    let mut path = String::new();
    for day in 0..DAYS {
        // Writing to a `String` cannot fail.
        let _ = write!(path, "M{day} 0h.8v24h-.8z");
    }
    path
}

/// The strip, a link to the log of these days. Its sums are in its label.
#[component]
pub(in crate::console) fn Heat(
    /// The data.
    heat: HeatView,
    /// The address of the log of these days.
    href: String,
) -> impl IntoView {
    let shades = heat.succeeded.into_iter().zip(["s1", "s2", "s3", "s4"]);
    let shades = shades
        .filter(|(path, _)| !path.is_empty())
        .map(|(path, class)| view! { <path class=class d=path /> });
    view! {
        <a class="heat" href=href aria-label=heat.label.clone() title=heat.label>
            <svg viewBox="0 0 30 27" width="120" height="54" preserveAspectRatio="none" aria-hidden="true">
                <path class="base" d=base() />
                {shades.collect_view()}
                <path class="some" d=heat.some_failed />
                <path class="most" d=heat.most_failed />
                <path class="failed-days" d=heat.failed_days />
            </svg>
            <span aria-hidden="true">{say::heat_days(lang())}</span>
        </a>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> (Timestamp, i64) {
        let at = Timestamp::parse(text).unwrap();
        (at, at.0.div_euclid(HOUR_MS))
    }

    #[test]
    fn an_hour_is_a_cell_of_its_day_in_the_zone_of_the_viewer() {
        let (now, hour) = at("2026-11-28T02:30:00Z");
        let zone = TimeZone::get("America/Montreal").unwrap();
        let counts = [(hour, 4, 0), (hour - 1, 1, 3), (hour - 24, 3, 1), (hour - 40 * 24, 9, 9)];
        let heat = heat(&counts, now, &zone, Lang::En).unwrap();
        // 21:00 of the day before, and 20:00.
        assert_eq!(heat.succeeded[SHADES - 1], "M29 21h.8v.8h-.8z");
        assert_eq!(
            (heat.most_failed.as_str(), heat.some_failed.as_str()),
            ("M29 20h.8v.8h-.8z", "M28 21h.8v.8h-.8z")
        );
        assert_eq!(heat.failed_days, "M28 25h.8v2h-.8zM29 25h.8v2h-.8z");
        assert_eq!(heat.label, "Last 30 days by hour: 12 callbacks, 4 failed");
    }

    #[test]
    fn without_callbacks_there_is_no_strip() {
        let (now, hour) = at("2026-11-28T02:30:00Z");
        assert_eq!(heat(&[(hour, 0, 0)], now, &TimeZone::UTC, Lang::Fr), None);
    }

    #[test]
    fn shades_follow_square_roots() {
        assert_eq!([1, 5, 20, 60, 100].map(|count| shade(count, 100)), [0, 0, 1, 3, 3]);
    }
}
