//! Numbers of JSON compared by value: `1` and `1.0` are the same number, and no comparison rounds.

use std::cmp::Ordering;

use serde_json::Number;

/// Values below this are held exactly by `i128`; a float beyond it has no fraction.
const WHOLE_MAX: f64 = 1e38;

/// A number, exactly.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Exact {
    /// A whole number, however it was written.
    Whole(i128),
    /// A number with a fraction, or one beyond 10^38.
    Float(f64),
}

impl Exact {
    pub(crate) fn of(number: &Number) -> Self {
        if let Some(whole) = number.as_i128() {
            return Self::Whole(whole);
        }
        Self::of_float(number.as_f64().unwrap_or(f64::MAX))
    }

    pub(crate) fn of_float(float: f64) -> Self {
        if float.fract() == 0.0 && float.abs() < WHOLE_MAX {
            // The float is whole and in range, so nothing is lost.
            #[allow(clippy::cast_possible_truncation)]
            return Self::Whole(float as i128);
        }
        Self::Float(float)
    }

    /// Whether `type: integer` accepts the number.
    pub(crate) fn is_whole(self) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Float(float) => float.fract() == 0.0,
        }
    }

    pub(crate) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => left.cmp(&right),
            (Self::Float(left), Self::Float(right)) => left.total_cmp(&right),
            (Self::Whole(left), Self::Float(right)) => compare_whole(left, right),
            (Self::Float(left), Self::Whole(right)) => compare_whole(right, left).reverse(),
        }
    }

    /// The number as text, the same for every way to write it.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Whole(whole) => whole.to_string(),
            Self::Float(float) => format!("{float:?}"),
        }
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.compare(*other) == Ordering::Equal
    }
}

/// Compares a whole number with a float that is not one of `i128`'s whole numbers.
fn compare_whole(whole: i128, float: f64) -> Ordering {
    if float >= WHOLE_MAX {
        return Ordering::Less;
    }
    if float <= -WHOLE_MAX {
        return Ordering::Greater;
    }
    // A float with a fraction is below 2^53.
    #[allow(clippy::cast_possible_truncation)]
    let floor = float.floor() as i128;
    if whole <= floor { Ordering::Less } else { Ordering::Greater }
}

/// Why a number in the text of a schema is refused: reading it would change its value.
pub(crate) fn change_when_read(token: &str) -> Option<String> {
    let whole = token.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if whole {
        let fits = token.parse::<i64>().is_ok() || token.parse::<u64>().is_ok();
        return (!fits).then(|| "This whole number is outside -9223372036854775808 to 18446744073709551615, so it would lose digits. Write a number in this range.".to_owned());
    }
    // What is no number is left to the parser, which names line and column.
    let float = token.parse::<f64>().ok()?;
    if !float.is_finite() {
        return Some("This number is larger than 1.8e308, the largest that can be held. Write a smaller one.".to_owned());
    }
    let written = Decimal::of(token)?;
    let read = Decimal::of(&format!("{float:e}"))?;
    (written != read)
        .then(|| "This number has more digits than a 64-bit float holds, so it would change. Write it with at most 15 digits.".to_owned())
}

/// The significant digits and the power of ten of a number's text.
#[derive(PartialEq, Eq)]
struct Decimal {
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn of(token: &str) -> Option<Self> {
        let token = token.trim_start_matches('-');
        let (mantissa, exponent) = token.split_once(['e', 'E']).unwrap_or((token, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut exponent: i64 = exponent.parse().ok()?;
        exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let kept = digits.trim_end_matches('0');
        if kept.is_empty() {
            return Some(Self {
                digits: String::new(),
                exponent: 0,
            });
        }
        exponent = exponent.checked_add(i64::try_from(digits.len() - kept.len()).ok()?)?;
        Some(Self {
            digits: kept.to_owned(),
            exponent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        Exact::of(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn numbers_are_compared_by_value() {
        let ascending = [
            "-1e300",
            "-9223372036854775808",
            "-1.5",
            "-1",
            "-0.5",
            "0",
            "0.1",
            "1",
            "1.5",
            "9007199254740992",
            "9007199254740993",
            "18446744073709551615",
            "1e30",
            "1e300",
        ];
        for (left, a) in ascending.iter().enumerate() {
            for (right, b) in ascending.iter().enumerate() {
                assert_eq!(exact(a).compare(exact(b)), left.cmp(&right), "{a} {b}");
            }
        }
        for (a, b) in [
            ("1", "1.0"),
            ("0", "-0.0"),
            ("1e2", "100"),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            assert!(exact(a) == exact(b), "{a} {b}");
        }
        assert!(exact("1e300").is_whole() && exact("1.0").is_whole() && !exact("0.5").is_whole());
    }

    #[test]
    fn number_that_would_change_when_read_is_found() {
        for same in [
            "0",
            "-0",
            "0.1",
            "1.0",
            "1e3",
            "1E+3",
            "18446744073709551615",
            "-9223372036854775808",
            "1.7976931348623157e308",
            "0.30",
            "100.50",
            "1e-7",
            "0e5",
        ] {
            assert_eq!(change_when_read(same), None, "{same}");
        }
        for changed in [
            "18446744073709551616",
            "-9223372036854775809",
            "1e400",
            "0.1000000000000000055511151231257827",
            "1e-400",
            "9007199254740993.0",
        ] {
            assert!(change_when_read(changed).is_some(), "{changed}");
        }
    }
}
