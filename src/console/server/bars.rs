//! Bars of the last 24 hours, drawn as two paths: the browser gets no numbers to draw from.

use std::fmt::Write;

use crate::{
    console::calls::BarsView,
    messages::{Lang, webhooks as say},
    storage::webhooks::HourCounts,
};

/// Hours that are shown.
pub const HOURS: i64 = 24;
const HEIGHT: u64 = 22;

/// The bars of the hours up to `now`, an hour since 1970. The highest one fills the field; none when nothing happened.
pub fn bars(counts: &[HourCounts], now: i64, lang: Lang) -> Option<BarsView> {
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
        // A failure shows above a thousand successes too.
        let low = low.min(HEIGHT - high);
        bar(&mut good, x, 0, low);
        bar(&mut bad, x, low, high);
        sums = (sums.0 + succeeded + failed, sums.1 + failed);
    }
    Some(BarsView {
        succeeded: good,
        failed: bad,
        label: say::day(lang, sums.0, sums.1),
    })
}

fn bar(path: &mut String, x: i64, above: u64, height: u64) {
    if height > 0 {
        // Writing to a String cannot fail.
        let _ = write!(path, "M{x} {}h3v-{height}h-3z", HEIGHT - above);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_hour_fills_the_field_and_old_ones_are_left_out() {
        let drawn = bars(&[(76, 9, 9), (77, 10, 0), (100, 1, 1)], 100, Lang::En).unwrap();
        assert_eq!(drawn.succeeded, "M0 22h3v-22h-3zM92 22h3v-3h-3z");
        assert_eq!(drawn.failed, "M92 19h3v-3h-3z");
        assert_eq!(drawn.label, "Last 24 hours: 12 callbacks, 1 failed");
        assert_eq!(bars(&[], 100, Lang::En), None);
    }

    #[test]
    fn one_failure_among_many_is_seen() {
        let drawn = bars(&[(100, 10_000, 1)], 100, Lang::En).unwrap();
        assert_eq!(
            (drawn.succeeded.as_str(), drawn.failed.as_str()),
            ("M92 22h3v-21h-3z", "M92 1h3v-1h-3z")
        );
    }
}
