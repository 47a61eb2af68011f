//! The data of the small charts in the list of webhooks.

use std::fmt::Write;

use crate::{
    console::components::sparkline::SparklineView,
    messages::{Lang, webhooks as say},
    storage::webhooks::HourCounts,
};

/// The number of hours that are shown.
pub(super) const HOURS: i64 = 24;
const HEIGHT: u64 = 22;
/// The minimum height of the failures of an hour.
const FAILURES_MIN: u64 = 2;

/// The height of a dash, and from one dash to the next.
const DASH: u64 = 2;
const DASH_STEP: usize = 4;

/// The chart of the hours up to `now`, counted in hours since 1970. The highest bar has the full height; the scale is that of square roots,
/// so that one busy hour does not flatten the others. `None` if there was no callback.
pub(in crate::console::pages) fn sparkline(counts: &[HourCounts], now: i64, lang: Lang) -> Option<SparklineView> {
    let shown = counts.iter().filter(|(hour, ..)| (now - HOURS + 1..=now).contains(hour));
    let highest = shown
        .clone()
        .map(|(_, succeeded, failed)| succeeded + failed)
        .max()
        .filter(|highest| *highest > 0)?;
    let (mut good, mut bad, mut sums) = (String::new(), String::new(), (0, 0));
    for (hour, succeeded, failed) in shown {
        let (x, sum) = ((hour - now + HOURS - 1) * 4, succeeded + failed);
        let whole = height(sum, highest);
        // Few failures among many successes must be visible.
        let high = match (whole * failed).checked_div(sum) {
            Some(part) if *failed > 0 => part.clamp(FAILURES_MIN, HEIGHT),
            _ => 0,
        };
        let low = if *succeeded > 0 {
            whole.max(high + 1).min(HEIGHT) - high
        } else {
            0
        };
        bar(&mut good, x, 0, low);
        dashed_bar(&mut bad, x, low, high);
        sums = (sums.0 + sum, sums.1 + failed);
    }
    Some(SparklineView {
        succeeded: good,
        failed: bad,
        label: say::day(lang, sums.0, sums.1),
    })
}

/// The height of a bar, at least 1.
fn height(count: u64, highest: u64) -> u64 {
    ((count.saturating_mul(HEIGHT * HEIGHT) / highest).isqrt()).max(u64::from(count > 0))
}

fn bar(path: &mut String, x: i64, above: u64, height: u64) {
    if height > 0 {
        // Writing to a `String` cannot fail.
        let _ = write!(path, "M{x} {}h3v-{height}h-3z", HEIGHT - above);
    }
}

/// A bar of dashes, so that failures are told from successes without colours.
fn dashed_bar(path: &mut String, x: i64, above: u64, height: u64) {
    for from in (0..height).step_by(DASH_STEP) {
        bar(path, x, above + from, DASH.min(height - from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_hour_has_the_full_height_and_old_hours_are_left_out() {
        let drawn = sparkline(&[(76, 9, 9), (77, 100, 0), (99, 25, 0), (100, 0, 1)], 100, Lang::En).unwrap();
        assert_eq!(drawn.succeeded, "M0 22h3v-22h-3zM88 22h3v-11h-3z");
        assert_eq!(drawn.failed, "M92 22h3v-2h-3z");
        assert_eq!(drawn.label, "Last 24 hours: 126 callbacks, 1 failed");
        assert_eq!(sparkline(&[], 100, Lang::En), None);
    }

    #[test]
    fn one_failure_among_many_is_visible() {
        let drawn = sparkline(&[(100, 10_000, 1)], 100, Lang::En).unwrap();
        assert_eq!(
            (drawn.succeeded.as_str(), drawn.failed.as_str()),
            ("M92 22h3v-20h-3z", "M92 2h3v-2h-3z")
        );
    }

    #[test]
    fn failures_are_dashed() {
        let drawn = sparkline(&[(100, 0, 9)], 100, Lang::En).unwrap();
        assert!(drawn.failed.starts_with("M92 22h3v-2h-3zM92 18h3v-2h-3z"), "{}", drawn.failed);
        assert!(drawn.failed.ends_with("M92 2h3v-2h-3z"), "{}", drawn.failed);
    }

    #[test]
    fn no_bar_is_higher_than_the_chart() {
        for (succeeded, failed) in [
            (0, 1),
            (1, 0),
            (1, 1),
            (1, 1_000_000),
            (1_000_000, 1),
            (u64::from(u32::MAX), u64::from(u32::MAX)),
        ] {
            let drawn = sparkline(&[(99, succeeded, failed), (100, 3, 2)], 100, Lang::En).unwrap();
            for path in [drawn.succeeded, drawn.failed] {
                for part in path.split('M').skip(1) {
                    let (from, rest) = part.split_once('h').unwrap();
                    let bottom: u64 = from.split_once(' ').unwrap().1.parse().unwrap();
                    let height: u64 = rest.strip_prefix("3v-").unwrap().split_once('h').unwrap().0.parse().unwrap();
                    assert!(height >= 1 && height <= bottom, "{part}");
                }
            }
        }
    }
}
