//! One attempt: where to, sign, call, record.

use crate::{
    dispatch::{
        client::{Called, Client},
        outcome,
    },
    domain::{
        answer::{Answer, Failure},
        headers::Header,
        id::{DeliveryId, NodeId},
        retry::RetrySchedule,
        secret::SigningSecret,
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        callbacks::{NewCallback, ShownHeaders},
        queue::{Job, Next},
        webhooks::Target,
    },
};

/// What an additional header's value is shown as: it may be a credential.
const HIDDEN: &str = "••••••";
/// A receiver's own long error is cut.
const DETAIL: usize = 500;

/// Makes attempts.
pub(super) struct Sender {
    pub(super) store: Store,
    pub(super) node: NodeId,
    pub(super) client: Client,
    pub(super) schedule: RetrySchedule,
}

/// Whether there will be another attempt of the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Settled,
    Retry,
}

impl Sender {
    /// Makes one attempt and records it. What cannot be recorded is made again once the lease has ended.
    pub(super) async fn attempt(&self, job: Job) -> Step {
        let (delivery, webhook) = (job.delivery, job.webhook);
        self.try_attempt(job).await.unwrap_or_else(|error| {
            tracing::error!(%error, %delivery, %webhook, "an attempt of delivery {delivery} cannot be recorded; it will be made again");
            Step::Settled
        })
    }

    /// Gives deliveries back untried.
    pub(super) async fn release(&self, deliveries: &[DeliveryId]) {
        if let Err(error) = self.store.release(self.node, deliveries).await {
            tracing::warn!(%error, count = deliveries.len(), "cannot give deliveries back; they are free once their leases end");
        }
    }

    async fn try_attempt(&self, job: Job) -> Result<Step, StoreError> {
        let at = Timestamp::now();
        let (url, additional, secrets) = match self.store.target(job.webhook, at).await? {
            Target::Open { url, headers, secrets } => (url, headers, secrets),
            Target::Disabled => {
                self.store.hold(self.node, job.delivery, at).await?;
                return Ok(Step::Settled);
            }
            Target::Deleted => {
                self.store.fail(self.node, job.delivery, "The webhook was deleted.", at).await?;
                return Ok(Step::Settled);
            }
        };
        let own = own_headers(&job, at, &secrets);
        let called = self.client.call(&url, &own, &additional, job.body.as_bytes()).await;
        let attempt = job.attempts.saturating_add(1);
        let next = outcome::decide(called.answer, attempt, Timestamp::now(), &self.schedule, rand::random());
        log(&job, attempt, &called);
        self.store
            .record(self.node, callback(job, attempt, at, url, &own, &additional, called), &next)
            .await?;
        Ok(if matches!(next, Next::RetryAt(_)) {
            Step::Retry
        } else {
            Step::Settled
        })
    }
}

/// The headers of Standard Webhooks: id, time, and one signature for each live secret.
fn own_headers(job: &Job, at: Timestamp, secrets: &[SigningSecret]) -> ShownHeaders {
    let id = job.delivery.message_id();
    let signatures: Vec<_> = secrets.iter().map(|secret| secret.sign(&id, at, job.body.as_bytes())).collect();
    vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("user-agent".to_owned(), concat!("clearhook/", env!("CARGO_PKG_VERSION")).to_owned()),
        ("webhook-id".to_owned(), id),
        ("webhook-timestamp".to_owned(), at.unix_seconds().to_string()),
        ("webhook-signature".to_owned(), signatures.join(" ")),
    ]
}

fn callback(job: Job, attempt: u32, at: Timestamp, url: String, own: &ShownHeaders, additional: &[Header], called: Called) -> NewCallback {
    let hidden = additional.iter().map(|header| (header.name.clone(), HIDDEN.to_owned()));
    NewCallback {
        delivery: job.delivery,
        event: job.event,
        webhook: job.webhook,
        event_type: job.event_type,
        url,
        at,
        attempt,
        trigger: job.trigger,
        answer: called.answer,
        detail: called.detail.map(|detail| detail.chars().take(DETAIL).collect()),
        duration_ms: i64::try_from(called.took.as_millis()).unwrap_or(i64::MAX),
        request_headers: own.iter().cloned().chain(hidden).collect(),
        received: called.received,
    }
}

fn log(job: &Job, attempt: u32, called: &Called) {
    let (delivery, webhook, response) = (job.delivery, job.webhook, called.answer.response());
    if called.answer == Answer::None(Failure::AddressBlocked) {
        tracing::warn!(%delivery, %webhook, attempt, "delivery {delivery}: {}", called.detail.as_deref().unwrap_or_default());
    } else {
        tracing::debug!(%delivery, %webhook, attempt, %response, "delivery {delivery}, attempt {attempt}: {response}");
    }
}
