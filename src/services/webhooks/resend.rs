//! Sending again, tests, and new secrets.

use std::time::Duration;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    catalogue::{EventType, example::example_data},
    domain::{
        id::{CallbackId, DeliveryId, WebhookId},
        secret::SigningSecret,
        timestamp::Timestamp,
    },
    messages::wrong::Wrong,
    services::error::{FieldError, UseCaseError},
    services::events::test_event,
    services::webhooks::{logs::callback_for, reachable, visible},
    storage::{resend::Asked, webhooks::WebhookRecord},
};

/// Longest time for which an old secret may still sign.
const OVERLAP_MAX: Duration = Duration::from_secs(7 * 24 * 3_600);
/// The usual one.
const OVERLAP: Duration = Duration::from_secs(24 * 3_600);

/// Sends a callback's event again to the same webhook, at once.
pub async fn redeliver(app: &AppState, by: &Principal, id: CallbackId) -> Result<DeliveryId, UseCaseError> {
    let details = callback_for(app, by, id, Action::Resend).await?;
    enabled(app, by, details.record.webhook).await?;
    if details.request_body.is_none() {
        return Err(UseCaseError::Conflict(Wrong::EventTooOld));
    }
    let delivery = details.record.delivery;
    match app.store.ask_again(&by.actor(), id, delivery, Timestamp::now()).await? {
        Asked::Unknown => return Err(UseCaseError::NotFound),
        Asked::Due => app.dispatcher.wake(),
        Asked::AfterThis => app.dispatcher.asked_again(details.record.webhook, delivery),
    }
    tracing::info!(%delivery, "delivery {delivery} is sent again on request");
    Ok(delivery)
}

/// Queues again every delivery that failed for good or was held, of events between these times; answers how many.
pub async fn recover(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    since: Timestamp,
    until: Option<Timestamp>,
) -> Result<u64, UseCaseError> {
    enabled(app, by, id).await?;
    let until = until.unwrap_or_else(Timestamp::now);
    if since >= until {
        return Err(UseCaseError::Invalid(vec![FieldError::new("/since", Wrong::RangeFuture)]));
    }
    let count = app.store.recover(&by.actor(), id, since, until).await?;
    app.dispatcher.wake();
    tracing::info!(webhook = %id, count, "{count} deliveries of webhook {id} are sent again on request");
    Ok(count)
}

/// Sends an event's example now: of the given type, or of the first that the webhook hears of.
pub async fn test(app: &AppState, by: &Principal, id: WebhookId, event: Option<EventType>) -> Result<DeliveryId, UseCaseError> {
    let webhook = enabled(app, by, id).await?;
    let Some(event) = event.or_else(|| webhook.events.first().copied()) else {
        return Err(UseCaseError::Conflict(Wrong::HearsNothing));
    };
    let event = test_event(event, &example_data(event)).map_err(UseCaseError::Invalid)?;
    let delivery = app.store.add_test(&by.actor(), app.node, id, &event).await?;
    app.dispatcher.wake();
    Ok(delivery)
}

/// Gives a webhook a new secret; the old one still signs for `overlap`.
pub async fn rotate_secret(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    secret: Option<&str>,
    overlap: Option<Duration>,
) -> Result<(SigningSecret, Timestamp), UseCaseError> {
    reachable(app, by, id, Action::WriteWebhooks).await?;
    let secret = match secret.map(SigningSecret::parse).transpose() {
        Ok(secret) => secret.unwrap_or_else(SigningSecret::generate),
        Err(error) => return Err(UseCaseError::Invalid(vec![FieldError::new("/secret", error.wrong())])),
    };
    let overlap = overlap.unwrap_or(OVERLAP);
    if overlap > OVERLAP_MAX {
        return Err(UseCaseError::Invalid(vec![FieldError::new("/overlap", Wrong::Overlap)]));
    }
    let old_until = Timestamp::now().plus(overlap);
    if !app.store.rotate_secret(&by.actor(), id, &secret, old_until).await? {
        return Err(UseCaseError::NotFound);
    }
    app.dispatcher.changed(id).await;
    tracing::info!(webhook = %id, "webhook {id} has a new signing secret");
    Ok((secret, old_until))
}

async fn enabled(app: &AppState, by: &Principal, id: WebhookId) -> Result<WebhookRecord, UseCaseError> {
    let webhook = visible(app, by, id, Action::Resend).await?;
    if webhook.enabled {
        Ok(webhook)
    } else {
        Err(UseCaseError::Conflict(Wrong::Disabled))
    }
}
