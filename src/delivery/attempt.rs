//! One attempt of a delivery: reads the webhook, signs and sends the request, and evaluates the response.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use futures_util::FutureExt;
use tokio::time::Instant;

use crate::{
    delivery::{
        classify_response,
        client::{AttemptHeaders, Called, Client},
        clock_jump::JumpDetector,
        endpoint_cache::{CachedEndpoint, Endpoint, EndpointCache},
        late_body::LateBody,
        queues::ReceiverHealth,
        settings::DeliverySettings,
    },
    domain::{
        answer::{Answer, Failure},
        callback::{Outcome, Trigger},
        connection::Certificate,
        timestamp::Timestamp,
        trace_context::TraceContext,
    },
    otel::Attempt,
    storage::{
        StoreError,
        callbacks::{NewCallback, ShownHeaders},
        deliveries::Job,
        journal::{Finished, Health, Next},
    },
};

/// Maximum length of the stored error detail, in characters. The names in a certificate chain can make it longer.
const DETAIL: usize = 1_000;

/// Failure reason of the deliveries of a deleted webhook.
pub(super) const DELETED: &str = "The webhook was deleted.";

/// The result of an attempt.
pub(super) struct Attempted {
    pub(super) finished: Finished,
    pub(super) health: ReceiverHealth,
    /// The rest of the response body, to be read after the result is recorded.
    pub(super) late_body: Option<LateBody>,
}

impl Attempted {
    /// The result of a delivery for which no request was sent.
    const fn without_attempt(job: Job, next: Next) -> Self {
        Self {
            finished: without_attempt(job, next),
            health: ReceiverHealth::Unknown,
            late_body: None,
        }
    }
}

/// Runs attempts.
pub(super) struct CallbackSender {
    pub(super) endpoints: EndpointCache,
    pub(super) client: Client,
    pub(super) clock: Arc<JumpDetector>,
    pub(super) settings: Arc<DeliverySettings>,
}

impl CallbackSender {
    /// Runs one attempt. Always returns a result: after a panic, another attempt follows, a limited number of times.
    pub(super) async fn attempt(&self, job: Job) -> Attempted {
        guarded(job.clone(), self.again_at(), self.try_attempt(job)).await
    }

    /// When the next attempt of a delivery is due after one that panicked or could not begin.
    fn again_at(&self) -> Instant {
        Instant::now() + self.settings.trouble_pause
    }

    async fn call(&self, endpoint: &Endpoint, own: &AttemptHeaders, body: Bytes) -> Called {
        #[cfg(feature = "test-support")]
        if let Some(receivers) = &self.settings.receivers {
            return crate::delivery::simulated_client::call(receivers, endpoint, own, body, self.settings.timeout).await;
        }
        self.client.call(endpoint, own, body).await
    }

    async fn try_attempt(&self, job: Job) -> Attempted {
        let cached = match self.endpoints.get(job.webhook).await {
            Ok(cached) => cached,
            Err(error) => return unreadable(job, &error, self.again_at()),
        };
        let endpoint = match &*cached {
            CachedEndpoint::Open(endpoint) => endpoint,
            CachedEndpoint::Disabled => return Attempted::without_attempt(job, Next::Held),
            CachedEndpoint::Deleted => {
                return Attempted::without_attempt(job, Next::Failed(DELETED.to_owned()));
            }
        };
        let at = Timestamp::now();
        let attempt = job.attempts.saturating_add(1);
        let span = self
            .settings
            .otel
            .attempting(job.trace.as_deref(), || measured(&job, attempt, endpoint));
        let own = attempt_headers(&job, at, endpoint, span.context().as_ref().or(job.trace.as_deref()));
        let mut called = self.call(endpoint, &own, job.body.clone()).await;
        span.end(called.answer.status(), failure(&called));
        log(&job, attempt, &called);
        let works = called.answer.outcome() == Outcome::Succeeded;
        let next = classify_response::decide(&called, &job, Instant::now(), &self.settings.schedule, jitter());
        let health = if works {
            endpoint.succeeded()
        } else if called.answer == Answer::Status(410) {
            Some(Health::Gone)
        } else if classify_response::exhausts(&job, &next) {
            Some(endpoint.exhausted(self.clock.now(), self.settings.disable_after))
        } else if job.trigger == Trigger::Test {
            // A test is often sent before the receiver is ready.
            None
        } else {
            endpoint.failed(at)
        };
        let receiver_health = match (works, classify_response::pause(&called)) {
            (true, _) => ReceiverHealth::Works,
            (false, Some(pause)) => ReceiverHealth::FailsUntil(Instant::now() + pause),
            (false, None) => ReceiverHealth::Fails,
        };
        let late_body = called.late_body.take();
        let callback = callback(&job, attempt, at, endpoint, own, called);
        let late_body = late_body.map(|reader| LateBody::new(&callback, cached.clone(), reader));
        Attempted {
            finished: Finished {
                job,
                callback: Some(callback),
                next,
                health,
            },
            health: receiver_health,
            late_body,
        }
    }
}

