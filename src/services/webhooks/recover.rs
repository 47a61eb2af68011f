//! Sends failed and held deliveries again, discards held and waiting ones, and cancels single ones. Large amounts are changed in batches.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        delivery::DeliveryState,
        id::{DeliveryId, WebhookId},
        page::Cursor,
        timestamp::Timestamp,
    },
    messages::validation::ValidationError,
    services::error::{FieldError, UseCaseError},
    services::webhooks::{authorize, deliveries::delivery_for, resend::load_enabled},
    storage::{
        StoreError,
        recover::{CANCELLED, Cancelled, Discard, Recovery, Requeued},
    },
};

/// Which deliveries are sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The earliest creation time, inclusive.
    pub since: Timestamp,
    /// The latest creation time, exclusive.
    pub until: Timestamp,
    /// Whether those are sent that failed for good.
    pub failed: bool,
    /// Whether those are sent that are held.
    pub held: bool,
}

/// The result of sending again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The number of deliveries that were sent again.
    pub deliveries: u64,
    /// Where to continue, if there may be more.
    pub rest: Option<Cursor>,
}

/// The result of discarding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discarded {
    /// The number of deliveries that were discarded.
    pub deliveries: u64,
    /// Whether there may be more.
    pub more: bool,
}

/// Sends all deliveries again that failed for good or were held, of events between these times. Returns their number.
pub async fn recover(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    since: Timestamp,
    until: Option<Timestamp>,
) -> Result<u64, UseCaseError> {
    let chosen = Chosen {
        since,
        until: until.unwrap_or_else(Timestamp::now),
        failed: true,
        held: true,
    };
    let recovered = recover_for(app, by, id, chosen, None, None).await?;
    Ok(recovered.deliveries)
}

/// Redelivers the chosen deliveries, oldest first, for as long as `limit` says, and beginning after `after`. The first call has no `after`; if
/// the result has a `rest`, the next call continues there, with the same `chosen`.
pub async fn recover_for(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    chosen: Chosen,
    after: Option<Cursor>,
    limit: Option<Duration>,
) -> Result<Recovered, UseCaseError> {
    load_enabled(app, by, id).await?;
    check(chosen)?;
    let recovery = Recovery {
        webhook: id,
        since: chosen.since,
        until: chosen.until,
        failed: chosen.failed,
        held: chosen.held,
    };
    let (begun, mut deliveries, mut rest) = (Instant::now(), 0, after);
    let mut actor = Some(by.actor());
    loop {
        let step = app.store.recover_batch(actor.take().as_ref(), &recovery, rest).await?;
        deliveries += step.deliveries;
        rest = step.rest;
        app.dispatcher.wake();
        if rest.is_none() || limit.is_some_and(|limit| begun.elapsed() >= limit) {
            break;
        }
    }
    tracing::info!(webhook = %id, count = deliveries, "{deliveries} deliveries of webhook {id} are sent again on request");
    Ok(Recovered { deliveries, rest })
}

/// The number of failed and of held deliveries of a webhook that were created in this time range.
pub async fn count_recoverable(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    since: Timestamp,
    until: Timestamp,
) -> Result<(u64, u64), UseCaseError> {
    authorize(app, by, id, Action::ReadCallbacks).await?;
    Ok(app.store.recoverable(id, since, until).await?)
}

fn check(chosen: Chosen) -> Result<(), UseCaseError> {
    if chosen.since >= chosen.until {
        return Err(UseCaseError::Invalid(vec![FieldError::new("/since", ValidationError::RangeFuture)]));
    }
    Ok(())
}

/// Discards the held or waiting deliveries of a webhook that were created before `until`, for as long as `limit` says. They are not sent any
/// more, and are not recovered. Deliveries that another node has taken into its memory are sent.
pub async fn discard(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    which: Discard,
    until: Timestamp,
    limit: Option<Duration>,
) -> Result<Discarded, UseCaseError> {
    authorize(app, by, id, Action::Resend).await?;
    let (begun, mut deliveries, mut is_first) = (Instant::now(), 0, true);
    let more = loop {
        let (discarded, more) = app.store.discard_batch(&by.actor(), id, which, until, is_first).await?;
        deliveries += discarded;
        is_first = false;
        if !more {
            break false;
        }
        if limit.is_some_and(|limit| begun.elapsed() >= limit) {
            break true;
        }
    };
    if which == Discard::Waiting && !more {
        deliveries += app.dispatcher.cancel_waiting(id, until, CANCELLED).await;
    }
    app.dispatcher.wake();
    tracing::info!(webhook = %id, count = deliveries, "{deliveries} deliveries of webhook {id} were discarded on request");
    Ok(Discarded { deliveries, more })
}

/// Sends a delivery again that has failed for good or is held, with a full retry schedule and before the backlog. If `of` is given, only a
/// delivery of this webhook is found.
pub async fn redeliver_delivery(app: &AppState, by: &Principal, of: Option<WebhookId>, id: DeliveryId) -> Result<(), UseCaseError> {
    let delivery = delivery_for(app, by, Action::Resend, of, id).await?;
    load_enabled(app, by, delivery.webhook).await?;
    match app.store.event(delivery.event).await? {
        None => return Err(UseCaseError::Conflict(ValidationError::EventTooOld)),
        Some((_, body)) if body.is_empty() => return Err(UseCaseError::Conflict(ValidationError::EventErased)),
        Some(_) => {}
    }
    match app.store.requeue(&by.actor(), id).await? {
        Requeued::Done => {}
        Requeued::Refused(DeliveryState::Pending | DeliveryState::Parked | DeliveryState::Sending) => {
            return Err(UseCaseError::Conflict(ValidationError::DeliveryWaits));
        }
        Requeued::Refused(_) => return Err(UseCaseError::Conflict(ValidationError::DeliveryEnded)),
        Requeued::Unknown => return Err(UseCaseError::NotFound),
    }
    app.dispatcher.wake();
    tracing::info!(delivery = %id, "delivery {id} is sent again on request");
    Ok(())
}

/// Cancels a delivery that waits or is held. If `of` is given, only a delivery of this webhook is found.
pub async fn cancel(app: &AppState, by: &Principal, of: Option<WebhookId>, id: DeliveryId) -> Result<(), UseCaseError> {
    let webhook = delivery_for(app, by, Action::Resend, of, id).await?.webhook;
    match app.store.cancel(&by.actor(), id).await? {
        Cancelled::Done => {}
        Cancelled::Sending => cancel_in_memory(app, by, webhook, id).await?,
        Cancelled::Over => return Err(UseCaseError::Conflict(ValidationError::DeliveryOver)),
        Cancelled::Unknown => return Err(UseCaseError::NotFound),
    }
    app.dispatcher.wake();
    tracing::info!(delivery = %id, "delivery {id} was cancelled on request");
    Ok(())
}

/// Cancels a delivery that this node has claimed and not begun to send.
async fn cancel_in_memory(app: &AppState, by: &Principal, webhook: WebhookId, id: DeliveryId) -> Result<(), UseCaseError> {
    if !app.dispatcher.cancel_one(webhook, id, CANCELLED).await {
        return Err(UseCaseError::Conflict(ValidationError::DeliveryBeingSent));
    }
    let noted: Result<(), StoreError> = app.store.note_cancelled(&by.actor(), webhook, id).await;
    Ok(noted?)
}
