//! Use cases of webhooks and their logs. The HTTP API and the console share them.

mod all_logs;
mod bulk;
mod bulk_all;
mod check;
mod deliveries;
mod events;
mod export;
mod feed;
mod figures;
mod list;
mod live;
mod logs;
mod overview;
mod pause;
mod recover;
mod redirect;
mod resend;
mod search;
mod stats;
mod subscriptions;
mod wait;

pub use self::{
    all_logs::{all_logs, export_all},
    bulk::{BULK_MAX, BulkAction, BulkResult, act_on_all, chosen, switch_chosen},
    bulk_all::{AllAction, act_on_matching, all_matching},
    check::{HeaderInput, WebhookInput, check_owner, check_url},
    deliveries::{DeliveryQuery, deliveries, delivery, delivery_counts, find_all_deliveries},
    events::{EventDetails, event, find_events},
    export::export,
    feed::{AttemptFeed, FeedFilter, FeedItem},
    figures::{Figures, figures},
    list::{failing_count, list_place, only_webhook, set_enabled, shown_page},
    live::{Follower, News},
    logs::{RANGE_MAX, attempts, bounded, callback, latest_callback, log, log_page},
    overview::{Checklist, callbacks_by_type, checklist, overview},
    pause::{pause, try_now},
    recover::{Chosen, cancel, count_recoverable, discard, recover, recover_for, redeliver_delivery},
    redirect::{redirect_target, usable_redirect_target, use_redirect_target},
    resend::{redeliver, rotate_secret, test},
    search::{find_deliveries, find_deliveries_of_all},
    stats::{Period, Stats, stats, total_stats},
    subscriptions::{subscribed_webhooks, subscription_counts},
    wait::{redeliver_and_wait, test_and_wait},
};

pub(in crate::services) use self::check::{Planned, check_planned};

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
    storage::webhooks::{Changed, Deleted, WebhookFilter, WebhookRecord},
};

/// Creates a webhook. Its secret, which is generated if none is given, is returned here and never again.
pub async fn create(
    app: &AppState,
    by: &Principal,
    input: WebhookInput,
    secret: Option<&str>,
) -> Result<(WebhookRecord, SigningSecret), UseCaseError> {
    by.may(Action::WriteWebhooks, false)?;
    let (fields, secret) = check::check_new(app, input, secret).await?;
    let webhook = app.store.add_webhook(&by.actor(), &fields, &secret).await?;
    let id = webhook.id;
    app.dispatcher.changed(id).await;
    tracing::info!(webhook = %id, "webhook {id} created");
    Ok((webhook, secret))
}

/// Maximum number of attempts to apply a patch while others change the same webhook.
const PATCH_ATTEMPTS: u32 = 30;

/// Changes some fields of a webhook. `edit` gets the present fields and returns the new ones. It is called again if the webhook was changed
/// concurrently.
pub async fn patch(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    edit: impl Fn(WebhookInput) -> Result<WebhookInput, UseCaseError>,
) -> Result<WebhookRecord, UseCaseError> {
    for attempt in 0..PATCH_ATTEMPTS {
        match update(app, by, id, None, &edit).await {
            Err(UseCaseError::Stale) => tokio::time::sleep(Duration::from_millis(u64::from(attempt * 2))).await,
            result => return result,
        }
    }
    Err(UseCaseError::Stale)
}

/// Changes a webhook if it was not changed after `seen`, the `updated_at` of the version that the caller has read. Otherwise the error is
/// [`UseCaseError::Stale`].
pub async fn replace(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    seen: Timestamp,
    edit: impl Fn(WebhookInput) -> Result<WebhookInput, UseCaseError>,
) -> Result<WebhookRecord, UseCaseError> {
    update(app, by, id, Some(seen), edit).await
}

