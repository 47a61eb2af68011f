//! Which webhooks hear of an event.

use std::collections::HashMap;

use crate::{
    auth::{principal::Principal, rules::Action},
    catalogue::EventType,
    domain::list::{Direction, Sort},
    state::AppState,
    storage::webhooks::{ListPage, Listed, WebhookFilter},
    webhooks::{UseCaseError, list::only_own},
};

/// How many of the webhooks that they may see hear of each event.
pub async fn hearing(app: &AppState, by: &Principal) -> Result<HashMap<EventType, u64>, UseCaseError> {
    by.may(Action::ReadCatalogue, false)?;
    let mut own = WebhookFilter::default();
    only_own(by, &mut own)?;
    Ok(app.store.hearing(own.owner).await?)
}

/// The first of the webhooks that they may see and that hear of an event, by name.
pub async fn hearing_of(app: &AppState, by: &Principal, event: EventType, rows: u64) -> Result<Listed, UseCaseError> {
    by.may(Action::ReadCatalogue, false)?;
    let mut filter = WebhookFilter {
        event: Some(event),
        ..WebhookFilter::default()
    };
    only_own(by, &mut filter)?;
    let first = ListPage {
        filter,
        status: None,
        sort: Sort::Name,
        direction: Direction::Ascending,
        page: 1,
        rows,
    };
    Ok(app.store.list_page(&first).await?)
}
