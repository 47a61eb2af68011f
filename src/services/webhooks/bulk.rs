//! The same action on several webhooks. What fails for one does not undo the others.

use std::time::Duration;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        id::{UserId, WebhookId},
        timestamp::Timestamp,
    },
    services::error::UseCaseError,
    services::webhooks::{AllAction, act_on_matching, delete, get, patch, test},
    storage::webhooks::{AllOf, WebhookRecord},
};

/// The maximum number of webhooks per request, which is the largest page of the list.
pub const BULK_MAX: usize = 100;

/// What is done with each webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkAction {
    /// Sends a test event of its first event type.
    Test,
    /// Adds this owner.
    AddOwner(UserId),
    /// Deletes it.
    Delete,
}

/// The result of an action on several webhooks.
#[derive(Debug, Default)]
pub struct BulkResult {
    /// The names of the webhooks for which it succeeded.
    pub done: Vec<String>,
    /// The webhooks for which it failed: the name, if the webhook exists, and the reason.
    pub failed: Vec<(Option<String>, UseCaseError)>,
    /// The time of the change, by which it can be undone ([`AllOf::ChangedAt`]). Only if webhooks were enabled or disabled.
    pub at: Option<Timestamp>,
}

/// Performs the action on each webhook, in this order. The first error of the database ends it, because the others would fail as well.
pub async fn act_on_all(app: &AppState, by: &Principal, ids: &[WebhookId], action: BulkAction) -> Result<BulkResult, UseCaseError> {
    by.may(needed(action), false)?;
    let mut result = BulkResult::default();
    for id in ids.iter().take(BULK_MAX) {
        let name = match get(app, by, *id).await {
            Ok(webhook) => webhook.fields.name,
            Err(error) => {
                result.failed.push((None, error));
                continue;
            }
        };
        match act_on(app, by, *id, action).await {
            Ok(()) => result.done.push(name),
            Err(error) => {
                let ends = matches!(error, UseCaseError::Store(_));
                result.failed.push((Some(name), error));
                if ends {
                    break;
                }
            }
        }
    }
    Ok(result)
}

/// Enables or disables the webhooks in one transaction.
pub async fn switch_chosen(app: &AppState, by: &Principal, ids: &[WebhookId], enabled: bool) -> Result<BulkResult, UseCaseError> {
    by.may(Action::WriteWebhooks, false)?;
    let (mut result, mut found) = (BulkResult::default(), Vec::new());
    for id in ids.iter().take(BULK_MAX) {
        match get(app, by, *id).await {
            Ok(webhook) => {
                found.push(*id);
                result.done.push(webhook.fields.name);
            }
            Err(error) => result.failed.push((None, error)),
        }
    }
    let (all, action) = (AllOf::Chosen(found), if enabled { AllAction::Enable } else { AllAction::Disable });
    let at = app.store.time_of_change(&all).await?;
    act_on_matching(app, by, &all, action, at, None, Duration::ZERO).await?;
    result.at = Some(at);
    Ok(result)
}

async fn act_on(app: &AppState, by: &Principal, id: WebhookId, action: BulkAction) -> Result<(), UseCaseError> {
    match action {
        BulkAction::Test => test(app, by, id, None).await.map(drop),
        BulkAction::AddOwner(owner) => {
            let added = patch(app, by, id, |mut fields| {
                let owner = owner.to_string();
                if !fields.owners.contains(&owner) {
                    fields.owners.push(owner);
                }
                Ok(fields)
            });
            added.await.map(drop)
        }
        BulkAction::Delete => delete(app, by, id, None).await,
    }
}

const fn needed(action: BulkAction) -> Action {
    match action {
        BulkAction::Test => Action::Resend,
        BulkAction::AddOwner(_) | BulkAction::Delete => Action::WriteWebhooks,
    }
}

/// The webhooks with these ids, for a confirmation or an export. Ids without a webhook are left out.
pub async fn chosen(app: &AppState, by: &Principal, ids: &[WebhookId]) -> Result<Vec<WebhookRecord>, UseCaseError> {
    by.may(Action::WriteWebhooks, false)?;
    let mut found = Vec::new();
    for id in ids.iter().take(BULK_MAX) {
        match get(app, by, *id).await {
            Ok(webhook) => found.push(webhook),
            Err(UseCaseError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
