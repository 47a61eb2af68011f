//! The log of all webhooks together. API owners see only the logs of their own webhooks, one by one.

use futures_util::Stream;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        callback::Outcome,
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    services::error::UseCaseError,
    services::webhooks::{export::pages, logs::bounded},
    storage::{
        StoreError,
        callbacks::{CallbackRecord, LogFilter},
    },
};

/// A page of the log of all webhooks, newest first. It may have fewer rows than `limit` although there are more: a page without a next one is
/// the last.
pub async fn all_logs(
    app: &AppState,
    by: &Principal,
    filter: &LogFilter,
    after: Option<Cursor>,
    limit: u64,
) -> Result<Page<CallbackRecord>, UseCaseError> {
    let filter = checked(by, filter)?;
    Ok(app.store.all_callbacks(&filter, after, limit).await?)
}

/// The callbacks of all webhooks that match a filter, newest first, in pages, as [`export`](super::export) reads those of one.
pub fn export_all(
    app: &AppState,
    by: &Principal,
    filter: &LogFilter,
) -> Result<impl Stream<Item = Result<Vec<CallbackRecord>, StoreError>> + Send + use<>, UseCaseError> {
    let filter = checked(by, filter)?;
    let store = app.store.clone();
    Ok(pages(move |after, rows| {
        let (store, filter) = (store.clone(), filter.clone());
        async move { store.all_callbacks(&filter, after, rows).await }
    }))
}

fn checked(by: &Principal, filter: &LogFilter) -> Result<LogFilter, UseCaseError> {
    by.may(Action::ReadCallbacks, false)?;
    let mut filter = filter.clone();
    (filter.from, filter.to) = bounded(filter.from, filter.to, Timestamp::now())?;
    if filter.status.is_some_and(|status| !(200..=299).contains(&status)) {
        // Known from the status, but this way the index of failures is used.
        filter.outcome = Some(Outcome::Failed);
    }
    Ok(filter)
}
