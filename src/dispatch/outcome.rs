//! What an answer means for the delivery, and what an error means at all.

use std::{error::Error, io, time::Duration};

use crate::{
    dispatch::{client::Called, resolver::ResolveError},
    domain::{
        answer::{Answer, Failure},
        callback::{Outcome, Trigger},
        retry::RetrySchedule,
        timestamp::Timestamp,
    },
    messages::{Lang, common},
    storage::{journal::Next, queue::Job},
};

/// Why a webhook is disabled whose receiver answers 410.
pub(super) const GONE: &str = common::disabled_gone(Lang::En);
/// Longest wait that a receiver can ask for.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3_600);
/// Longest pause of all its callbacks that a receiver can ask for.
const PAUSE_MAX: Duration = Duration::from_secs(300);

/// How a delivery goes on after a call. `spread` runs from 0 to 1.
pub(super) fn decide(called: &Called, job: &Job, now: Timestamp, schedule: &RetrySchedule, spread: f64) -> Next {
    let answer = called.answer;
    if answer.outcome() == Outcome::Succeeded {
        return Next::Succeeded;
    }
    if answer == Answer::Status(410) {
        return Next::Failed(GONE.to_owned());
    }
    match schedule.delay(job.retries.saturating_add(1), spread) {
        Some(delay) => Next::RetryAt(now.plus(wish(called).map_or(delay, |wish| delay.max(wish)))),
        None => Next::Failed(format!(
            "All {} attempts failed; the last response was {}.",
            job.attempts.saturating_add(1),
            answer.response()
        )),
    }
}

/// Whether a failed delivery used up its retry schedule. Tests and deliveries that are sent once more after they had ended have none.
pub(super) fn exhausts(job: &Job, next: &Next) -> bool {
    matches!(next, Next::Failed(_)) && job.has_schedule() && job.trigger != Trigger::Test
}

/// How long a receiver asks to be left alone.
pub(super) fn pause(called: &Called) -> Option<Duration> {
    wish(called).map(|wish| wish.min(PAUSE_MAX))
}

/// `Retry-After` counts where it is defined for overload: 429 (RFC 6585) and 503 (RFC 9110).
fn wish(called: &Called) -> Option<Duration> {
    let overloaded = matches!(called.answer, Answer::Status(429 | 503));
    called.retry_after.filter(|_| overloaded).map(|wish| wish.min(RETRY_AFTER_MAX))
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
    use crate::{catalogue::EventType, domain::callback::Trigger, storage::new_id};

    fn decided(answer: Answer, retries: u32, retry_after: Option<u64>) -> Next {
        let called = Called {
            answer,
            detail: None,
            took: Duration::ZERO,
            received: None,
            retry_after: retry_after.map(Duration::from_secs),
        };
        let job = Job {
            delivery: new_id(),
            event: new_id(),
            event_type: EventType::IdentityCreated,
            webhook: new_id(),
            body: "{}".into(),
            attempts: retries,
            retries,
            breaks: 0,
            order: None,
            trigger: Trigger::Event,
            asked: false,
        };
        decide(&called, &job, Timestamp(0), &"10s".parse().unwrap(), 0.5)
    }

    #[test]
    fn failures_are_tried_again_until_the_schedule_is_used_up() {
        assert_eq!(decided(Answer::Status(204), 0, None), Next::Succeeded);
        assert_eq!(decided(Answer::Status(500), 0, None), Next::RetryAt(Timestamp(10_000)));
        assert_eq!(decided(Answer::Status(302), 0, None), Next::RetryAt(Timestamp(10_000)));
        assert!(matches!(decided(Answer::None(Failure::TimedOut), 1, None), Next::Failed(reason) if reason.contains("TimedOut")));
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_delay_but_not_for_more_than_a_day() {
        assert_eq!(decided(Answer::Status(429), 0, Some(60)), Next::RetryAt(Timestamp(60_000)));
        assert_eq!(decided(Answer::Status(503), 0, Some(1)), Next::RetryAt(Timestamp(10_000)));
        assert_eq!(
            decided(Answer::Status(503), 0, Some(u64::MAX)),
            Next::RetryAt(Timestamp(86_400_000))
        );
        assert_eq!(decided(Answer::Status(500), 0, Some(60)), Next::RetryAt(Timestamp(10_000)));
    }

    #[test]
    fn gone_means_gone() {
        assert!(matches!(decided(Answer::Status(410), 0, None), Next::Failed(_)));
    }
}
