//! Reading the log of callbacks.

use std::time::Duration;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        id::{CallbackId, WebhookId},
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    messages::wrong::Wrong,
    services::error::{FieldError, UseCaseError},
    services::webhooks::reachable,
    storage::{
        callbacks::{CallbackDetails, CallbackRecord, LogFilter},
        delivery_status::Standing,
        log::{LogPage, Place},
    },
};

/// Longest range of a log.
pub const RANGE_MAX: Duration = Duration::from_hours(366 * 24);
/// A range that began exactly so long ago can still be read page by page for this time.
const PAGING: Duration = Duration::from_hours(1);
/// Attempts of a delivery that are shown.
const ATTEMPTS: u64 = 200;

/// A page of a webhook's log, newest first.
pub async fn log(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    filter: &LogFilter,
    after: Option<Cursor>,
    limit: u64,
) -> Result<Page<CallbackRecord>, UseCaseError> {
    reachable(app, by, id, Action::ReadCallbacks).await?;
    let mut filter = filter.clone();
    (filter.from, filter.to) = bounded(filter.from, filter.to, Timestamp::now())?;
    Ok(app.store.callbacks(id, &filter, after, limit).await?)
}

/// A page of a webhook's log, newest first, with the ways up and down.
pub async fn log_page(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    filter: &LogFilter,
    place: Place,
    limit: u64,
) -> Result<LogPage, UseCaseError> {
    reachable(app, by, id, Action::ReadCallbacks).await?;
    if let (Some(from), Some(to)) = (filter.from, filter.to) {
        check_range(from, to)?;
    }
    Ok(app.store.log_page(id, filter, place, limit).await?)
}

/// A range as it was asked for, with the end that was left out. Without an end it goes on to now; without a beginning it is the longest
/// range there may be before its end. Without both there is no range.
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

/// A range has a length, and not more than a year.
pub(super) fn check_range(from: Timestamp, to: Timestamp) -> Result<(), UseCaseError> {
    let wrong = |pointer, wrong: Wrong| Err(UseCaseError::Invalid(vec![FieldError::new(pointer, wrong)]));
    if from >= to {
        return wrong("/to", Wrong::RangeBackwards);
    }
    if to.since(from) > RANGE_MAX {
        return wrong("/from", Wrong::RangeTooLong);
    }
    Ok(())
}

/// The newest callback of a webhook, if it made any.
pub async fn latest_callback(app: &AppState, by: &Principal, id: WebhookId) -> Result<Option<CallbackRecord>, UseCaseError> {
    reachable(app, by, id, Action::ReadCallbacks).await?;
    Ok(app.store.latest_callback(id).await?)
}

/// One callback with everything in it. Those of a deleted webhook are gone with it.
pub async fn callback(app: &AppState, by: &Principal, id: CallbackId) -> Result<CallbackDetails, UseCaseError> {
    callback_for(app, by, id, Action::ReadCallbacks).await
}

/// The attempts of a callback's delivery, first to last, and how it stands; `None` when it is too old to be kept.
pub async fn attempts(
    app: &AppState,
    by: &Principal,
    callback: &CallbackRecord,
) -> Result<(Vec<CallbackRecord>, Option<Standing>), UseCaseError> {
    reachable(app, by, callback.webhook, Action::ReadCallbacks).await?;
    let attempts = app.store.attempts(callback.delivery, ATTEMPTS).await?;
    Ok((attempts, app.store.standing(callback.delivery).await?))
}

/// One callback, if they may do this with it.
pub(super) async fn callback_for(app: &AppState, by: &Principal, id: CallbackId, action: Action) -> Result<CallbackDetails, UseCaseError> {
    if let Principal::Key(_) = by {
        by.may(action, false)?;
    }
    let details = app.store.callback(id).await?.ok_or(UseCaseError::NotFound)?;
    reachable(app, by, details.record.webhook, action).await?;
    Ok(details)
}