/// Catches a panic of an attempt.
async fn guarded(job: Job, again: Instant, attempt: impl Future<Output = Attempted>) -> Attempted {
    if let Ok(result) = AssertUnwindSafe(attempt).catch_unwind().await {
        return result;
    }
    tracing::error!(delivery = %job.delivery, webhook = %job.webhook, "fault in clearhook: the attempt of delivery {} panicked; another one follows, a limited number of times", job.delivery);
    Attempted::without_attempt(job, Next::Panicked(again))
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
fn unreadable(job: Job, error: &StoreError, again: Instant) -> Attempted {
    tracing::warn!(%error, delivery = %job.delivery, webhook = %job.webhook, "delivery {} cannot be sent now because the database failed; another attempt follows: {error}", job.delivery);
    let next = if error.is_refusal() {
        Next::Panicked(again)
    } else {
        Next::Postponed(again)
    };
    Attempted::without_attempt(job, next)
}

/// A random number from 0 to 1, which spreads the retries of deliveries that failed at the same time.
fn jitter() -> f64 {
    #[cfg(feature = "test-support")]
    if let Some(fraction) = crate::domain::simulated::fraction() {
        return fraction;
    }
    rand::random()
}

/// The headers that differ between attempts: those of Standard Webhooks (id, timestamp, and one signature for each valid secret), and the
/// trace context.
fn attempt_headers(job: &Job, at: Timestamp, endpoint: &Endpoint, trace: Option<&TraceContext>) -> AttemptHeaders {
    let id = job.delivery.message_id();
    let signature = endpoint.sign(&id, at, &job.body);
    let mut headers = vec![
        ("webhook-id", id),
        ("webhook-timestamp", at.unix_seconds().to_string()),
        ("webhook-signature", signature),
    ];
    if let Some(trace) = trace {
        headers.push(("traceparent", trace.traceparent.clone()));
        headers.extend(trace.tracestate.clone().map(|state| ("tracestate", state)));
    }
    headers
}

/// What the span of an attempt says about it.
fn measured<'a>(job: &'a Job, number: u32, endpoint: &'a Endpoint) -> Attempt<'a> {
    Attempt {
        event_type: job.event_type.as_str(),
        event: job.event.to_string(),
        delivery: job.delivery.to_string(),
        webhook: job.webhook.to_string(),
        number,
        trigger: job.trigger.as_str(),
        uri: endpoint.uri.as_ref().ok(),
        bytes: job.body.len(),
    }
}

/// Why there is no response, and the sentence about it.
fn failure(called: &Called) -> Option<(&'static str, &str)> {
    match called.answer {
        Answer::None(failure) => Some((failure.as_str(), called.detail.as_deref().unwrap_or_default())),
        Answer::Status(_) => None,
    }
}

/// All headers of the request, for the log.
fn logged_headers(job: &Job, endpoint: &Endpoint, own: AttemptHeaders) -> ShownHeaders {
    let mut headers = endpoint.shown_first.clone();
    headers.push(("content-length".into(), job.body.len().to_string()));
    headers.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
    headers.extend_from_slice(&endpoint.shown_additional);
    headers
}

/// A text from the receiver for the log: secrets are redacted, and it is cut.
fn shown(endpoint: &Endpoint, text: &str) -> String {
    let text = endpoint.redactor.text(text.as_bytes());
    text.chars().filter(|c| *c != '\0').take(DETAIL).collect()
}

fn shown_certificate(endpoint: &Endpoint, certificate: Certificate) -> Certificate {
    let shown = |text: &String| shown(endpoint, text);
    Certificate {
        subject: shown(&certificate.subject),
        issuer: shown(&certificate.issuer),
        names: certificate.names.iter().map(shown).collect(),
        ..certificate
    }
}

fn callback(job: &Job, attempt: u32, at: Timestamp, endpoint: &Endpoint, own: AttemptHeaders, called: Called) -> NewCallback {
    NewCallback {
        id: OnceLock::new(),
        delivery: job.delivery,
        event: job.event,
        webhook: job.webhook,
        event_type: job.event_type.clone(),
        url: Arc::clone(&endpoint.url_text),
        at,
        attempt,
        trigger: job.trigger,
        answer: called.answer,
        detail: called.detail.map(|detail| shown(endpoint, &detail)),
        duration_ms: i64::try_from(called.took.as_millis()).unwrap_or(i64::MAX),
        phases: called.phases,
        certificates: called
            .certificates
            .into_iter()
            .map(|certificate| shown_certificate(endpoint, certificate))
            .collect(),
        request_headers: logged_headers(job, endpoint, own),
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
    use crate::{
        domain::{callback::Trigger, event_type::EventType},
        storage::new_id,
    };

    #[tokio::test]
    async fn a_panic_is_caught_and_becomes_the_result_of_the_attempt() {
        let job = Job {
            delivery: new_id(),
            event: new_id(),
            event_type: EventType::of_stored("identity.created"),
            webhook: new_id(),
            body: "{}".into(),
            trace: None,
            attempts: 0,
            retries: 0,
            max_attempts: None,
            panics: 0,
            order: None,
            trigger: Trigger::Event,
            manual: false,
        };
        let again = Instant::now();
        let broken = async { panic!("a panic, as by a fault of the code") };
        let Attempted { finished, health, .. } = guarded(job.clone(), again, broken).await;
        assert_eq!((finished.next, health), (Next::Panicked(again), ReceiverHealth::Unknown));
        assert!(finished.callback.is_none() && finished.job.delivery == job.delivery);
    }
}
