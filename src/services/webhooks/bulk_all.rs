//! The same action on all webhooks that match a filter, in parts of limited time, so that 10,000 webhooks neither time out nor hold up others.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{id::WebhookId, timestamp::Timestamp},
    services::error::UseCaseError,
    storage::webhooks::AllOf,
};

/// What is done with each webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllAction {
    /// Enables it.
    Enable,
    /// Disables it.
    Disable,
    /// Deletes it.
    Delete,
}

/// The result of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllPart {
    /// The number of webhooks that were changed.
    pub changed: u64,
    /// The webhook after which the next part begins, if there may be more.
    pub rest: Option<WebhookId>,
}

/// The number of webhooks that [`act_on_matching`] would change, and the time of the action for its calls.
pub async fn all_matching(app: &AppState, by: &Principal, all: &AllOf) -> Result<(u64, Timestamp), UseCaseError> {
    by.may(Action::WriteWebhooks, false)?;
    Ok(tokio::try_join!(app.store.count_all(all), app.store.time_of_change(all))?)
}

/// Performs the action on the webhooks after `after`, for about as long as `limit` says. The first call has no `after`; if the result has a `rest`,
/// the next call continues there, with the same `at`: the time of the whole action. Webhooks that were added or changed since are left as they are.
pub async fn act_on_matching(
    app: &AppState,
    by: &Principal,
    all: &AllOf,
    action: AllAction,
    at: Timestamp,
    after: Option<WebhookId>,
    limit: Duration,
) -> Result<AllPart, UseCaseError> {
    by.may(Action::WriteWebhooks, false)?;
    let (begun, mut changed, mut rest) = (Instant::now(), 0, after);
    loop {
        let batch = match action {
            AllAction::Enable => app.store.set_enabled_batch(&by.actor(), all, true, at, rest).await?,
            AllAction::Disable => app.store.set_enabled_batch(&by.actor(), all, false, at, rest).await?,
            AllAction::Delete => app.store.delete_batch(&by.actor(), all, at, rest).await?,
        };
        changed += batch.changed.len() as u64;
        rest = batch.rest;
        match action {
            AllAction::Enable => app.dispatcher.all_enabled(&batch.changed).await,
            AllAction::Disable | AllAction::Delete => app.dispatcher.all_changed(&batch.changed).await,
        }
        if rest.is_none() || begun.elapsed() >= limit {
            break;
        }
    }
    let word = match action {
        AllAction::Enable => "enabled",
        AllAction::Disable => "disabled",
        AllAction::Delete => "deleted",
    };
    tracing::info!(count = changed, "{changed} webhooks were {word} together on request");
    Ok(AllPart { changed, rest })
}
