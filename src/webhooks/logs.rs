//! Reading the log of callbacks.

use std::time::Duration;

use crate::{
    auth::{principal::Principal, rules::Action},
    domain::{
        id::{CallbackId, WebhookId},
        page::{Cursor, Page},
    },
    state::AppState,
    storage::callbacks::{CallbackDetails, CallbackRecord, LogFilter},
    webhooks::{FieldError, UseCaseError, visible},
};

/// Longest range of a log.
const RANGE_MAX: Duration = Duration::from_hours(366 * 24);

/// A page of a webhook's log, newest first.
pub async fn log(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    filter: &LogFilter,
    after: Option<Cursor>,
    limit: u64,
) -> Result<Page<CallbackRecord>, UseCaseError> {
    visible(app, by, id, Action::ReadCallbacks).await?;
    if let (Some(from), Some(to)) = (filter.from, filter.to) {
        if from >= to {
            return Err(UseCaseError::Invalid(vec![FieldError::new(
                "/to",
                "Choose an end after the beginning.",
            )]));
        }
        if to.since(from) > RANGE_MAX {
            return Err(UseCaseError::Invalid(vec![FieldError::new(
                "/from",
                "Choose at most one year (366 days).",
            )]));
        }
    }
    Ok(app.store.callbacks(id, filter, after, limit).await?)
}

/// The newest callback of a webhook, if it made any.
pub async fn latest_callback(app: &AppState, by: &Principal, id: WebhookId) -> Result<Option<CallbackRecord>, UseCaseError> {
    visible(app, by, id, Action::ReadCallbacks).await?;
    Ok(app.store.latest_callback(id).await?)
}

/// One callback with everything in it. Those of a deleted webhook are gone with it.
pub async fn callback(app: &AppState, by: &Principal, id: CallbackId) -> Result<CallbackDetails, UseCaseError> {
    if let Principal::Key(_) = by {
        by.may(Action::ReadCallbacks, false)?;
    }
    let details = app.store.callback(id).await?.ok_or(UseCaseError::NotFound)?;
    visible(app, by, details.record.webhook, Action::ReadCallbacks).await?;
    Ok(details)
}
