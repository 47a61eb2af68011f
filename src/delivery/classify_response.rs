//! Decides from the result of a call what happens to the delivery.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    delivery::client::Called,
    domain::{
        answer::Answer,
        callback::{Outcome, Trigger},
        disabled::GONE,
        retry::RetrySchedule,
    },
    storage::{deliveries::Job, journal::Next},
};

/// Upper limit of `Retry-After` for the retry of one delivery.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3_600);
/// Upper limit of `Retry-After` for the pause of all callbacks of a webhook.
const PAUSE_MAX: Duration = Duration::from_secs(300);

/// What happens to a delivery after a call. `jitter` is a random number from 0 to 1.
pub(super) fn decide(called: &Called, job: &Job, now: Instant, schedule: &RetrySchedule, jitter: f64) -> Next {
    let answer = called.answer;
    if answer.outcome() == Outcome::Succeeded {
        return Next::Succeeded;
    }
    if answer == Answer::Status(410) {
        return Next::Failed(GONE.to_owned());
    }
    let delay = schedule.delay(job.retries.saturating_add(1), jitter);
    match delay.filter(|_| job.may_be_retried()) {
        Some(delay) => Next::RetryAt(now + requested_delay(called).map_or(delay, |requested| delay.max(requested))),
        None => Next::Failed(format!(
            "All {} attempts failed; the last response was {}.",
            job.attempts.saturating_add(1),
            answer.response()
        )),
    }
}

/// Whether a failed delivery exhausted its retry schedule. Test deliveries, and deliveries that are resent after they had ended, have no
/// schedule.
pub(super) fn exhausts(job: &Job, next: &Next) -> bool {
    matches!(next, Next::Failed(_)) && job.has_schedule() && job.trigger != Trigger::Test
}

/// How long a webhook pauses because its receiver asked for it with `Retry-After`.
pub(super) fn pause(called: &Called) -> Option<Duration> {
    requested_delay(called).map(|delay| delay.min(PAUSE_MAX))
}

/// The delay that the receiver requested with `Retry-After`. It is honoured for the status codes that mean overload: 429 (RFC 6585) and 503 (RFC 9110).
fn requested_delay(called: &Called) -> Option<Duration> {
    let overloaded = matches!(called.answer, Answer::Status(429 | 503));
    called.retry_after.filter(|_| overloaded).map(|delay| delay.min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{answer::Failure, callback::Trigger, connection::Phases, event_type::EventType},
        storage::new_id,
    };

    fn decided(answer: Answer, retries: u32, retry_after: Option<u64>) -> Next {
        decided_with(answer, retries, retry_after, None)
    }

    /// The delay before the retry after this answer.
    fn delay(answer: Answer, retry_after: Option<u64>) -> Duration {
        let again = decided(answer, 0, retry_after).again_at();
        again.expect("it is retried").duration_since(Instant::now())
    }

    fn decided_with(answer: Answer, retries: u32, retry_after: Option<u64>, max_attempts: Option<u32>) -> Next {
        let called = Called {
            answer,
            detail: None,
            took: Duration::ZERO,
            phases: Phases::default(),
            certificates: Vec::new(),
            received: None,
            retry_after: retry_after.map(Duration::from_secs),
            late_body: None,
        };
        let job = Job {
            delivery: new_id(),
            event: new_id(),
            event_type: EventType::of_stored("identity.created"),
            webhook: new_id(),
            body: "{}".into(),
            trace: None,
            attempts: retries,
            retries,
            max_attempts,
            panics: 0,
            order: None,
            trigger: Trigger::Event,
            manual: false,
        };
        decide(&called, &job, Instant::now(), &"10s".parse().unwrap(), 0.5)
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_retried_until_the_schedule_is_exhausted() {
        assert_eq!(decided(Answer::Status(204), 0, None), Next::Succeeded);
        assert_eq!(delay(Answer::Status(500), None), Duration::from_secs(10));
        assert_eq!(delay(Answer::Status(302), None), Duration::from_secs(10));
        assert!(matches!(decided(Answer::None(Failure::TimedOut), 1, None), Next::Failed(reason) if reason.contains("TimedOut")));
    }

    #[test]
    fn no_retry_follows_the_maximum_number_of_attempts() {
        let failed = |attempts, most| matches!(decided_with(Answer::Status(500), attempts, None, Some(most)), Next::Failed(_));
        assert!(failed(0, 1), "a test is attempted once");
        assert!(!failed(0, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_prolongs_the_delay_up_to_one_day() {
        assert_eq!(delay(Answer::Status(429), Some(60)), Duration::from_secs(60));
        assert_eq!(delay(Answer::Status(503), Some(1)), Duration::from_secs(10));
        assert_eq!(delay(Answer::Status(503), Some(u64::MAX)), Duration::from_hours(24));
        assert_eq!(delay(Answer::Status(500), Some(60)), Duration::from_secs(10));
    }

    #[test]
    fn status_410_fails_the_delivery_for_good() {
        assert!(matches!(decided(Answer::Status(410), 0, None), Next::Failed(_)));
    }
}
