//! The console's list, and what can be done in its rows.

use std::collections::HashMap;

use crate::{
    auth::{
        principal::Principal,
        rules::{Action, Forbidden},
    },
    domain::{id::WebhookId, role::Role, timestamp::Timestamp},
    state::AppState,
    storage::webhooks::{Changed, HourCounts, Latest, ListPage, Listed, WebhookFields, WebhookFilter},
    webhooks::{UseCaseError, pauses, visible},
};

/// A page of the list with its figures.
#[derive(Clone, Debug)]
pub struct ShownPage {
    /// The page.
    pub listed: Listed,
    /// The newest callback of those that made any.
    pub latest: HashMap<WebhookId, Latest>,
    /// Callbacks by the hour.
    pub hours: HashMap<WebhookId, Vec<HourCounts>>,
    /// Whether there is any webhook at all, when the page shows none.
    pub any: bool,
}

/// A page of the webhooks that they may see. Figures are those of the page's webhooks, from `since` on.
pub async fn shown_page(app: &AppState, by: &Principal, mut asked: ListPage, since: Timestamp) -> Result<ShownPage, UseCaseError> {
    only_own(by, &mut asked.filter)?;
    let listed = app.store.list_page(&asked).await?;
    let ids: Vec<WebhookId> = listed.rows.iter().map(|row| row.id).collect();
    let (latest, hours) = tokio::try_join!(app.store.latest_of(&ids), app.store.hours_of(&ids, since))?;
    Ok(ShownPage {
        latest,
        hours,
        any: !ids.is_empty() || app.store.any_webhook(&asked.filter).await?,
        listed,
    })
}

/// An API owner sees what they own, and no more.
pub(super) fn only_own(by: &Principal, filter: &mut WebhookFilter) -> Result<(), Forbidden> {
    match by {
        Principal::User(user) if user.role == Role::ApiOwner => {
            filter.owner = Some(user.user);
            Ok(())
        }
        _ => by.may(Action::ReadWebhooks, false),
    }
}

/// Enables or disables a webhook. All else stays as it is stored: a webhook whose URL is not permitted any more can be disabled too.
pub async fn set_enabled(app: &AppState, by: &Principal, id: WebhookId, enabled: bool) -> Result<(), UseCaseError> {
    for pause in pauses() {
        let stored = visible(app, by, id, Action::WriteWebhooks).await?;
        if stored.enabled == enabled {
            return Ok(());
        }
        let seen = stored.updated_at;
        let fields = WebhookFields {
            name: stored.name,
            description: stored.description,
            url: stored.url,
            enabled,
            events: stored.events,
            owners: stored.owners,
            headers: stored.headers,
            rate: stored.rate,
            ordered: stored.ordered,
        };
        match app.store.change_webhook(&by.actor(), id, seen, &fields).await? {
            Changed::Done(_) => {
                app.dispatcher.changed(id).await;
                tracing::info!(webhook = %id, enabled, "webhook {id} is switched");
                return Ok(());
            }
            // Whatever else changed meanwhile stays.
            Changed::Stale(_) => tokio::time::sleep(pause).await,
            Changed::Gone => return Err(UseCaseError::NotFound),
        }
    }
    Err(UseCaseError::Stale)
}
