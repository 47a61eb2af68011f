//! Keyset pagination of lists that are sorted by a time and an id.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, sea_query::ExprTrait};

use crate::{
    domain::page::{Cursor, Page},
    storage::StoreError,
};

/// Loads the page of rows that begins after the cursor, newest first. `columns` are the time and the id by which the list is sorted, and
/// `cursor` reads both from a row.
pub(super) async fn newest_first<E: EntityTrait>(
    on: &impl ConnectionTrait,
    query: Select<E>,
    columns: (E::Column, E::Column),
    after: Option<Cursor>,
    limit: u64,
    cursor: impl Fn(&E::Model) -> Cursor,
) -> Result<Page<E::Model>, StoreError> {
    let (at, id) = columns;
    let mut query = query.order_by_desc(at).order_by_desc(id);
    if let Some(after) = after {
        let same_time = at.eq(after.at.0).and(id.lt(after.id));
        // The first condition is redundant, but it lets the scan of an index start at the right place.
        query = query.filter(at.lte(after.at.0)).filter(at.lt(after.at.0).or(same_time));
    }
    let rows = query.limit(limit.saturating_add(1)).all(on).await?;
    Ok(Page::of(rows, limit, cursor))
}
