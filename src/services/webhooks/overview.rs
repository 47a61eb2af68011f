//! The overview page.

use std::collections::HashMap;

use tokio::try_join;

use crate::{
    app::AppState,
    auth::principal::Principal,
    domain::{id::WebhookId, timestamp::Timestamp, webhook::Status},
    services::error::UseCaseError,
    services::webhooks::list::only_own,
    storage::{
        callback_counts::Figure,
        overview::Trouble,
        webhooks::{Latest, WebhookFilter},
    },
};

/// The state of all webhooks that the caller may see.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The number of webhooks per status.
    pub standings: HashMap<Status, u64>,
    /// The numbers of callbacks per hour, oldest first.
    pub hours: Vec<Figure>,
    /// The number of deliveries that are not complete.
    pub waiting: u64,
    /// Webhooks that need attention: first failing ones, then those that clearhook disabled, then those with held deliveries.
    pub troubles: Vec<Trouble>,
    /// The newest callback of these.
    pub latest: HashMap<WebhookId, Latest>,
}

/// Loads the overview, with statistics since `from` and at most `rows` webhooks of each kind that needs attention.
pub async fn overview(app: &AppState, by: &Principal, from: Timestamp, rows: u64) -> Result<Overview, UseCaseError> {
    let mut own = WebhookFilter::default();
    only_own(by, &mut own)?;
    let (store, owner) = (&app.store, own.owner);
    let (standings, hours, waiting, mut troubles, given_up, holding) = try_join!(
        store.standings(owner),
        store.totals(owner, from),
        store.waiting(owner),
        store.failing(owner, rows),
        store.given_up(owner, rows),
        store.holding(owner, rows),
    )?;
    for other in given_up.into_iter().chain(holding) {
        if troubles.iter().all(|known| known.id() != other.id()) {
            troubles.push(other);
        }
    }
    let ids: Vec<WebhookId> = troubles.iter().map(Trouble::id).collect();
    Ok(Overview {
        standings,
        hours,
        waiting,
        latest: store.latest_of(&ids).await?,
        troubles,
    })
}
