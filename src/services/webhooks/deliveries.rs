//! The deliveries of a webhook that wait, are held, or have failed, and those of all webhooks in any state.

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        delivery::DeliveryState,
        event_type::EventType,
        id::{DeliveryId, EventId, WebhookId},
        page::{Cursor, Page},
    },
    services::error::UseCaseError,
    services::webhooks::{authorize, logs::ATTEMPTS},
    storage::{
        callbacks::CallbackRecord,
        delivery_list::{DeliveryCounts, DeliveryList, ListedDelivery},
        delivery_search::DeliveryFilter,
    },
};

/// The filter of a list of deliveries.
#[derive(Clone, Debug, Default)]
pub struct DeliveryQuery {
    /// Only deliveries in one of these states. Empty for all.
    pub states: Vec<DeliveryState>,
    /// Only deliveries to this webhook.
    pub webhook: Option<WebhookId>,
    /// Only deliveries of events of this type.
    pub event_type: Option<EventType>,
    /// Only deliveries of this event.
    pub event: Option<EventId>,
}

/// A page of the deliveries of a webhook: waiting ones in the order of their due time, others newest first.
pub async fn deliveries(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    list: DeliveryList,
    after: Option<Cursor>,
    limit: u64,
) -> Result<Page<ListedDelivery>, UseCaseError> {
    authorize(app, by, id, Action::ReadCallbacks).await?;
    Ok(app.store.list_deliveries(id, list, after, limit).await?)
}

/// A page of the deliveries that match a filter, newest first. It may have fewer rows than `limit` although there are more: a page without a
/// next one is the last. API owners can list those of their own webhooks, one by one.
pub async fn find_all_deliveries(
    app: &AppState,
    by: &Principal,
    query: DeliveryQuery,
    after: Option<Cursor>,
    limit: u64,
) -> Result<Page<ListedDelivery>, UseCaseError> {
    match query.webhook {
        Some(webhook) => authorize(app, by, webhook, Action::ReadCallbacks).await?,
        None => by.may(Action::ReadCallbacks, false)?,
    }
    let event = match query.event {
        None => None,
        Some(event) => Some(app.store.event(event).await?.ok_or(UseCaseError::NotFound)?.0),
    };
    let filter = DeliveryFilter {
        states: query.states,
        webhook: query.webhook,
        event_type: query.event_type,
        event,
    };
    Ok(app.store.find_deliveries(&filter, after, limit).await?)
}

/// A delivery and its callbacks, oldest first. If there are more than 200, the newest ones.
pub async fn delivery(app: &AppState, by: &Principal, id: DeliveryId) -> Result<(ListedDelivery, Vec<CallbackRecord>), UseCaseError> {
    let delivery = delivery_for(app, by, Action::ReadCallbacks, None, id).await?;
    let callbacks = app.store.attempts(id, ATTEMPTS).await?;
    Ok((delivery, callbacks))
}

/// The delivery, if the caller may do this with it. If `of` is given, only a delivery of this webhook is found. A key without the scope is refused
/// before the search, so that it does not learn which deliveries exist.
pub(super) async fn delivery_for(
    app: &AppState,
    by: &Principal,
    action: Action,
    of: Option<WebhookId>,
    id: DeliveryId,
) -> Result<ListedDelivery, UseCaseError> {
    if let Principal::Key(_) = by {
        by.may(action, false)?;
    }
    let delivery = app.store.delivery(id).await?;
    let delivery = delivery
        .filter(|found| of.is_none_or(|of| of == found.webhook))
        .ok_or(UseCaseError::NotFound)?;
    authorize(app, by, delivery.webhook, action).await?;
    Ok(delivery)
}

/// The number of deliveries of a webhook that wait, are held, and have failed. Each is counted up to a maximum
/// ([`COUNTED_MAX`](crate::storage::delivery_list::COUNTED_MAX)).
pub async fn delivery_counts(app: &AppState, by: &Principal, id: WebhookId) -> Result<DeliveryCounts, UseCaseError> {
    authorize(app, by, id, Action::ReadCallbacks).await?;
    Ok(app.store.delivery_counts(id).await?)
}
