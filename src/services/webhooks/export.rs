//! Export of a log. It is read in pages, so memory holds one page however long the range is.

use futures_util::{Stream, stream};

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        id::WebhookId,
        page::{Cursor, Page},
    },
    services::error::UseCaseError,
    services::webhooks::{authorize, logs::check_range},
    storage::{
        StoreError,
        callbacks::{CallbackRecord, LogFilter},
    },
};

/// Callbacks per page.
const ROWS: u64 = 500;

/// The callbacks that match a filter, newest first, in pages. No connection or transaction is held between two pages. Callbacks that are
/// logged in the meantime are newer than the present position, so they are not included.
pub async fn export(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    filter: LogFilter,
) -> Result<impl Stream<Item = Result<Vec<CallbackRecord>, StoreError>> + Send + use<>, UseCaseError> {
    authorize(app, by, id, Action::ReadCallbacks).await?;
    if let (Some(from), Some(to)) = (filter.from, filter.to) {
        check_range(from, to)?;
    }
    let store = app.store.clone();
    Ok(pages(move |after, rows| {
        let (store, filter) = (store.clone(), filter.clone());
        async move { store.callbacks(id, &filter, after, rows).await }
    }))
}

/// All pages of a list. `page` loads the one that begins after a cursor, with at most so many rows.
pub(super) fn pages<T, F>(page: impl Fn(Option<Cursor>, u64) -> F + Send) -> impl Stream<Item = Result<Vec<T>, StoreError>> + Send
where
    T: Send,
    F: Future<Output = Result<Page<T>, StoreError>> + Send,
{
    stream::try_unfold((Some(None::<Cursor>), page), async |(position, page)| {
        let Some(after) = position else { return Ok(None) };
        let found = page(after, ROWS).await?;
        Ok(Some((found.items, (found.next.map(Some), page))))
    })
}
