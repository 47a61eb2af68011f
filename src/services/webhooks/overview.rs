//! The overview page.

use std::collections::{HashMap, HashSet};

use tokio::try_join;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        id::{UserId, WebhookId},
        timestamp::Timestamp,
        webhook::Status,
    },
    services::error::UseCaseError,
    services::events::TEST_SOURCE,
    services::webhooks::list::only_own,
    storage::{
        StoreError,
        callback_counts::Figure,
        global_stats::TypeFigure,
        overview::Trouble,
        recent::{FirstSteps, RecentCallback},
        webhooks::{Latest, WebhookFilter},
    },
};

/// The number of newest callbacks from which the busiest and the slowest webhooks are found.
const RECENT: u64 = 500;

/// The maximum number of failing webhooks of which the waiting deliveries are counted, which takes some milliseconds.
const FAILING_MAX: u64 = 50;

/// The state of all webhooks that the caller may see.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The number of webhooks per status.
    pub standings: HashMap<Status, u64>,
    /// The numbers of callbacks per hour, oldest first.
    pub hours: Vec<Figure>,
    /// The numbers of callbacks per hour and event type of the newest 24 hours. Empty for callers who see only their own webhooks.
    pub hours_by_type: Vec<TypeFigure>,
    /// The number of deliveries that are not complete.
    pub waiting: u64,
    /// The number of deliveries that wait for each failing webhook. `None` if more than [`FAILING_MAX`] webhooks fail.
    pub waiting_for_failing: Option<Vec<u64>>,
    /// Webhooks that need attention: first failing ones, then those that clearhook disabled, then those with held deliveries.
    pub troubles: Vec<Trouble>,
    /// The newest callback of these.
    pub latest: HashMap<WebhookId, Latest>,
    /// The newest callbacks of all webhooks. Empty for callers who see only their own webhooks.
    pub recent: Vec<RecentCallback>,
    /// The names of the webhooks of these callbacks.
    pub names: HashMap<WebhookId, String>,
}

/// The first steps of a new installation, for administrators. `None` for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checklist {
    /// The steps that all administrators share.
    pub steps: FirstSteps,
    /// Whether the caller has a second factor.
    pub has_factor: bool,
}

/// The steps that have been done.
pub async fn checklist(app: &AppState, by: &Principal) -> Result<Option<Checklist>, UseCaseError> {
    let Some(user) = by.user().filter(|_| by.may(Action::WriteWebhooks, false).is_ok()) else {
        return Ok(None);
    };
    let (steps, factor) = try_join!(app.store.first_steps(TEST_SOURCE), app.store.second_factor(user))?;
    Ok(Some(Checklist {
        steps,
        has_factor: factor.is_some_and(|factor| factor.confirmed),
    }))
}

/// The hourly numbers of callbacks since `from` by event type, of all webhooks. Nothing for a caller who may see the own webhooks only, because
/// these statistics are not kept by owner.
pub async fn callbacks_by_type(app: &AppState, by: &Principal, from: Timestamp) -> Result<Vec<TypeFigure>, UseCaseError> {
    let mut own = WebhookFilter::default();
    only_own(by, &mut own)?;
    Ok(by_type(app, own.owner, from).await?)
}

async fn by_type(app: &AppState, owner: Option<UserId>, from: Timestamp) -> Result<Vec<TypeFigure>, StoreError> {
    match owner {
        Some(_) => Ok(Vec::new()),
        None => app.store.totals_by_type(from).await,
    }
}

/// Loads the overview, with statistics since `from`, by event type since `types_from`, and at most `rows` webhooks of each kind that needs attention.
pub async fn overview(app: &AppState, by: &Principal, from: Timestamp, types_from: Timestamp, rows: u64) -> Result<Overview, UseCaseError> {
    let mut own = WebhookFilter::default();
    only_own(by, &mut own)?;
    let (store, owner) = (&app.store, own.owner);
    let recent = async {
        match owner {
            Some(_) => Ok(Vec::new()),
            None => store.recent_callbacks(RECENT).await,
        }
    };
    let (standings, hours, hours_by_type, waiting, waiting_for_failing, mut troubles, given_up, holding, recent) = try_join!(
        store.standings(owner),
        store.totals(owner, from),
        by_type(app, owner, types_from),
        store.waiting(owner),
        store.waiting_for_failing(owner, FAILING_MAX + 1),
        store.failing(owner, rows),
        store.given_up(owner, rows),
        store.holding(owner, rows),
        recent,
    )?;
    for other in given_up.into_iter().chain(holding) {
        if troubles.iter().all(|known| known.id() != other.id()) {
            troubles.push(other);
        }
    }
    let ids: Vec<WebhookId> = troubles.iter().map(Trouble::id).collect();
    let recently: Vec<WebhookId> = recent
        .iter()
        .map(RecentCallback::webhook)
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    let (latest, names) = try_join!(store.latest_of(&ids), store.webhook_names(&recently))?;
    Ok(Overview {
        standings,
        hours,
        hours_by_type,
        waiting,
        waiting_for_failing: Some(waiting_for_failing).filter(|counts| counts.len() as u64 <= FAILING_MAX),
        troubles,
        latest,
        recent,
        names,
    })
}
