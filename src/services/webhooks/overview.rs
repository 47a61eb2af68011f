//! How everything fares that somebody may see.

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

/// How everything fares.
#[derive(Clone, Debug)]
pub struct Overview {
    /// How many webhooks stand how.
    pub standings: HashMap<Status, u64>,
    /// Callbacks by the hour, oldest first.
    pub hours: Vec<Figure>,
    /// Deliveries that are not done yet.
    pub waiting: u64,
    /// Webhooks that need attention: failing ones, then those that clearhook disabled, then those for which deliveries are held.
    pub troubles: Vec<Trouble>,
    /// The newest callback of these.
    pub latest: HashMap<WebhookId, Latest>,
}

/// How everything fares that they may see: figures since `from`, up to so many webhooks of each trouble.
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
