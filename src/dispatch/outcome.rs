//! What an answer means for the delivery, and what an error means at all.

use std::{error::Error, io};

use crate::{
    dispatch::resolver::ResolveError,
    domain::{
        answer::{Answer, Failure},
        callback::Outcome,
        retry::RetrySchedule,
        timestamp::Timestamp,
    },
    storage::queue::Next,
};

/// How a delivery goes on after attempt number `attempt` ended with `answer`. `spread` runs from 0 to 1.
pub(super) fn decide(answer: Answer, attempt: u32, now: Timestamp, schedule: &RetrySchedule, spread: f64) -> Next {
    if answer.outcome() == Outcome::Succeeded {
        return Next::Succeeded;
    }
    if answer == Answer::Status(410) {
        return Next::FailedAndDisable("The receiver answered 410 Gone: it wants no more callbacks.".to_owned());
    }
    match schedule.delay(attempt, spread) {
        Some(delay) => Next::RetryAt(now.plus(delay)),
        None => Next::Failed(format!(
            "All {attempt} attempts failed; the last response was {}.",
            answer.response()
        )),
    }
}

/// Tells why there is no answer. What hides behind the client's error is found by walking down its causes.
pub(super) fn failure(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        return Failure::TimedOut;
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(found) = by_type(current) {
            return found;
        }
        cause = current.source();
    }
    if error.is_connect() {
        Failure::ConnectionRefused
    } else {
        Failure::ResponseInvalid
    }
}

fn by_type(error: &(dyn Error + 'static)) -> Option<Failure> {
    if let Some(refused) = error.downcast_ref::<ResolveError>() {
        return Some(match refused {
            ResolveError::NotFound { .. } => Failure::NameNotResolved,
            ResolveError::Blocked { .. } => Failure::AddressBlocked,
        });
    }
    if error.is::<rustls::Error>() {
        return Some(Failure::TlsError);
    }
    if let Some(http) = error.downcast_ref::<hyper::Error>() {
        return if http.is_parse() || http.is_parse_too_large() {
            Some(Failure::ResponseInvalid)
        } else if http.is_incomplete_message() || http.is_closed() || http.is_canceled() {
            Some(Failure::ConnectionReset)
        } else {
            None
        };
    }
    let io = error.downcast_ref::<io::Error>()?;
    // The source of a wrapped error is the wrapped one's source, so the wrapped one has to be looked at here.
    if let Some(found) = io.get_ref().and_then(|inner| by_type(inner)) {
        return Some(found);
    }
    match io.kind() {
        io::ErrorKind::TimedOut => Some(Failure::TimedOut),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
            Some(Failure::ConnectionReset)
        }
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => Some(Failure::ConnectionRefused),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(answer: Answer, attempt: u32) -> Next {
        decide(answer, attempt, Timestamp(0), &"10s".parse().unwrap(), 0.5)
    }

    #[test]
    fn failures_are_tried_again_until_the_schedule_is_used_up() {
        assert_eq!(decided(Answer::Status(204), 1), Next::Succeeded);
        assert_eq!(decided(Answer::Status(500), 1), Next::RetryAt(Timestamp(10_000)));
        assert_eq!(decided(Answer::Status(302), 1), Next::RetryAt(Timestamp(10_000)));
        assert!(matches!(decided(Answer::None(Failure::TimedOut), 2), Next::Failed(reason) if reason.contains("TimedOut")));
    }

    #[test]
    fn gone_means_gone() {
        assert!(matches!(decided(Answer::Status(410), 1), Next::FailedAndDisable(_)));
    }
}
