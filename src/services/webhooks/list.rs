//! The console's list of webhooks, and enabling and disabling in its rows.

use std::collections::HashMap;

use crate::{
    app::AppState,
    auth::{
        principal::Principal,
        rules::{Action, Forbidden},
    },
    domain::{id::WebhookId, role::Role, timestamp::Timestamp},
    services::error::UseCaseError,
    services::webhooks::authorize,
    storage::webhooks::{HourCounts, Latest, ListPage, Listed, Switched, WebhookFilter},
};

/// A page of the list with statistics.
#[derive(Clone, Debug)]
pub struct ShownPage {
    /// The webhooks of the page.
    pub listed: Listed,
    /// The newest callback per webhook, if there is one.
    pub latest: HashMap<WebhookId, Latest>,
    /// The numbers of callbacks per hour and webhook.
    pub hours: HashMap<WebhookId, Vec<HourCounts>>,
    /// Whether the caller may see any webhook, with any filter.
    pub any: bool,
}

/// A page of the webhooks that the caller may see, with their statistics since `since`.
pub async fn shown_page(app: &AppState, by: &Principal, mut list: ListPage, since: Timestamp) -> Result<ShownPage, UseCaseError> {
    only_own(by, &mut list.filter)?;
    let listed = app.store.list_page(&list).await?;
    let ids: Vec<WebhookId> = listed.rows.iter().map(|row| row.id).collect();
    let (latest, hours) = tokio::try_join!(app.store.latest_of(&ids), app.store.hours_of(&ids, since))?;
    Ok(ShownPage {
        latest,
        hours,
        any: !ids.is_empty() || app.store.any_webhook(&list.filter).await?,
        listed,
    })
}

/// Restricts the filter to the caller's own webhooks, if the caller is an API owner.
pub(super) fn only_own(by: &Principal, filter: &mut WebhookFilter) -> Result<(), Forbidden> {
    match by {
        Principal::User(user) if user.role == Role::ApiOwner => {
            filter.owner = Some(user.user);
            Ok(())
        }
        _ => by.may(Action::ReadWebhooks, false),
    }
}

/// Enables or disables a webhook. Other fields are not validated again, so a webhook whose URL is no longer permitted can be disabled.
pub async fn set_enabled(app: &AppState, by: &Principal, id: WebhookId, enabled: bool) -> Result<(), UseCaseError> {
    authorize(app, by, id, Action::WriteWebhooks).await?;
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
