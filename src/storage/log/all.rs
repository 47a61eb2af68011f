//! The log of all webhooks together, newest first: by id, which is the order in which the callbacks were logged. `callback_date` is in no index
//! that all webhooks share, because each insert would have to maintain it.

use std::time::Duration;

use sea_orm::{ConnectionTrait, Value};
use uuid::Uuid;

use crate::{
    domain::{
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        callbacks::{CALLBACK_COLUMNS, CallbackRecord, LogFilter},
        id_windows::{IdRange, Windows},
        log::Condition,
        raw_sql::statement,
        uuid_time::oldest_id_of,
    },
};

/// By how much the clock may have been set back between the start of an attempt and the creation of its callback's id.
const CLOCK_CHANGE: Duration = Duration::from_mins(1);
/// How long after the start of an attempt its callback may be stored: the attempt and an outage of the database.
const STORED_WITHIN: Duration = Duration::from_hours(24);
/// Callbacks of webhooks that were not deleted. `COALESCE` changes nothing, but keeps the database from reading the log webhook by webhook.
pub(super) const OF_LIVE_WEBHOOKS: &str = "EXISTS (SELECT 1 FROM webhooks WHERE webhooks.id = COALESCE(callbacks.webhook_id, callbacks.webhook_id) AND webhooks.deleted_at IS NULL)";

impl Store {
    /// A page of the log of all webhooks that were not deleted, newest first. It may have fewer rows than `limit` although there are more.
    pub async fn all_callbacks(&self, filter: &LogFilter, after: Option<Cursor>, limit: u64) -> Result<Page<CallbackRecord>, StoreError> {
        let Some((oldest, newest)) = self.callback_ids().await? else {
            return Ok(Page {
                items: Vec::new(),
                next: None,
            });
        };
        let mut high = Uuid::from_u128(newest.as_u128().saturating_add(1));
        if let Some(to) = filter.to {
            high = high.min(oldest_id_of(to.plus(STORED_WITHIN)));
        }
        if let Some(after) = after {
            high = high.min(after.id);
        }
        let low = filter
            .from
            .map_or(oldest, |from| oldest.max(oldest_id_of(from.minus(CLOCK_CHANGE))));
        let range = IdRange { low, high };
        let mut all = Condition::of_all(filter);
        all.add_filter(filter);
        all.and(OF_LIVE_WEBHOOKS, []);
        if filter.is_answered_by_index() {
            // The index on deliveries finds their few callbacks, so the primary key is not used (`COALESCE`, which changes nothing else).
            let id = if filter.deliveries.is_some() { "COALESCE(id, id)" } else { "id" };
            let found = self.callbacks_in(id, &all, range, limit.saturating_add(1)).await?;
            return Ok(Page::of(found, limit, |row| Cursor {
                at: Timestamp(0),
                id: row.id.0,
            }));
        }
        let (mut windows, mut found) = (Windows::of(range, limit), Vec::new());
        while let Some((window, most)) = windows.next(found.len()) {
            found.extend(self.callbacks_in("id", &all, window, most).await?);
        }
        Ok(windows.page(found, |row| row.id.0))
    }

    async fn callbacks_in(&self, id: &str, condition: &Condition, range: IdRange, limit: u64) -> Result<Vec<CallbackRecord>, StoreError> {
        let mut all = Condition::default();
        all.and(&format!("{id} >= ?"), [range.low.into()]);
        all.and(&format!("{id} < ?"), [range.high.into()]);
        all.and(&condition.sql, condition.values.iter().cloned());
        let sql = format!(
            "SELECT {CALLBACK_COLUMNS} FROM callbacks WHERE {} ORDER BY {id} DESC LIMIT ?",
            all.sql
        );
        all.values.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
        self.records(&sql, all.values).await
    }

    /// The ids of the oldest and of the newest callback. `None` if there are none.
    async fn callback_ids(&self) -> Result<Option<(Uuid, Uuid)>, StoreError> {
        let oldest = self.first_id("callbacks", "ASC").await?;
        let newest = self.first_id("callbacks", "DESC").await?;
        Ok(oldest.zip(newest))
    }

    /// The first id of a table in this direction. PostgreSQL has no minimum of UUIDs before version 18.
    pub(in crate::storage) async fn first_id(&self, table: &str, direction: &str) -> Result<Option<Uuid>, StoreError> {
        let sql = format!("SELECT id FROM {table} ORDER BY id {direction} LIMIT 1");
        let rows = self
            .read
            .query_all_raw(statement(self.backend(), &sql, Vec::<Value>::new()))
            .await?;
        Ok(rows.first().map(|row| row.try_get::<Uuid>("", "id")).transpose()?)
    }
}

impl LogFilter {
    /// Whether an index of all webhooks contains only callbacks that match, or few others.
    fn is_answered_by_index(&self) -> bool {
        let has_no_other = self.outcome.is_none() && self.status.is_none() && self.response.is_none() && self.event.is_none();
        self.deliveries.is_some() || has_no_other || (self.is_of_failures() && self.status.is_none() && self.event.is_none())
    }
}
