//! The deliveries of a webhook that wait, are held, or have failed.

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        id::WebhookId,
        page::{Cursor, Page},
    },
    services::error::UseCaseError,
    services::webhooks::authorize,
    storage::delivery_list::{DeliveryCounts, DeliveryList, ListedDelivery},
};

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

/// The number of deliveries of a webhook that wait, are held, and have failed. Each is counted up to a maximum
/// ([`COUNTED_MAX`](crate::storage::delivery_list::COUNTED_MAX)).
pub async fn delivery_counts(app: &AppState, by: &Principal, id: WebhookId) -> Result<DeliveryCounts, UseCaseError> {
    authorize(app, by, id, Action::ReadCallbacks).await?;
    Ok(app.store.delivery_counts(id).await?)
}
