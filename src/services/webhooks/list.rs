//! The console's list of webhooks, and enabling and disabling in its rows.

use std::collections::HashMap;

use crate::{
    app::AppState,
    auth::{
        principal::Principal,
        rules::{Action, Forbidden},
    },
    domain::{
        id::{UserId, WebhookId},
        role::Role,
        timestamp::Timestamp,
        webhook::Status,
    },
    services::error::UseCaseError,
    services::webhooks::authorize,
    storage::{
        StoreError,
        users::UserRecord,
        webhooks::{HourCounts, Latest, ListPage, ListPlace, Listed, Switched, WebhookFilter},
    },
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
    /// The number of held deliveries per webhook, if there are any.
    pub held: HashMap<WebhookId, u64>,
    /// The number of webhooks per status that the caller may see, with any filter.
    pub standings: HashMap<Status, u64>,
    /// The users who can be owners. Empty if the caller may not change owners.
    pub owners: Vec<UserRecord>,
}

/// A page of the webhooks that the caller may see, with their statistics since `since`.
pub async fn shown_page(app: &AppState, by: &Principal, mut list: ListPage, since: Timestamp) -> Result<ShownPage, UseCaseError> {
    // Administrators may filter by owner; API owners see only their own webhooks.
    let mut own = WebhookFilter::default();
    only_own(by, &mut own)?;
    list.filter.owner = own.owner.or(list.filter.owner);
    let store = &app.store;
    let owners = async {
        match by.may(Action::WriteWebhooks, false) {
            Ok(()) => store.possible_owners(&[]).await,
            Err(_) => Ok(Vec::new()),
        }
    };
    let (listed, standings, owners) = tokio::try_join!(store.list_page(&list), store.standings(own.owner), owners)?;
    let ids: Vec<WebhookId> = listed.rows.iter().map(|row| row.id).collect();
    let (latest, hours, held) = tokio::try_join!(store.latest_of(&ids), store.hours_of(&ids, since), store.held_of(&ids))?;
    Ok(ShownPage {
        listed,
        latest,
        hours,
        held,
        standings,
        owners,
    })
}

/// The place of a webhook in the list that the caller may see.
pub async fn list_place(app: &AppState, by: &Principal, mut list: ListPage, id: WebhookId) -> Result<ListPlace, UseCaseError> {
    authorize(app, by, id, Action::ReadWebhooks).await?;
    let mut own = WebhookFilter::default();
    only_own(by, &mut own)?;
    list.filter.owner = own.owner.or(list.filter.owner);
    Ok(app.store.list_place(&list, id).await?)
}

/// The number of failing webhooks that the caller may see.
pub async fn failing_count(app: &AppState, by: &Principal) -> Result<u64, UseCaseError> {
    let mut own = WebhookFilter::default();
    only_own(by, &mut own)?;
    Ok(app.store.failing_count(own.owner).await?)
}

/// The webhook of an API owner who owns exactly one.
pub async fn only_webhook(app: &AppState, user: UserId, role: Role) -> Result<Option<WebhookId>, StoreError> {
    match role {
        Role::ApiOwner => app.store.only_webhook_of(user).await,
        Role::Administrator => Ok(None),
    }
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
