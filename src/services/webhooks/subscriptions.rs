//! The webhooks that are subscribed to an event type.

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::event_type::EventType,
    services::error::UseCaseError,
    services::webhooks::list::only_own,
    storage::webhooks::{SubscriptionCounts, WebhookFilter, WebhookRecord},
};

/// The number of subscribed webhooks per event type, among the webhooks that the caller may see.
pub async fn subscription_counts(app: &AppState, by: &Principal) -> Result<SubscriptionCounts, UseCaseError> {
    by.may(Action::ReadCatalogue, false)?;
    let mut own = WebhookFilter::default();
    only_own(by, &mut own)?;
    Ok(app.store.subscription_counts(own.owner).await?)
}

/// The first `rows` webhooks that are subscribed to an event type, sorted by name, and the number of all. Webhooks that the caller may not
/// see are not included.
pub async fn subscribed_webhooks(
    app: &AppState,
    by: &Principal,
    event: &EventType,
    rows: u64,
) -> Result<(Vec<WebhookRecord>, u64), UseCaseError> {
    let mut filter = WebhookFilter {
        event: Some(event.clone()),
        ..WebhookFilter::default()
    };
    only_own(by, &mut filter)?;
    // One query that counts per event type is faster than counting the webhooks that match the filter.
    let total = subscription_counts(app, by).await?.of(event);
    Ok((app.store.first_by_name(&filter, rows).await?, total))
}
