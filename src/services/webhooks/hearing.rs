//! Which webhooks hear of an event.

use std::collections::HashMap;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    catalogue::EventType,
    services::error::UseCaseError,
    services::webhooks::list::only_own,
    storage::webhooks::{Hearing, WebhookFilter},
};

/// How many of the webhooks that they may see hear of each event.
pub async fn hearing(app: &AppState, by: &Principal) -> Result<HashMap<EventType, u64>, UseCaseError> {
    by.may(Action::ReadCatalogue, false)?;
    let mut own = WebhookFilter::default();
    only_own(by, &mut own)?;
    Ok(app.store.hearing(own.owner).await?)
}

/// The first of the webhooks that they may see and that hear of an event, by name, and how many there are.
pub async fn hearing_of(app: &AppState, by: &Principal, event: EventType, rows: u64) -> Result<(Vec<Hearing>, u64), UseCaseError> {
    let mut filter = WebhookFilter {
        event: Some(event),
        ..WebhookFilter::default()
    };
    only_own(by, &mut filter)?;
    // Counting all events is quicker than counting the webhooks of a filter.
    let total = hearing(app, by).await?.get(&event).copied().unwrap_or(0);
    Ok((app.store.first_by_name(&filter, rows).await?, total))
}
