//! The retry schedule of failed deliveries.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime},
};

use thiserror::Error;

/// The delays after failed attempts. If the attempt after the last delay fails, the delivery has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrySchedule(Vec<Duration>);

/// The text is not a retry schedule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no retry schedule; write delays such as 5s,5m,30m,2h, or none for no retries")]
pub struct InvalidSchedule(String);

/// Maximum delay. More than a month between attempts is probably a typing error.
const LONGEST: Duration = Duration::from_hours(31 * 24);
/// Maximum number of delays in a schedule.
const MOST: usize = 50;

impl RetrySchedule {
    /// The delay before the next attempt after `attempts` failed ones, with a jitter of ±20 %: `spread` ranges from 0 (−20 %) to 1 (+20 %).
    /// Returns `None` if the schedule is exhausted.
    pub fn delay(&self, attempts: u32, spread: f64) -> Option<Duration> {
        let position = usize::try_from(attempts.checked_sub(1)?).ok()?;
        let delay = self.0.get(position)?;
        Some(delay.mul_f64(0.8 + 0.4 * spread.clamp(0.0, 1.0)))
    }
}

impl RetrySchedule {
    /// The delays, without jitter.
    pub fn delays(&self) -> &[Duration] {
        &self.0
    }

    /// The longest delay, without jitter.
    pub fn longest(&self) -> Duration {
        self.0.iter().max().copied().unwrap_or_default()
    }
}

impl Default for RetrySchedule {
    /// 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h.
    fn default() -> Self {
        Self([5, 300, 1_800, 7_200, 18_000, 36_000, 36_000].map(Duration::from_secs).to_vec())
    }
}

impl FromStr for RetrySchedule {
    type Err = InvalidSchedule;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidSchedule(text.to_owned());
        if matches!(text.trim(), "" | "none") {
            return Ok(Self(Vec::new()));
        }
        let delays = text
            .split(',')
            .map(|part| humantime::parse_duration(part.trim()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| invalid())?;
        if delays.len() > MOST || delays.iter().any(|delay| *delay > LONGEST) {
            return Err(invalid());
        }
        Ok(Self(delays))
    }
}

impl fmt::Display for RetrySchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self
            .0
            .iter()
            .map(|delay| humantime::format_duration(*delay).to_string().replace(' ', ""))
            .collect();
        let joined = parts.join(",");
        f.write_str(if joined.is_empty() { "none" } else { &joined })
    }
}

/// Parses the value of `Retry-After`: a number of seconds or a date (RFC 9110, section 10.2.3). Returns `None` if it is neither, and zero
/// if the date is in the past.
pub fn retry_after(value: &[u8], now: SystemTime) -> Option<Duration> {
    // Only spaces and tabs may surround a value (RFC 9110, section 5.6.3).
    let text = std::str::from_utf8(value).ok()?.trim_matches([' ', '\t']);
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that overflows becomes the maximum.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    Some(httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_parses_seconds_and_dates() {
        let now = httpdate::parse_http_date("Tue, 24 Nov 2026 10:00:00 GMT").unwrap();
        let read = |value: &str| retry_after(value.as_bytes(), now);
        assert_eq!(read("120"), Some(Duration::from_secs(120)));
        assert_eq!(read(" 120 "), Some(Duration::from_secs(120)));
        assert_eq!(read("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        assert_eq!(read("Tue, 24 Nov 2026 10:02:00 GMT"), Some(Duration::from_secs(120)));
        assert_eq!(read("Tue, 24 Nov 2026 09:00:00 GMT"), Some(Duration::ZERO));
        for nonsense in ["soon", "-1", "+1", "", "1.5", "0x10", "١٢", "120\r\u{b}", "\u{a0}120"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
        assert_eq!(retry_after(b"\xff", now), None);
    }

    #[test]
    fn default_schedule_matches_the_documentation() {
        assert_eq!("5s,5m,30m,2h,5h,10h,10h".parse(), Ok(RetrySchedule::default()));
        assert_eq!(RetrySchedule::default().to_string(), "5s,5m,30m,2h,5h,10h,10h");
    }

    #[test]
    fn each_failure_takes_the_next_delay() {
        let schedule: RetrySchedule = "10s,1m".parse().unwrap();
        assert_eq!(schedule.delay(1, 0.5), Some(Duration::from_secs(10)));
        assert_eq!(schedule.delay(2, 0.5), Some(Duration::from_secs(60)));
        assert_eq!(schedule.delay(3, 0.5), None);
        assert_eq!(schedule.delay(0, 0.5), None);
    }

    #[test]
    fn jitter_is_within_a_fifth() {
        let schedule: RetrySchedule = "100s".parse().unwrap();
        assert_eq!(schedule.delay(1, 0.0), Some(Duration::from_secs(80)));
        assert_eq!(schedule.delay(1, 1.0), Some(Duration::from_secs(120)));
        assert_eq!(schedule.delay(1, 7.0), Some(Duration::from_secs(120)));
    }

    #[test]
    fn empty_schedule_never_retries() {
        for text in ["", "none", " none "] {
            let schedule: RetrySchedule = text.parse().unwrap();
            assert_eq!((schedule.delay(1, 0.5), schedule.to_string().as_str()), (None, "none"));
        }
    }

    #[test]
    fn malformed_schedule_is_rejected() {
        for bad in ["5", "soon", "5s,,5m", "-5s", "900d", &["1s"; 51].join(",")] {
            assert!(bad.parse::<RetrySchedule>().is_err(), "{bad}");
        }
    }
}
