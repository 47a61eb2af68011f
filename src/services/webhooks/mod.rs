//! What people do with webhooks, the same for the HTTP API and the console.

mod check;
mod events;
mod export;
mod figures;
mod hearing;
mod list;
mod live;
mod logs;
mod overview;
mod resend;
mod stats;

pub use self::{
    check::{RateInput, WebhookInput},
    events::{EventDetails, event, find_events},
    export::export,
    figures::{Figures, figures},
    hearing::{hearing, hearing_of},
    list::{ShownPage, set_enabled, shown_page},
    live::{Follower, News},
    logs::{RANGE_MAX, attempts, bounded, callback, latest_callback, log, log_page},
    overview::{Overview, overview},
    resend::{recover, redeliver, rotate_secret, test},
    stats::{Bucket, Period, Stats, stats},
};

use std::time::Duration;

use crate::{
    app::AppState,
    auth::{
        principal::Principal,
        rules::{Action, Forbidden},
    },
    domain::{
        id::WebhookId,
        page::{Cursor, Page},
        secret::SigningSecret,
        timestamp::Timestamp,
    },
    services::error::UseCaseError,
    storage::webhooks::{Changed, WebhookFilter, WebhookRecord},
};

/// Adds a webhook. Its secret, given or generated, is in the answer and nowhere else.
pub async fn create(app: &AppState, by: &Principal, input: WebhookInput) -> Result<(WebhookRecord, SigningSecret), UseCaseError> {
    by.may(Action::WriteWebhooks, false)?;
    let (fields, secret) = check::checked(app, input).await?;
    let secret = secret.unwrap_or_else(SigningSecret::generate);
    let webhook = app.store.add_webhook(&by.actor(), &fields, &secret).await?;
    let id = webhook.id;
    app.dispatcher.changed(id).await;
    tracing::info!(webhook = %id, "webhook {id} created");
    Ok((webhook, secret))
}

/// How often a change is tried that others come before.
const TRIES: u32 = 30;

/// Changes some of what people set of a webhook: `edit` gets it as it is and gives it as it shall be. Its secret stays.
pub async fn patch(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    edit: impl Fn(WebhookInput) -> WebhookInput,
) -> Result<WebhookRecord, UseCaseError> {
    for pause in pauses() {
        match edited(app, by, id, None, &edit).await {
            Err(UseCaseError::Stale) => tokio::time::sleep(pause).await,
            done => return done,
        }
    }
    Err(UseCaseError::Stale)
}

/// Pauses between tries of a change that others come before.
fn pauses() -> impl Iterator<Item = Duration> {
    (0..TRIES).map(|tries| Duration::from_millis(u64::from(tries * 2)))
}

/// The same for whoever saw the webhook as it was last changed at `seen`: what others changed since then is not overwritten.
pub async fn replace(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    seen: Timestamp,
    edit: impl Fn(WebhookInput) -> WebhookInput,
) -> Result<WebhookRecord, UseCaseError> {
    edited(app, by, id, Some(seen), edit).await
}

async fn edited(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    seen: Option<Timestamp>,
    edit: impl Fn(WebhookInput) -> WebhookInput,
) -> Result<WebhookRecord, UseCaseError> {
    let now = visible(app, by, id, Action::WriteWebhooks).await?;
    let seen = seen.unwrap_or(now.updated_at);
    let input = WebhookInput {
        secret: None,
        ..edit(now.into())
    };
    let (fields, _) = check::checked(app, input).await?;
    match app.store.change_webhook(&by.actor(), id, seen, &fields).await? {
        Changed::Done(webhook) => {
            app.dispatcher.changed(id).await;
            tracing::info!(webhook = %id, "webhook {id} changed");
            Ok(*webhook)
        }
        // Two who want the same have no quarrel; nor has who pressed twice.
        Changed::Stale(stored) if fields.are_of(&stored) => Ok(*stored),
        Changed::Stale(_) => Err(UseCaseError::Stale),
        Changed::Gone => Err(UseCaseError::NotFound),
    }
}

/// Deletes a webhook. Its log stays until it is too old.
pub async fn delete(app: &AppState, by: &Principal, id: WebhookId) -> Result<(), UseCaseError> {
    reachable(app, by, id, Action::WriteWebhooks).await?;
    if !app.store.delete_webhook(&by.actor(), id).await? {
        return Err(UseCaseError::NotFound);
    }
    app.dispatcher.changed(id).await;
    tracing::info!(webhook = %id, "webhook {id} deleted");
    Ok(())
}

/// A page of the webhooks that they may see, newest first.
pub async fn list(
    app: &AppState,
    by: &Principal,
    filter: &WebhookFilter,
    after: Option<Cursor>,
    limit: u64,
) -> Result<Page<WebhookRecord>, UseCaseError> {
    let mut filter = filter.clone();
    list::only_own(by, &mut filter)?;
    Ok(app.store.webhooks(&filter, after, limit).await?)
}

/// One webhook.
pub async fn get(app: &AppState, by: &Principal, id: WebhookId) -> Result<WebhookRecord, UseCaseError> {
    visible(app, by, id, Action::ReadWebhooks).await
}

/// A webhook, if they may do this with it.
async fn visible(app: &AppState, by: &Principal, id: WebhookId, action: Action) -> Result<WebhookRecord, UseCaseError> {
    key_may(by, action)?;
    let webhook = app.store.webhook(id).await?.ok_or(UseCaseError::NotFound)?;
    let owns = by.user().is_some_and(|user| webhook.owners.contains(&user));
    may_with(by, action, owns).map(|()| webhook)
}

/// The same for whoever needs nothing of the webhook itself.
/// Whether somebody may read a webhook's log; not if that cannot be found out.
pub async fn may_read_log(app: &AppState, by: &Principal, id: WebhookId) -> bool {
    reachable(app, by, id, Action::ReadCallbacks).await.is_ok()
}

async fn reachable(app: &AppState, by: &Principal, id: WebhookId, action: Action) -> Result<(), UseCaseError> {
    key_may(by, action)?;
    let owns = app.store.owns(id, by.user()).await?.ok_or(UseCaseError::NotFound)?;
    may_with(by, action, owns)
}

/// A key is told which scope it lacks, whether or not there is such a webhook.
fn key_may(by: &Principal, action: Action) -> Result<(), Forbidden> {
    match by {
        Principal::Key(_) => by.may(action, false),
        _ => Ok(()),
    }
}

/// To a user who may not even see a webhook, it does not exist.
fn may_with(by: &Principal, action: Action, owns: bool) -> Result<(), UseCaseError> {
    match by.may(action, owns) {
        Ok(()) => Ok(()),
        Err(forbidden) if by.may(Action::ReadWebhooks, owns).is_ok() => Err(forbidden.into()),
        Err(_) => Err(UseCaseError::NotFound),
    }
}
