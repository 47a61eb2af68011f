//! Reading the audit log.

use futures_util::stream::{self, Stream};
use uuid::Uuid;

use crate::{
    auth::{principal::Principal, rules::Action},
    domain::page::{Cursor, Page},
    messages::validation::ValidationError,
    services::error::{FieldError, UseCaseError},
    storage::{
        Store,
        audit::{AuditFilter, AuditRecord},
    },
};

/// Entries per page of an export.
const EXPORT_PAGE: u64 = 500;

/// A page of the audit log, newest first.
pub async fn list(
    store: &Store,
    by: &Principal,
    filter: &AuditFilter,
    after: Option<Cursor>,
    limit: u64,
) -> Result<Page<AuditRecord>, UseCaseError> {
    by.may(Action::ReadAuditLog, false)?;
    if let (Some(from), Some(to)) = (filter.from, filter.to)
        && from >= to
    {
        return Err(UseCaseError::Invalid(vec![FieldError::new("/to", ValidationError::RangeBackwards)]));
    }
    Ok(store.audit_log(filter, after, limit).await?)
}

/// An entry.
pub async fn entry(store: &Store, by: &Principal, id: Uuid) -> Result<AuditRecord, UseCaseError> {
    by.may(Action::ReadAuditLog, false)?;
    store.audit_entry(id).await?.ok_or(UseCaseError::NotFound)
}

/// All entries that match a filter, newest first, in pages, so that memory holds one page however many there are.
pub fn all(
    store: Store,
    by: Principal,
    filter: AuditFilter,
) -> impl Stream<Item = Result<Vec<AuditRecord>, UseCaseError>> + Send + 'static {
    stream::try_unfold((store, by, filter, Some(None)), async |(store, by, filter, position)| {
        let Some(after) = position else { return Ok(None) };
        let page = list(&store, &by, &filter, after, EXPORT_PAGE).await?;
        let next = page.next.map(Some);
        Ok(Some((page.items, (store, by, filter, next))))
    })
}
