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

/// The chart of the hours up to `now`, counted in hours since 1970. The highest bar has the full height. `None` if there was no callback.
pub(in crate::console::pages) fn sparkline(counts: &[HourCounts], now: i64, lang: Lang) -> Option<SparklineView> {
    let shown = counts.iter().filter(|(hour, ..)| (now - HOURS + 1..=now).contains(hour));
    let highest = shown
        .clone()
        .map(|(_, succeeded, failed)| succeeded + failed)
        .max()
        .filter(|highest| *highest > 0)?;
    let scaled = |count: u64| (count * HEIGHT).div_ceil(highest);
    let (mut good, mut bad, mut sums) = (String::new(), String::new(), (0, 0));
    for (hour, succeeded, failed) in shown {
        let (x, low) = ((hour - now + HOURS - 1) * 4, scaled(*succeeded));
        let high = scaled(*failed).min(HEIGHT);
        // One failure among many successes must be visible.
        let low = low.min(HEIGHT - high);
        bar(&mut good, x, 0, low);
        bar(&mut bad, x, low, high);
        sums = (sums.0 + succeeded + failed, sums.1 + failed);
    }
    Some(SparklineView {
        succeeded: good,
        failed: bad,
        label: say::day(lang, sums.0, sums.1),
    })
}

fn bar(path: &mut String, x: i64, above: u64, height: u64) {
    if height > 0 {
        // Writing to a `String` cannot fail.
        let _ = write!(path, "M{x} {}h3v-{height}h-3z", HEIGHT - above);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_hour_has_the_full_height_and_old_hours_are_left_out() {
        let drawn = sparkline(&[(76, 9, 9), (77, 10, 0), (100, 1, 1)], 100, Lang::En).unwrap();
        assert_eq!(drawn.succeeded, "M0 22h3v-22h-3zM92 22h3v-3h-3z");
        assert_eq!(drawn.failed, "M92 19h3v-3h-3z");
        assert_eq!(drawn.label, "Last 24 hours: 12 callbacks, 1 failed");
        assert_eq!(sparkline(&[], 100, Lang::En), None);
    }

    #[test]
    fn one_failure_among_many_is_visible() {
        let drawn = sparkline(&[(100, 10_000, 1)], 100, Lang::En).unwrap();
        assert_eq!(
            (drawn.succeeded.as_str(), drawn.failed.as_str()),
            ("M92 22h3v-21h-3z", "M92 1h3v-1h-3z")
        );
    }
}
