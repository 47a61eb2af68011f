//! Retention: deletes old rows in small batches, so that neither the writer nor readers wait for long.

use std::time::Duration;

use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::{
    domain::{id::EventId, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        batch_insert::{for_ids, sizes},
        entity::event_type,
        events::EventKey,
        raw_sql::{marks, statement},
        stats::hour,
        uuid_time::oldest_id_of,
    },
};

/// Rows per batch.
const BATCH: i64 = 500;

/// The maximum time between the creation of an event's id, on receipt, and of its deliveries' ids, when they are stored.
pub const TOGETHER: Duration = Duration::from_secs(600);

/// The events that still owe a delivery.
const UNFINISHED: &str = "SELECT event_id FROM deliveries WHERE id < ? AND state IN ('pending', 'parked', 'sending')";

/// An event, and what its keys are derived from.
#[derive(FromQueryResult)]
pub(super) struct KeyedEvent {
    pub(super) id: Uuid,
    source: String,
    ce_id: String,
}

/// Which events are deleted.
#[derive(Clone, Copy, Debug)]
pub enum EventsOf<'a> {
    /// Those of one type.
    Type(&'a str),
    /// Those of all types except these.
    AllExcept(&'a [String]),
}

/// The kinds of rows that are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expired {
    /// Callbacks.
    Callbacks,
    /// Finished deliveries.
    Deliveries,
    /// Events without unfinished deliveries, and their keys.
    Events,
    /// Hourly statistics.
    Stats,
    /// Expired sessions.
    Sessions,
    /// Counters of sign-in attempts.
    SignInLimits,
    /// Responses to requests with an `Idempotency-Key`.
    IdempotencyKeys,
}

impl Expired {
    /// All kinds, in the order in which they must be deleted.
    pub const ALL: [Self; 7] = [
        Self::Callbacks,
        Self::Deliveries,
        Self::Events,
        Self::Stats,
        Self::Sessions,
        Self::SignInLimits,
        Self::IdempotencyKeys,
    ];
}

impl Store {
    /// Deletes one batch of rows older than `before`, also by the clock of the database. Returns whether there may be more.
    pub async fn delete_expired(&self, what: Expired, before: Timestamp) -> Result<bool, StoreError> {
        let before = match what {
            Expired::Callbacks | Expired::Deliveries | Expired::Stats => self.by_the_earlier_clock(before).await?,
            // Events ask for it themselves. What people did with a session or a key is short-lived, and can be repeated.
            Expired::Events | Expired::Sessions | Expired::SignInLimits | Expired::IdempotencyKeys => before,
        };
        let older = oldest_id_of(before);
        let (sql, before): (&str, sea_orm::Value) = match what {
            Expired::Callbacks => (
                "DELETE FROM callbacks WHERE id IN (SELECT id FROM callbacks WHERE id < ? ORDER BY id LIMIT ?)",
                older.into(),
            ),
            Expired::Deliveries => (
                "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE id < ? \
                 AND state NOT IN ('pending', 'parked', 'sending') ORDER BY id LIMIT ?)",
                older.into(),
            ),
            Expired::Events => return Ok(self.delete_events(EventsOf::AllExcept(&[]), before, Uuid::nil()).await?.is_some()),
            Expired::Stats => return self.delete_stats(before).await,
            Expired::Sessions => return self.delete_expired_sessions(Timestamp::now(), before, BATCH).await,
            Expired::IdempotencyKeys => (
                "DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM idempotency_keys WHERE started_at < ? ORDER BY started_at LIMIT ?)",
                before.0.into(),
            ),
            Expired::SignInLimits => return self.delete_old_sign_in_limits(before, BATCH).await,
        };
        let deleted = self.execute(sql, [before, BATCH.into()]).await?;
        Ok(deleted >= BATCH.unsigned_abs())
    }

    /// The event types whose payloads have a retention period of their own.
    pub async fn payload_retention(&self) -> Result<Vec<(String, Duration)>, StoreError> {
        let found = event_type::Entity::find()
            .select_only()
            .columns([event_type::Column::EventType, event_type::Column::RetentionDays])
            .filter(event_type::Column::RetentionDays.is_not_null());
        let rows = found.into_tuple::<(String, i32)>().all(&self.read).await?;
        let day = Duration::from_secs(24 * 3_600);
        Ok(rows.into_iter().map(|(name, days)| (name, day * days.unsigned_abs())).collect())
    }

