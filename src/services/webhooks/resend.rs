//! Redelivery, test events, and rotation of signing secrets.

use std::time::Duration;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        event_type::{EventType, EventTypeState},
        id::{CallbackId, DeliveryId, WebhookId},
        secret::SigningSecret,
        timestamp::Timestamp,
    },
    messages::validation::ValidationError,
    registry::Snapshot,
    services::error::{FieldError, UseCaseError},
    services::events::{store_span, test_event},
    services::webhooks::{authorize, load_authorized, logs::callback_for},
    storage::{resend::Redelivery, webhooks::WebhookRecord},
};

/// Maximum time for which an old secret stays valid after a rotation.
const OVERLAP_MAX: Duration = Duration::from_secs(7 * 24 * 3_600);
/// Default of that time.
const OVERLAP: Duration = Duration::from_secs(24 * 3_600);

/// Redelivers a callback's event to the same webhook, before the backlog.
pub async fn redeliver(app: &AppState, by: &Principal, id: CallbackId) -> Result<DeliveryId, UseCaseError> {
    let details = callback_for(app, by, id, Action::Resend).await?;
    load_enabled(app, by, details.record.webhook).await?;
    if details.is_erased {
        return Err(UseCaseError::Conflict(ValidationError::EventErased));
    }
    if details.request_body.is_none() {
        return Err(UseCaseError::Conflict(ValidationError::EventTooOld));
    }
    let delivery = details.record.delivery;
    match app.store.redeliver(&by.actor(), id, delivery).await? {
        Redelivery::Unknown => return Err(UseCaseError::NotFound),
        Redelivery::Due => app.dispatcher.wake(),
        Redelivery::AfterCurrentAttempt => app.dispatcher.manual_requested(details.record.webhook, delivery),
    }
    tracing::info!(%delivery, "delivery {delivery} is sent again on request");
    Ok(delivery)
}

/// Sends a test event, before the backlog: the example of the given event type, or of the first to which the webhook is subscribed.
pub async fn test(app: &AppState, by: &Principal, id: WebhookId, event: Option<EventType>) -> Result<DeliveryId, UseCaseError> {
    let webhook = load_enabled(app, by, id).await?;
    let types = app.event_types.current().await?;
    let Some(event) = event.or_else(|| first_subscribed(&webhook, &types)) else {
        return Err(UseCaseError::Conflict(ValidationError::NoSubscription));
    };
    if types
        .get(event.as_str())
        .is_some_and(|entry| entry.examples().is_empty() && !entry.schema().is_any())
    {
        return Err(UseCaseError::Conflict(ValidationError::NoExample { event: event.to_string() }));
    }
    let mut event = test_event(&types, &event).map_err(UseCaseError::Invalid)?;
    let span = store_span(app, None, &mut event);
    let added = app.store.add_test(&by.actor(), app.node, id, &event).await;
    if let Some(span) = span {
        match &added {
            Ok(_) => span.stored(false, 1),
            Err(error) => span.failed(error.to_string()),
        }
    }
    let delivery = added?;
    app.dispatcher.wake();
    Ok(delivery)
}

/// Rotates the signing secret. During `overlap`, callbacks are signed with both the old and the new one.
pub async fn rotate_secret(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    secret: Option<&str>,
    overlap: Option<Duration>,
) -> Result<(SigningSecret, Timestamp), UseCaseError> {
    authorize(app, by, id, Action::WriteWebhooks).await?;
    let secret = match secret.map(SigningSecret::parse).transpose() {
        Ok(secret) => secret.unwrap_or_else(SigningSecret::generate),
        Err(error) => return Err(UseCaseError::Invalid(vec![FieldError::new("/secret", error.wrong())])),
    };
    let overlap = overlap.unwrap_or(OVERLAP);
    if overlap > OVERLAP_MAX {
        return Err(UseCaseError::Invalid(vec![FieldError::new("/overlap", ValidationError::Overlap)]));
    }
    let old_until = Timestamp::now().plus(overlap);
    if !app.store.rotate_secret(&by.actor(), id, &secret, old_until).await? {
        return Err(UseCaseError::NotFound);
    }
    app.dispatcher.changed(id).await;
    tracing::info!(webhook = %id, "webhook {id} has a new signing secret");
    Ok((secret, old_until))
}

/// The first type of the catalogue to which a webhook is subscribed, by its name or by a pattern.
fn first_subscribed(webhook: &WebhookRecord, types: &Snapshot) -> Option<EventType> {
    let events = &webhook.fields.events;
    let live = types.all().iter().filter(|entry| entry.state() != EventTypeState::Archived);
    let mut subscribed = live.filter(|entry| events.iter().any(|pattern| pattern.matches(entry.event_type())));
    subscribed.next().map(|entry| entry.event_type().clone())
}

pub(super) async fn load_enabled(app: &AppState, by: &Principal, id: WebhookId) -> Result<WebhookRecord, UseCaseError> {
    let webhook = load_authorized(app, by, id, Action::Resend).await?;
    if webhook.fields.enabled {
        Ok(webhook)
    } else {
        Err(UseCaseError::Conflict(ValidationError::Disabled))
    }
}
