//! Durations of callbacks in the unit that people read.

use std::time::Duration;

use crate::messages::{Lang, common};

/// "< 1 ms", "45 ms", "4.0 s", "2 min 5 s".
pub fn rounded(ms: u64, lang: Lang) -> String {
    match ms {
        0 => common::under_ms(lang).to_owned(),
        1..1_000 => common::milliseconds(lang, ms),
        1_000..120_000 => common::seconds(lang, ms % 1_000 / 100, ms / 1_000),
        _ => common::minutes(lang, ms / 60_000, ms % 60_000 / 1_000),
    }
}

/// "< 0.1 ms", "0.4 ms" below ten milliseconds; longer ones as [`rounded`].
pub fn exact(time: Duration, lang: Lang) -> String {
    match time.as_micros() {
        ..50 => common::under_tenth_ms(lang).to_owned(),
        micros @ 50..9_950 => {
            let tenths = u64::try_from((micros + 50) / 100).unwrap_or_default();
            common::tenths_of_ms(lang, tenths % 10, tenths / 10)
        }
        _ => rounded(u64::try_from((time.as_micros() + 500) / 1_000).unwrap_or(u64::MAX), lang),
    }
}

/// The length of the bar of a duration in a table, in percent. The scale is logarithmic, from 1 ms to 100 s, because durations of receivers differ by
/// orders of magnitude.
pub fn bar(ms: u64) -> String {
    let ms = u32::try_from(ms).unwrap_or(u32::MAX);
    format!("{:.0}", (f64::from(ms).log10() * 20.0).clamp(1.0, 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_longer_by_the_same_length_for_ten_times_the_duration() {
        for (ms, percent) in [
            (0, "1"),
            (1, "1"),
            (10, "20"),
            (100, "40"),
            (1_000, "60"),
            (15_000, "84"),
            (100_000, "100"),
            (u64::MAX, "100"),
        ] {
            assert_eq!(bar(ms), percent, "{ms} ms");
        }
    }

    #[test]
    fn durations_are_in_the_unit_that_people_read() {
        for (ms, expected) in [
            (0, "< 1 ms"),
            (1, "1 ms"),
            (999, "999 ms"),
            (1_000, "1.0 s"),
            (4_001, "4.0 s"),
            (14_960, "14.9 s"),
            (119_999, "119.9 s"),
            (125_000, "2 min 5 s"),
        ] {
            assert_eq!(rounded(ms, Lang::En), expected);
        }
    }

    #[test]
    fn short_times_have_a_decimal() {
        for (micros, expected) in [
            (0, "< 0.1 ms"),
            (49, "< 0.1 ms"),
            (50, "0.1 ms"),
            (444, "0.4 ms"),
            (9_949, "9.9 ms"),
            (9_950, "10 ms"),
            (41_000, "41 ms"),
            (4_001_000, "4.0 s"),
        ] {
            assert_eq!(exact(Duration::from_micros(micros), Lang::En), expected, "{micros}");
        }
        assert_eq!(exact(Duration::from_micros(444), Lang::Fr), "0,4\u{a0}ms");
    }
}
