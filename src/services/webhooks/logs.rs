//! Reading the log of callbacks of a webhook.

use std::time::Duration;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        id::{CallbackId, WebhookId},
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    messages::validation::ValidationError,
    services::error::{FieldError, UseCaseError},
    services::webhooks::authorize,
    storage::{
        callbacks::{CallbackDetails, CallbackRecord, LogFilter},
        delivery_status::DeliveryStatus,
        log::{LogCursor, LogPage},
    },
};

/// Longest range of a log.
pub const RANGE_MAX: Duration = Duration::from_hours(366 * 24);
/// Additional length for a range without an end, so that a range of exactly the maximum can still be read page by page for this time.
const PAGING: Duration = Duration::from_hours(1);
/// Maximum number of attempts of a delivery that are returned.
pub(super) const ATTEMPTS: u64 = 200;

/// A page of a webhook's log, newest first.
pub async fn log(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    filter: &LogFilter,
    after: Option<Cursor>,
    limit: u64,
) -> Result<Page<CallbackRecord>, UseCaseError> {
    authorize(app, by, id, Action::ReadCallbacks).await?;
    let mut filter = filter.clone();
    (filter.from, filter.to) = bounded(filter.from, filter.to, Timestamp::now())?;
    Ok(app.store.callbacks(id, &filter, after, limit).await?)
}

/// A page of a webhook's log, newest first, with cursors in both directions.
pub async fn log_page(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    filter: &LogFilter,
    place: LogCursor,
    limit: u64,
) -> Result<LogPage, UseCaseError> {
    authorize(app, by, id, Action::ReadCallbacks).await?;
    if let (Some(from), Some(to)) = (filter.from, filter.to) {
        check_range(from, to)?;
    }
    Ok(app.store.log_page(id, filter, place, limit).await?)
}

/// Validates a range. Without an end, it extends to now. Without a beginning, it is the longest permitted range before its end. Without
/// both, it is unlimited.
pub fn bounded(
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    now: Timestamp,
) -> Result<(Option<Timestamp>, Option<Timestamp>), UseCaseError> {
    match (from, to) {
        (Some(from), Some(to)) => check_range(from, to)?,
        (Some(from), None) if now.since(from) > RANGE_MAX + PAGING => check_range(from, now)?,
        (None, Some(to)) => return Ok((Some(to.minus(RANGE_MAX)), Some(to))),
        _ => {}
    }
    Ok((from, to))
}

/// Checks that a range is not empty and not longer than [`RANGE_MAX`].
pub(super) fn check_range(from: Timestamp, to: Timestamp) -> Result<(), UseCaseError> {
    let wrong = |pointer, wrong: ValidationError| Err(UseCaseError::Invalid(vec![FieldError::new(pointer, wrong)]));
    if from >= to {
        return wrong("/to", ValidationError::RangeBackwards);
    }
    if to.since(from) > RANGE_MAX {
        return wrong("/from", ValidationError::RangeTooLong);
    }
    Ok(())
}

/// The newest callback of a webhook, if there is one.
pub async fn latest_callback(app: &AppState, by: &Principal, id: WebhookId) -> Result<Option<CallbackRecord>, UseCaseError> {
    authorize(app, by, id, Action::ReadCallbacks).await?;
    Ok(app.store.latest_callback(id).await?)
}

/// A callback with request and response. Callbacks of a deleted webhook are not found.
pub async fn callback(app: &AppState, by: &Principal, id: CallbackId) -> Result<CallbackDetails, UseCaseError> {
    callback_for(app, by, id, Action::ReadCallbacks).await
}

/// The attempts of a callback's delivery, oldest first, and the status of the delivery, which is `None` after the retention period.
pub async fn attempts(
    app: &AppState,
    by: &Principal,
    callback: &CallbackRecord,
) -> Result<(Vec<CallbackRecord>, Option<DeliveryStatus>), UseCaseError> {
    authorize(app, by, callback.webhook, Action::ReadCallbacks).await?;
    let attempts = app.store.attempts(callback.delivery, ATTEMPTS).await?;
    Ok((attempts, app.store.delivery_status(callback.delivery).await?))
}

/// Loads a callback, if the caller may perform this action on it.
pub(super) async fn callback_for(app: &AppState, by: &Principal, id: CallbackId, action: Action) -> Result<CallbackDetails, UseCaseError> {
    if let Principal::Key(_) = by {
        by.may(action, false)?;
    }
    let details = app.store.callback(id).await?.ok_or(UseCaseError::NotFound)?;
    authorize(app, by, details.record.webhook, action).await?;
    Ok(details)
}
