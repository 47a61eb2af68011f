//! A whole range of a log, a page at a time, so that memory holds one page however long the range is.

use futures_util::{Stream, stream};

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{id::WebhookId, page::Cursor},
    services::error::UseCaseError,
    services::webhooks::{logs::check_range, reachable},
    storage::{
        StoreError,
        callbacks::{CallbackRecord, LogFilter},
    },
};

/// Rows of one page.
const ROWS: u64 = 500;

/// The callbacks that a filter shows, newest first, in pages. Between two pages nothing of the database is held; what is logged
/// meanwhile is newer than where it is, and does not appear.
pub async fn export(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    filter: LogFilter,
) -> Result<impl Stream<Item = Result<Vec<CallbackRecord>, StoreError>> + Send + use<>, UseCaseError> {
    reachable(app, by, id, Action::ReadCallbacks).await?;
    if let (Some(from), Some(to)) = (filter.from, filter.to) {
        check_range(from, to)?;
    }
    let store = app.store.clone();
    Ok(stream::try_unfold(Some(None::<Cursor>), move |place| {
        let (store, filter) = (store.clone(), filter.clone());
        async move {
            let Some(after) = place else { return Ok(None) };
            let page = store.callbacks(id, &filter, after, ROWS).await?;
            Ok(Some((page.items, page.next.map(Some))))
        }
    }))
}
