//! The console's list, and what can be done in its rows.

use std::collections::HashMap;

use crate::{
    app::AppState,
    auth::{
        principal::Principal,
        rules::{Action, Forbidden},
    },
    domain::{id::WebhookId, role::Role, timestamp::Timestamp},
    services::error::UseCaseError,
    services::webhooks::reachable,
    storage::webhooks::{HourCounts, Latest, ListPage, Listed, Switched, WebhookFilter},
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

/// Enables or disables a webhook, and changes nothing else: a webhook whose URL is not permitted any more can be disabled too.
pub async fn set_enabled(app: &AppState, by: &Principal, id: WebhookId, enabled: bool) -> Result<(), UseCaseError> {
    reachable(app, by, id, Action::WriteWebhooks).await?;
    match app.store.set_enabled(&by.actor(), id, enabled).await? {
        Switched::Done => {
            app.dispatcher.changed(id).await;
            let word = if enabled { "enabled" } else { "disabled" };
            tracing::info!(webhook = %id, enabled, "webhook {id} was {word} on request");
            Ok(())
        }
        Switched::Already => Ok(()),
        Switched::Gone => Err(UseCaseError::NotFound),
    }
}
