//! The result of an attempt, and its name in the callback log.

use std::{collections::HashMap, sync::LazyLock};

use http::StatusCode;

use crate::domain::callback::Outcome;

/// Why there is no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The connect timeout (a third of the timeout of an attempt) or the timeout for the head of the response expired.
    TimedOut,
    /// The connection was refused, or there is no route to the address.
    ConnectionRefused,
    /// The connection was closed or reset before the head of the response.
    ConnectionReset,
    /// The host name could not be resolved.
    NameNotResolved,
    /// The certificate was refused, or the TLS handshake failed.
    TlsError,
    /// The URL or the address is not permitted, for example because the address is private or reserved.
    AddressBlocked,
    /// The head of the response is not valid HTTP.
    ResponseInvalid,
}

/// The result of an attempt: an HTTP status code, or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The receiver's status code.
    Status(u16),
    /// No response.
    None(Failure),
}

impl Failure {
    /// All failures.
    pub const ALL: [Self; 7] = [
        Self::TimedOut,
        Self::ConnectionRefused,
        Self::ConnectionReset,
        Self::NameNotResolved,
        Self::TlsError,
        Self::AddressBlocked,
        Self::ResponseInvalid,
    ];

    /// The name in the log's "Response" column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TimedOut => "TimedOut",
            Self::ConnectionRefused => "ConnectionRefused",
            Self::ConnectionReset => "ConnectionReset",
            Self::NameNotResolved => "NameNotResolved",
            Self::TlsError => "TlsError",
            Self::AddressBlocked => "AddressBlocked",
            Self::ResponseInvalid => "ResponseInvalid",
        }
    }
}

impl Answer {
    /// 2xx is a success, everything else is a failure.
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Status(200..=299) => Outcome::Succeeded,
            _ => Outcome::Failed,
        }
    }

    /// The status code, if any.
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(status),
            Self::None(_) => None,
        }
    }

    /// The name in the log's "Response" column: the reason phrase without spaces (`BadRequest`), the digits of an unknown status code, or
    /// the name of the failure.
    pub fn response(self) -> String {
        let status = match self {
            Self::None(failure) => return failure.as_str().to_owned(),
            Self::Status(status) => status,
        };
        let reason = StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
        reason.map_or_else(
            || status.to_string(),
            |reason| reason.chars().filter(char::is_ascii_alphanumeric).collect(),
        )
    }

    /// The result that has this name in the log. Each name is that of one result.
    pub fn of_response(name: &str) -> Option<Self> {
        static NAMES: LazyLock<HashMap<String, Answer>> = LazyLock::new(|| {
            let statuses = (100..=999).map(Answer::Status);
            let all = statuses.chain(Failure::ALL.map(Answer::None));
            all.map(|answer| (answer.response(), answer)).collect()
        });
        NAMES.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_names_have_no_blanks() {
        for (status, name) in [
            (200, "OK"),
            (202, "Accepted"),
            (400, "BadRequest"),
            (404, "NotFound"),
            (500, "InternalServerError"),
            (599, "599"),
        ] {
            assert_eq!(Answer::Status(status).response(), name);
        }
        assert_eq!(Answer::None(Failure::NameNotResolved).response(), "NameNotResolved");
    }

    #[test]
    fn each_name_is_that_of_one_result() {
        let statuses = (100..=999).map(Answer::Status);
        for answer in statuses.chain(Failure::ALL.map(Answer::None)) {
            assert_eq!(Answer::of_response(&answer.response()), Some(answer));
        }
        assert_eq!(Answer::of_response("Teapot"), None);
    }

    #[test]
    fn only_2xx_responses_succeed() {
        for status in [200, 204, 299] {
            assert_eq!(Answer::Status(status).outcome(), Outcome::Succeeded);
        }
        for status in [199, 301, 304, 400, 410, 500] {
            assert_eq!(Answer::Status(status).outcome(), Outcome::Failed);
        }
        assert_eq!(Answer::None(Failure::TimedOut).outcome(), Outcome::Failed);
    }
}