async fn update(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    seen: Option<Timestamp>,
    edit: impl Fn(WebhookInput) -> Result<WebhookInput, UseCaseError>,
) -> Result<WebhookRecord, UseCaseError> {
    let present = load_authorized(app, by, id, Action::WriteWebhooks).await?;
    let seen = seen.unwrap_or(present.updated_at);
    let stored = present.fields.clone();
    let fields = check::check_fields(app, edit(present.fields.into())?, Some(&stored)).await?;
    match app.store.change_webhook(&by.actor(), id, seen, &fields).await? {
        Changed::Done(webhook) => {
            app.dispatcher.changed(id).await;
            tracing::info!(webhook = %id, "webhook {id} changed");
            Ok(*webhook)
        }
        // If the stored webhook already equals the requested one, there is nothing to do, so a double submit is not reported as a conflict.
        Changed::Stale(stored) if fields == stored.fields => Ok(*stored),
        Changed::Stale(_) => Err(UseCaseError::Stale),
        Changed::Gone => Err(UseCaseError::NotFound),
    }
}

/// The version of a webhook, its `updated_at`, for somebody who may change it.
pub async fn version(app: &AppState, by: &Principal, id: WebhookId) -> Result<Timestamp, UseCaseError> {
    Ok(load_authorized(app, by, id, Action::WriteWebhooks).await?.updated_at)
}

/// Deletes a webhook; if there is a `seen`, only if it was not changed after that. Its log is kept for the retention period.
pub async fn delete(app: &AppState, by: &Principal, id: WebhookId, seen: Option<Timestamp>) -> Result<(), UseCaseError> {
    authorize(app, by, id, Action::WriteWebhooks).await?;
    match app.store.delete_webhook(&by.actor(), id, seen).await? {
        Deleted::Done => {}
        Deleted::Stale => return Err(UseCaseError::Stale),
        Deleted::Gone => return Err(UseCaseError::NotFound),
    }
    app.dispatcher.changed(id).await;
    tracing::info!(webhook = %id, "webhook {id} deleted");
    Ok(())
}

/// A page of the webhooks that the caller may see, newest first.
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

/// A webhook.
pub async fn get(app: &AppState, by: &Principal, id: WebhookId) -> Result<WebhookRecord, UseCaseError> {
    load_authorized(app, by, id, Action::ReadWebhooks).await
}

/// Whether the caller may read the log of a webhook. False also if the database cannot answer.
pub async fn may_read_log(app: &AppState, by: &Principal, id: WebhookId) -> bool {
    authorize(app, by, id, Action::ReadCallbacks).await.is_ok()
}

/// Loads a webhook, if the caller may perform this action on it.
async fn load_authorized(app: &AppState, by: &Principal, id: WebhookId, action: Action) -> Result<WebhookRecord, UseCaseError> {
    check_scope(by, action)?;
    let webhook = app.store.webhook(id).await?.ok_or(UseCaseError::NotFound)?;
    let owns = by.user().is_some_and(|user| webhook.fields.owners.contains(&user));
    check_role(by, action, owns).map(|()| webhook)
}

/// Checks that a webhook exists and that the caller may perform this action on it, without loading the webhook.
async fn authorize(app: &AppState, by: &Principal, id: WebhookId, action: Action) -> Result<(), UseCaseError> {
    check_scope(by, action)?;
    let owns = app.store.owns(id, by.user()).await?.ok_or(UseCaseError::NotFound)?;
    check_role(by, action, owns)
}

/// Checks the scope of an API key. This comes before the webhook is looked up, so that the error names the missing scope whether or not
/// the webhook exists.
fn check_scope(by: &Principal, action: Action) -> Result<(), Forbidden> {
    match by {
        Principal::Key(_) => by.may(action, false),
        _ => Ok(()),
    }
}

/// Checks the role of a user. A webhook that the user may not see is reported as not found.
fn check_role(by: &Principal, action: Action, owns: bool) -> Result<(), UseCaseError> {
    match by.may(action, owns) {
        Ok(()) => Ok(()),
        Err(forbidden) if by.may(Action::ReadWebhooks, owns).is_ok() => Err(forbidden.into()),
        Err(_) => Err(UseCaseError::NotFound),
    }
}
