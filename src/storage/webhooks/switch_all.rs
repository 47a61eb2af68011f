//! Enables, disables or deletes all webhooks that match a filter, in batches. Each batch is a transaction, so that other writers are not held up.

use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use crate::{
    domain::{id::WebhookId, timestamp::Timestamp, webhook::Status},
    storage::{
        Store, StoreError,
        audit::{self, Actor},
        change_notifications,
        entity::webhook,
        webhooks::{
            Deleted, WebhookFilter,
            enabled::{change, entry},
            list_query::matching,
        },
    },
};

/// Webhooks per transaction.
const BATCH: u64 = 200;

/// Which webhooks.
#[derive(Clone, Debug)]
pub enum AllOf {
    /// Those that match a filter and have a status.
    Matching(WebhookFilter, Option<Status>),
    /// Those with these ids.
    Chosen(Vec<WebhookId>),
    /// Those whose last change has this time: the ones that an earlier change of several webhooks has changed, and nobody since.
    ChangedAt(Timestamp),
}

/// The result of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The webhooks that were changed.
    pub changed: Vec<WebhookId>,
    /// The last webhook that was looked at, if there may be more after it.
    pub rest: Option<WebhookId>,
}

impl Batch {
    fn of(looked_at: &[WebhookId], changed: Vec<WebhookId>) -> Self {
        let is_full = looked_at.len() as u64 == BATCH;
        Self {
            changed,
            rest: looked_at.last().copied().filter(|_| is_full),
        }
    }
}

impl Store {
    /// The number of webhooks.
    pub async fn count_all(&self, all: &AllOf) -> Result<u64, StoreError> {
        Ok(self.select_all(all).count(&self.read).await?)
    }

    /// The time for a change of all: now, or the next millisecond after the last change of one of them, because times of changes only increase.
    pub async fn time_of_change(&self, all: &AllOf) -> Result<Timestamp, StoreError> {
        let last = self.select_all(all).select_only().expr(webhook::Column::UpdatedAt.max());
        let last: Option<Option<i64>> = last.into_tuple().one(&self.read).await?;
        let next = last.flatten().map_or(0, |last| last.saturating_add(1));
        Ok(Timestamp::now().max(Timestamp(next)))
    }

    /// Enables or disables the next webhooks after `after`, in the order of their ids. All get `at` as the time of the change, which identifies them
    /// for [`AllOf::ChangedAt`]; a webhook that was changed at that time or later is left as it is.
    pub async fn set_enabled_batch(
        &self,
        by: &Actor,
        all: &AllOf,
        enabled: bool,
        at: Timestamp,
        after: Option<WebhookId>,
    ) -> Result<Batch, StoreError> {
        let transaction = self.begin().await?;
        let others = self
            .next_of(all, after)
            .filter(webhook::Column::Enabled.eq(!enabled))
            .filter(webhook::Column::UpdatedAt.lt(at.0));
        let before = others.lock_exclusive().all(&transaction).await?;
        let ids: Vec<WebhookId> = before.iter().map(|row| WebhookId(row.id)).collect();
        if ids.is_empty() {
            return Ok(Batch::default());
        }
        let which = webhook::Column::Id.is_in(ids.iter().map(|id| id.0));
        change(enabled, at).filter(which).exec(&transaction).await?;
        change_notifications::raise_all(&transaction, ids.len()).await?;
        let entries = before.iter().map(|row| entry(row, enabled)).collect();
        audit::add_all(&transaction, by, entries, at).await?;
        transaction.commit().await?;
        Ok(Batch::of(&ids, ids.clone()))
    }

    /// Deletes the next webhooks after `after` that were created before `at`, in the order of their ids.
    pub async fn delete_batch(&self, by: &Actor, all: &AllOf, at: Timestamp, after: Option<WebhookId>) -> Result<Batch, StoreError> {
        let transaction = self.begin().await?;
        let older = self.next_of(all, after).filter(webhook::Column::CreatedAt.lt(at.0));
        let found = older.lock_exclusive().all(&transaction).await?;
        let ids: Vec<WebhookId> = found.iter().map(|row| WebhookId(row.id)).collect();
        let mut deleted = Vec::new();
        for id in &ids {
            if self.delete_within(&transaction, by, *id, None).await? == Deleted::Done {
                deleted.push(*id);
            }
        }
        transaction.commit().await?;
        Ok(Batch::of(&ids, deleted))
    }

    fn select_all(&self, all: &AllOf) -> Select<webhook::Entity> {
        match all {
            AllOf::Matching(filter, status) => matching(filter, *status, self.backend()),
            AllOf::Chosen(ids) => self.select_any().filter(webhook::Column::Id.is_in(ids.iter().map(|id| id.0))),
            AllOf::ChangedAt(at) => self.select_any().filter(webhook::Column::UpdatedAt.eq(at.0)),
        }
    }

    fn select_any(&self) -> Select<webhook::Entity> {
        matching(&WebhookFilter::default(), None, self.backend())
    }

    fn next_of(&self, all: &AllOf, after: Option<WebhookId>) -> Select<webhook::Entity> {
        let found = self.select_all(all).order_by_asc(webhook::Column::Id).limit(BATCH);
        match after {
            Some(after) => found.filter(webhook::Column::Id.gt(after.0)),
            None => found,
        }
    }
}
