//! Lengths of time in words: "40 s", "5 min", "3 h", "2 days".

use std::time::Duration;

use crate::messages::{Lang, deliveries as say};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A length of time in its largest unit of which there are at least two, rounded down; at least a second.
pub(in crate::console::pages) fn span(length: Duration, lang: Lang) -> String {
    let seconds = length.as_secs().max(1);
    match seconds {
        ..120 => say::span_seconds(lang, seconds),
        120..7_200 => say::span_minutes(lang, seconds / MINUTE),
        7_200..172_800 => say::span_hours(lang, seconds / HOUR),
        _ => say::span_days(lang, seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_written_in_its_largest_unit() {
        for (seconds, text) in [
            (0, "1 s"),
            (40, "40 s"),
            (119, "119 s"),
            (120, "2 min"),
            (300, "5 min"),
            (7_199, "119 min"),
            (7_200, "2 h"),
            (172_799, "47 h"),
            (172_800, "2 days"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds), Lang::En), text);
        }
    }
}
