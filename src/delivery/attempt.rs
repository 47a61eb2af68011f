//! One attempt of a delivery: reads the webhook, signs and sends the request, and evaluates the response.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
};

use futures_util::FutureExt;

use crate::{
    delivery::{
        DispatchSettings, classify_response,
        client::{Called, Client},
        clock_jump::Clock,
        endpoint_cache::{Ready, Receiver, Targets},
        queues::Told,
    },
    domain::{
        answer::{Answer, Failure},
        callback::{Outcome, Trigger},
        timestamp::Timestamp,
    },
    storage::{
        StoreError,
        callbacks::{NewCallback, ShownHeaders},
        deliveries::Job,
        journal::{Finished, Health, Next},
    },
};

/// Maximum length of the stored error detail, in characters. The names in a certificate chain can make it longer.
const DETAIL: usize = 1_000;

/// Headers that a webhook may replace.
const DEFAULTS: [(&str, &str); 2] = [("user-agent", concat!("clearhook/", env!("CARGO_PKG_VERSION"))), ("accept", "*/*")];

/// Failure reason of the deliveries of a deleted webhook.
pub(super) const DELETED: &str = "The webhook was deleted.";

/// Runs attempts.
pub(super) struct Sender {
    pub(super) targets: Targets,
    pub(super) client: Client,
    pub(super) clock: Clock,
    pub(super) settings: DispatchSettings,
}

impl Sender {
    /// Runs one attempt. Always returns a result: after a panic, the delivery is tried again a limited number of times.
    pub(super) async fn attempt(&self, job: Job) -> (Finished, Told) {
        guarded(job.clone(), self.again_at(), self.try_attempt(job)).await
    }

    /// When a delivery is tried again after its attempt panicked or could not begin.
    fn again_at(&self) -> Timestamp {
        Timestamp::now().plus(self.settings.trouble_pause)
    }

    async fn try_attempt(&self, job: Job) -> (Finished, Told) {
        let ready = match self.targets.get(job.webhook).await {
            Ok(ready) => ready,
            Err(error) => return unreadable(job, &error, self.again_at()),
        };
        let receiver = match &*ready {
            Ready::Open(receiver) => receiver,
            Ready::Disabled => return (without_attempt(job, Next::Held), Told::Nothing),
            Ready::Deleted => {
                let next = Next::Failed(DELETED.to_owned());
                return (without_attempt(job, next), Told::Nothing);
            }
        };
        let at = Timestamp::now();
        let own = own_headers(&job, at, receiver);
        let called = self.client.call(receiver, &own, job.body.clone()).await;
        let attempt = job.attempts.saturating_add(1);
        log(&job, attempt, &called);
        let works = called.answer.outcome() == Outcome::Succeeded;
        let next = classify_response::decide(&called, &job, Timestamp::now(), &self.settings.schedule, rand::random());
        let health = if works {
            receiver.succeeded()
        } else if called.answer == Answer::Status(410) {
            Some(Health::Gone)
        } else if classify_response::exhausts(&job, &next) {
            Some(receiver.exhausted(self.clock.now(), self.settings.disable_after))
        } else if job.trigger == Trigger::Test {
            // A test is often sent before the receiver is ready.
            None
        } else {
            receiver.failed(at)
        };
        let told = match (works, classify_response::pause(&called)) {
            (true, _) => Told::Works,
            (false, Some(pause)) => Told::FailsUntil(tokio::time::Instant::now() + pause),
            (false, None) => Told::Fails,
        };
        let callback = callback(&job, attempt, at, receiver, own, called);
        let finished = Finished {
            job,
            callback: Some(callback),
            next,
            health,
        };
        (finished, told)
    }
}

/// Catches a panic of an attempt.
async fn guarded(job: Job, again: Timestamp, attempt: impl Future<Output = (Finished, Told)>) -> (Finished, Told) {
    if let Ok(result) = AssertUnwindSafe(attempt).catch_unwind().await {
        return result;
    }
    tracing::error!(delivery = %job.delivery, webhook = %job.webhook, "fault in clearhook: the attempt of delivery {} panicked; it is tried again a limited number of times", job.delivery);
    (without_attempt(job, Next::Broke(again)), Told::Nothing)
}

/// The result of a delivery for which no request was sent.
pub(super) const fn without_attempt(job: Job, next: Next) -> Finished {
    Finished {
        job,
        callback: None,
        next,
        health: None,
    }
}

