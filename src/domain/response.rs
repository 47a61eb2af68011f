//! Filter of a callback log by response: `succeeded`, `failed`, `4xx`, `none`, `503`, `ServiceUnavailable`, `TimedOut`.

use std::{fmt, str::FromStr};

use crate::domain::{
    answer::{Answer, Failure},
    named::UnknownName,
};

/// A filter by response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFilter {
    /// All 2xx responses.
    Succeeded,
    /// Everything else.
    Failed,
    /// Status codes that begin with this digit.
    Class(u16),
    /// One status code.
    Status(u16),
    /// No response, for any reason.
    NoAnswer,
    /// No response, for this reason.
    Failure(Failure),
}

impl ResponseFilter {
    /// Whether the filter matches only failures.
    pub const fn is_of_failures(self) -> bool {
        match self {
            Self::Succeeded | Self::Class(2) => false,
            Self::Status(status) => !matches!(status, 200..=299),
            Self::Failed | Self::Class(_) | Self::NoAnswer | Self::Failure(_) => true,
        }
    }
}

impl fmt::Display for ResponseFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Succeeded => f.write_str("succeeded"),
            Self::Failed => f.write_str("failed"),
            Self::Class(digit) => write!(f, "{digit}xx"),
            Self::Status(status) => status.fmt(f),
            Self::NoAnswer => f.write_str("none"),
            Self::Failure(failure) => f.write_str(failure.as_str()),
        }
    }
}

impl FromStr for ResponseFilter {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const KNOWN: [&str; 6] = ["succeeded", "failed", "none", "4xx", "503", "TimedOut"];
        let named = |name: &str| name.eq_ignore_ascii_case(text);
        match text {
            _ if named("succeeded") => return Ok(Self::Succeeded),
            _ if named("failed") => return Ok(Self::Failed),
            _ if named("none") => return Ok(Self::NoAnswer),
            _ => {}
        }
        let class = (1..=5).find(|digit| named(&format!("{digit}xx"))).map(Self::Class);
        let status = || text.parse().ok().filter(|status| (100..=999).contains(status)).map(Self::Status);
        let failure = || Failure::ALL.into_iter().find(|failure| named(failure.as_str())).map(Self::Failure);
        let reason = || {
            (100..=599)
                .find(|status| named(&Answer::Status(*status).response()))
                .map(Self::Status)
        };
        let found = class.or_else(status).or_else(failure).or_else(reason);
        found.ok_or_else(|| UnknownName::new("response", text, &KNOWN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_filter_selects_by_outcome_class_code_and_name() {
        for (text, filter, failures) in [
            ("succeeded", ResponseFilter::Succeeded, false),
            ("failed", ResponseFilter::Failed, true),
            ("2xx", ResponseFilter::Class(2), false),
            ("5XX", ResponseFilter::Class(5), true),
            ("none", ResponseFilter::NoAnswer, true),
            ("202", ResponseFilter::Status(202), false),
            ("599", ResponseFilter::Status(599), true),
            ("BadRequest", ResponseFilter::Status(400), true),
            ("accepted", ResponseFilter::Status(202), false),
            ("TimedOut", ResponseFilter::Failure(Failure::TimedOut), true),
        ] {
            assert_eq!(text.parse(), Ok(filter), "{text}");
            assert_eq!(filter.is_of_failures(), failures, "{text}");
            assert_eq!(filter.to_string().parse(), Ok(filter), "{text}");
        }
        for bad in ["", "6xx", "0", "1000", "no such thing", "4xx "] {
            assert!(bad.parse::<ResponseFilter>().is_err(), "{bad}");
        }
    }
}
