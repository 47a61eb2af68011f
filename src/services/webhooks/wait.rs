//! Redelivery and tests for people, who want to see the callback at once.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

use crate::{
    app::AppState,
    auth::principal::Principal,
    domain::{
        event_type::EventType,
        id::{CallbackId, DeliveryId, WebhookId},
    },
    services::{
        error::UseCaseError,
        webhooks::{callback, redeliver, test},
    },
    storage::StoreError,
};

/// How long a request waits for the callback. A slow receiver's callback is logged later.
const LIMIT: Duration = Duration::from_secs(2);
/// The interval of queries for callbacks that other nodes log.
const INTERVAL: Duration = Duration::from_millis(200);

/// Redelivers the event of a callback, and waits until the attempt is logged. `None` if that takes too long.
pub async fn redeliver_and_wait(app: &AppState, by: &Principal, id: CallbackId) -> Result<Option<CallbackId>, UseCaseError> {
    let delivery = callback(app, by, id).await?.record.delivery;
    let before = latest_attempt(app, delivery).await?;
    let mut recorded = app.dispatcher.recorded();
    redeliver(app, by, id).await?;
    Ok(next_attempt(app, &mut recorded, delivery, before).await?)
}

/// Sends a test event, and waits until its callback is logged. `None` if that takes too long.
pub async fn test_and_wait(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    event: Option<EventType>,
) -> Result<Option<CallbackId>, UseCaseError> {
    let mut recorded = app.dispatcher.recorded();
    let delivery = test(app, by, id, event).await?;
    Ok(next_attempt(app, &mut recorded, delivery, None).await?)
}

/// Waits for an attempt of a delivery after `before`. `recorded` tells that this node has logged callbacks.
async fn next_attempt(
    app: &AppState,
    recorded: &mut watch::Receiver<()>,
    delivery: DeliveryId,
    before: Option<CallbackId>,
) -> Result<Option<CallbackId>, StoreError> {
    let end = Instant::now() + LIMIT;
    while Instant::now() < end {
        let latest = latest_attempt(app, delivery).await?;
        if latest.is_some() && latest != before {
            return Ok(latest);
        }
        // After a timeout, the next query finds callbacks of other nodes.
        let _ = timeout_at(end.min(Instant::now() + INTERVAL), recorded.changed()).await;
    }
    Ok(None)
}

async fn latest_attempt(app: &AppState, delivery: DeliveryId) -> Result<Option<CallbackId>, StoreError> {
    Ok(app.store.attempts(delivery, 1).await?.pop().map(|attempt| attempt.id))
}