/// The result when the webhook cannot be read. If the database is unavailable, the delivery is postponed. An error that will not go away
/// by itself, such as invalid data, is treated like a panic: the number of retries is limited.
fn unreadable(job: Job, error: &StoreError, again: Timestamp) -> (Finished, Told) {
    tracing::warn!(%error, delivery = %job.delivery, webhook = %job.webhook, "delivery {} cannot be sent now because the database failed; it is tried again: {error}", job.delivery);
    let next = if error.is_refusal() {
        Next::Broke(again)
    } else {
        Next::Postponed(again)
    };
    (without_attempt(job, next), Told::Nothing)
}

/// The headers that clearhook sets: content type, defaults that the webhook does not replace, those of Standard Webhooks (id, timestamp,
/// and one signature for each valid secret), and the trace context of the event.
fn own_headers(job: &Job, at: Timestamp, receiver: &Receiver) -> ShownHeaders {
    let id = job.delivery.message_id();
    let signature = receiver.sign(&id, at, &job.body);
    let mut own: ShownHeaders = vec![("content-type".into(), "application/json".into())];
    for (name, value) in DEFAULTS {
        if !receiver.headers.contains_key(name) {
            own.push((name.into(), value.into()));
        }
    }
    own.extend([
        ("webhook-id".into(), id),
        ("webhook-timestamp".into(), at.unix_seconds().to_string()),
        ("webhook-signature".into(), signature),
    ]);
    if let Some(trace) = job.trace.as_deref() {
        own.push(("traceparent".into(), trace.traceparent.clone()));
        own.extend(trace.tracestate.clone().map(|state| ("tracestate".into(), state)));
    }
    own
}

/// The headers that the HTTP client adds to a request, for the log.
fn client_headers(job: &Job, receiver: &Receiver) -> ShownHeaders {
    let host = receiver.url.as_ref().ok().and_then(|url| Some((url.host_str()?, url.port())));
    let host = host.map(|(host, port)| match port {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    });
    let length = ("content-length".into(), job.body.len().to_string());
    host.map(|host| ("host".into(), host)).into_iter().chain([length]).collect()
}

fn callback(job: &Job, attempt: u32, at: Timestamp, receiver: &Receiver, own: ShownHeaders, called: Called) -> NewCallback {
    let mut request_headers = client_headers(job, receiver);
    request_headers.extend(own);
    request_headers.extend(receiver.shown.iter().cloned());
    NewCallback {
        id: OnceLock::new(),
        delivery: job.delivery,
        event: job.event,
        webhook: job.webhook,
        event_type: job.event_type,
        url: Arc::clone(&receiver.url_text),
        at,
        attempt,
        trigger: job.trigger,
        answer: called.answer,
        detail: called.detail.map(|detail| {
            receiver
                .redactor
                .text(detail.as_bytes())
                .chars()
                .filter(|c| *c != '\0')
                .take(DETAIL)
                .collect()
        }),
        duration_ms: i64::try_from(called.took.as_millis()).unwrap_or(i64::MAX),
        request_headers,
        received: called.received,
    }
}

fn log(job: &Job, attempt: u32, called: &Called) {
    let (delivery, webhook) = (job.delivery, job.webhook);
    if called.answer == Answer::None(Failure::AddressBlocked) {
        tracing::warn!(%delivery, %webhook, attempt, "delivery {delivery}: {}", called.detail.as_deref().unwrap_or_default());
    } else {
        tracing::debug!(%delivery, %webhook, attempt, "delivery {delivery}, attempt {attempt}: {}", called.answer.response());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalogue::EventType, domain::callback::Trigger, storage::new_id};

    #[tokio::test]
    async fn a_panic_harms_its_own_attempt_only() {
        let job = Job {
            delivery: new_id(),
            event: new_id(),
            event_type: EventType::IdentityCreated,
            webhook: new_id(),
            body: "{}".into(),
            trace: None,
            attempts: 0,
            retries: 0,
            breaks: 0,
            order: None,
            trigger: Trigger::Event,
            asked: false,
        };
        let broken = async { panic!("as a fault of the code would") };
        let (finished, told) = guarded(job.clone(), Timestamp(7), broken).await;
        assert_eq!((finished.next, told), (Next::Broke(Timestamp(7)), Told::Nothing));
        assert!(finished.callback.is_none() && finished.job.delivery == job.delivery);
    }
}
