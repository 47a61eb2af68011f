//! Why callbacks of a webhook pause, and the button that tries one now.

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    delivery::Paused,
    domain::id::{DeliveryId, WebhookId},
    messages::validation::ValidationError,
    services::error::UseCaseError,
    services::webhooks::{authorize, resend::load_enabled},
    storage::delivery_list::DueDeliveries,
};

/// A pause of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// The reason, as this node knows it.
    pub paused: Paused,
    /// What of the waiting deliveries could be sent if there were no pause.
    pub due: DueDeliveries,
    /// Whether other nodes send callbacks too, which may know another state.
    pub several_nodes: bool,
}

/// Why this node begins no callback of a webhook now, except single ones. `None` if it does, or if no callback of the webhook has failed on this
/// node.
pub async fn pause(app: &AppState, by: &Principal, id: WebhookId) -> Result<Option<Pause>, UseCaseError> {
    let Some(paused) = app.dispatcher.paused(id) else {
        return Ok(None);
    };
    authorize(app, by, id, Action::ReadCallbacks).await?;
    let (due, is_alone) = tokio::try_join!(app.store.due_deliveries(id, app.store.now()), app.store.is_alone(app.node))?;
    Ok(Some(Pause {
        paused,
        due,
        several_nodes: !is_alone,
    }))
}

/// Sends the first waiting delivery of a webhook now, whatever pauses the webhook. If the receiver accepts it, the others follow.
pub async fn try_now(app: &AppState, by: &Principal, id: WebhookId) -> Result<DeliveryId, UseCaseError> {
    load_enabled(app, by, id).await?;
    let delivery = if let Some(delivery) = app.dispatcher.try_first(id) {
        app.store.note_tried(&by.actor(), id, delivery).await?;
        delivery
    } else {
        let first = app.store.prioritise_first(&by.actor(), id).await?;
        app.dispatcher.wake();
        first.ok_or(UseCaseError::Conflict(ValidationError::NothingWaits))?
    };
    tracing::info!(webhook = %id, %delivery, "delivery {delivery} of webhook {id} is tried now on request");
    Ok(delivery)
}
