//! Who changed what.

use futures_util::stream::{self, Stream};
use uuid::Uuid;

use crate::messages::wrong::Wrong;
use crate::{
    auth::{principal::Principal, rules::Action},
    domain::page::{Cursor, Page},
    services::error::{FieldError, UseCaseError},
    storage::{
        Store,
        audit::{AuditFilter, AuditRecord},
    },
};

/// Entries that an export reads at once.
const STEP: u64 = 500;

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
        return Err(UseCaseError::Invalid(vec![FieldError::new("/to", Wrong::RangeBackwards)]));
    }
    Ok(store.audit_log(filter, after, limit).await?)
}

/// One entry.
pub async fn entry(store: &Store, by: &Principal, id: Uuid) -> Result<AuditRecord, UseCaseError> {
    by.may(Action::ReadAuditLog, false)?;
    store.audit_entry(id).await?.ok_or(UseCaseError::NotFound)
}

/// All entries of a filter, newest first, some at a time: however many there are, few are in memory.
pub fn all(
    store: Store,
    by: Principal,
    filter: AuditFilter,
) -> impl Stream<Item = Result<Vec<AuditRecord>, UseCaseError>> + Send + 'static {
    stream::try_unfold((store, by, filter, Some(None)), async |(store, by, filter, place)| {
        let Some(after) = place else { return Ok(None) };
        let page = list(&store, &by, &filter, after, STEP).await?;
        let next = page.next.map(Some);
        Ok(Some((page.items, (store, by, filter, next))))
    })
}