    /// Removes the payloads of one batch of the events of a type that are older than `before`, also by the clock of the database, and later than
    /// `after`, and have no unfinished deliveries. The rows stay for the log. Returns the last event of the batch, if there may be more.
    pub async fn remove_payloads(&self, event_type: &str, before: Timestamp, after: Uuid) -> Result<Option<Uuid>, StoreError> {
        let before = self.by_the_earlier_clock(before).await?;
        let sql =
            format!("SELECT id FROM events WHERE event_type = ? AND id > ? AND id < ? AND id NOT IN ({UNFINISHED}) ORDER BY id LIMIT ?");
        let values = [
            event_type.into(),
            after.into(),
            oldest_id_of(before).into(),
            oldest_id_of(before.plus(TOGETHER)).into(),
            BATCH.into(),
        ];
        let transaction = self.begin().await?;
        let rows = transaction.query_all_raw(statement(self.backend(), &sql, values)).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?;
        let empty = "UPDATE events SET body = '', extensions = NULL, trace_context = NULL WHERE body <> '' AND id IN";
        for_ids(&transaction, empty, &[], ids.iter().copied()).await?;
        transaction.commit().await?;
        Ok(ids.last().copied().filter(|_| ids.len() as u64 >= BATCH.unsigned_abs()))
    }

    /// Deletes one batch of events that are older than `before`, also by the clock of the database, and later than `after`, and have no
    /// unfinished deliveries. Finished deliveries of that age are already deleted, so the subquery on the ids of deliveries finds few rows and
    /// needs no index on the event. Returns the last event of the batch, if there may be more.
    pub async fn delete_events(&self, which: EventsOf<'_>, before: Timestamp, after: Uuid) -> Result<Option<Uuid>, StoreError> {
        let before = self.by_the_earlier_clock(before).await?;
        let (condition, types) = match which {
            EventsOf::Type(name) => ("event_type = ?".to_owned(), vec![name]),
            EventsOf::AllExcept([]) => ("1 = 1".to_owned(), Vec::new()),
            // The expression keeps the planners from the index by type, because the rows are needed in the order of the primary key.
            EventsOf::AllExcept(names) => (
                format!("event_type || '' NOT IN {}", marks(names.len())),
                names.iter().map(String::as_str).collect(),
            ),
        };
        let sql = format!(
            "SELECT id, source, ce_id FROM events WHERE {condition} AND id > ? AND id < ? AND id NOT IN ({UNFINISHED}) ORDER BY id LIMIT ?"
        );
        let types = types.into_iter().map(sea_orm::Value::from);
        let values: Vec<sea_orm::Value> = types
            .chain([
                after.into(),
                oldest_id_of(before).into(),
                oldest_id_of(before.plus(TOGETHER)).into(),
                BATCH.into(),
            ])
            .collect();
        let transaction = self.begin().await?;
        let rows = KeyedEvent::find_by_statement(statement(self.backend(), &sql, values))
            .all(&transaction)
            .await?;
        self.delete_keys(&transaction, &rows).await?;
        for_ids(&transaction, "DELETE FROM events WHERE id IN", &[], rows.iter().map(|row| row.id)).await?;
        transaction.commit().await?;
        Ok(rows.last().map(|row| row.id).filter(|_| rows.len() as u64 >= BATCH.unsigned_abs()))
    }

    /// Deletes the keys of these events.
    pub(super) async fn delete_keys(&self, on: &impl ConnectionTrait, events: &[KeyedEvent]) -> Result<(), StoreError> {
        let mut left = events;
        for size in sizes(events.len()) {
            let (events, rest) = left.split_at(size);
            left = rest;
            let keys = events.iter().flat_map(|row| {
                let former = EventKey::of_former(&row.ce_id, EventId(row.id));
                [EventKey::of(&row.source, &row.ce_id), former]
            });
            let keys = keys.map(|key| key.as_bytes().to_vec().into());
            // The key may belong to a newer event by now.
            let sql = format!(
                "DELETE FROM event_keys WHERE key IN {} AND event_id IN {}",
                marks(2 * size),
                marks(size)
            );
            let values: Vec<sea_orm::Value> = keys.chain(events.iter().map(|row| row.id.into())).collect();
            on.execute_raw(statement(self.backend(), &sql, values)).await?;
        }
        Ok(())
    }

    /// Deletes hourly statistics of webhooks, then those of all webhooks together.
    async fn delete_stats(&self, before: Timestamp) -> Result<bool, StoreError> {
        let mut deleted = 0;
        for (table, key) in [
            ("webhook_stats", "webhook_id, hour, latency"),
            ("stats_total", "shard, hour, latency"),
            ("event_type_stats", "shard, hour, event_type"),
        ] {
            let which = match self.backend() {
                DbBackend::Postgres => format!("ctid IN (SELECT ctid FROM {table} WHERE hour < ? LIMIT ?)"),
                _ => format!("({key}) IN (SELECT {key} FROM {table} WHERE hour < ? LIMIT ?)"),
            };
            let sql = format!("DELETE FROM {table} WHERE {which}");
            deleted = deleted.max(self.execute(&sql, [hour(before).into(), BATCH.into()]).await?);
        }
        Ok(deleted >= BATCH.unsigned_abs())
    }
}
