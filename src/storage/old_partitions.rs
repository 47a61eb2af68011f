//! Retention by partitions, on PostgreSQL: a month is dropped when nothing of it has to be kept. That leaves no dead rows and costs the same for
//! any number of rows.
//!
//! A partition is detached first (`CONCURRENTLY`, so no query waits), and checked once more when its rows cannot change any more: if it has to be
//! kept by now, it is attached again. Then the keys of its events are deleted, and the table is dropped. If this is interrupted, the next round
//! finds the detached table and continues.

use std::time::Duration;

use sea_orm::{ConnectionTrait, FromQueryResult};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    domain::timestamp::Timestamp,
    storage::{
        Store, StoreError,
        partitions::{Attachment, DROPPING, Month, Partition},
        raw_sql::statement,
        retention::{KeyedEvent, TOGETHER},
        uuid_time::oldest_id_of,
    },
};

/// From this retention on, rows wait until their whole month can be dropped.
pub const WHOLE_MONTHS: Duration = Duration::from_secs(30 * 24 * 3_600);
/// Rows per batch.
const BATCH: usize = 500;

/// How long the rows of each kind are kept.
struct Kept {
    now: Timestamp,
    retention: Duration,
    /// Event types whose events are kept longer than the log.
    longer: Vec<(String, Duration)>,
}

impl Store {
    /// Rows of this age can be deleted one by one: all, or with a long retention on PostgreSQL only those of whole months, which are dropped
    /// together unless something in their partition has to be kept.
    pub fn deletable_before(&self, now: Timestamp, age: Duration) -> Timestamp {
        let before = now.minus(age);
        if self.has_partitions() && age >= WHOLE_MONTHS {
            Month::of(before).begins().min(before)
        } else {
            before
        }
    }

    /// Drops the partitions whose rows are all older than the retention. Returns how many were dropped. Waits a few seconds for another
    /// node that is dropping some.
    pub async fn drop_old_partitions(&self, retention: Duration) -> Result<usize, StoreError> {
        if !self.has_partitions() {
            return Ok(0);
        }
        let longer = self.payload_retention().await?;
        let kept = Kept {
            now: self.earliest_now().await?,
            retention,
            longer: longer.into_iter().filter(|(_, age)| *age > retention).collect(),
        };
        let mut old = Vec::new();
        for partition in self.partitions().await? {
            if partition.attachment != Attachment::Attached || self.is_droppable(partition, &kept).await? {
                old.push(partition);
            }
        }
        if old.is_empty() {
            return Ok(0);
        }
        let mut ddl = self.partition_ddl(DROPPING).await?;
        let mut dropped = 0;
        // Their state may have changed while this node waited for the lock.
        for partition in self.partitions().await? {
            if !old.iter().any(|old| (old.table, old.month) == (partition.table, partition.month)) {
                continue;
            }
            match partition.attachment {
                Attachment::Attached => ddl.detach(partition).await?,
                Attachment::Pending => ddl.finish_detaching(partition).await?,
                Attachment::Detached => {}
            }
            let partition = Partition {
                attachment: Attachment::Detached,
                ..partition
            };
            if !self.is_droppable(partition, &kept).await? {
                ddl.attach(partition).await?;
                continue;
            }
            if partition.table == "events" {
                self.delete_keys_of(partition).await?;
            }
            ddl.drop(partition).await?;
            dropped += 1;
            tracing::info!("dropped the partition {}, which was older than the retention", partition.name());
        }
        Ok(dropped)
    }

    /// The earlier one of this clock and that of the database, so that a node whose clock is ahead deletes nothing early.
    async fn earliest_now(&self) -> Result<Timestamp, StoreError> {
        self.by_the_earlier_clock(Timestamp::now()).await
    }

    /// The moment that this node takes for `moment`, if its clock is ahead of that of the database: as much earlier as it is ahead.
    pub(super) async fn by_the_earlier_clock(&self, moment: Timestamp) -> Result<Timestamp, StoreError> {
        if !self.has_partitions() {
            return Ok(moment);
        }
        // Before the question, so that the time until the answer does not count.
        let ours = Timestamp::now();
        let theirs = self.database_time().await?;
        Ok(theirs.map_or(moment, |theirs| moment.minus(ours.since(theirs))))
    }

    /// Whether nothing in a partition has to be kept.
    async fn is_droppable(&self, partition: Partition, kept: &Kept) -> Result<bool, StoreError> {
        let ends = partition.month.next().begins();
        let is_past = |age: Duration| ends <= kept.now.minus(age);
        if partition.table == "callbacks" {
            return Ok(is_past(kept.retention));
        }
        if !is_past(kept.retention.saturating_add(TOGETHER)) {
            return Ok(false);
        }
        for (event_type, _) in kept.longer.iter().filter(|(_, age)| !is_past(*age)) {
            let of_type = format!("SELECT 1 FROM {} WHERE event_type = ? LIMIT 1", partition.name());
            if self.has_rows(&of_type, [event_type.clone().into()]).await? {
                return Ok(false);
            }
        }
        // Those that are not finished are kept, whatever their age. The deliveries of an event are stored shortly after it.
        let (from, to) = partition.month.ids();
        let sql = "SELECT 1 FROM deliveries WHERE id >= ? AND id < ? AND event_id >= ? AND event_id < ? LIMIT 1";
        let last = oldest_id_of(ends.plus(TOGETHER));
        Ok(!self.has_rows(sql, [from.into(), last.into(), from.into(), to.into()]).await?)
    }

    async fn has_rows<const N: usize>(&self, sql: &str, values: [sea_orm::Value; N]) -> Result<bool, StoreError> {
        let found = self.patient().read.query_one_raw(statement(self.backend(), sql, values)).await?;
        Ok(found.is_some())
    }

    /// Deletes the keys of the events of a detached partition, in batches, so that publishers do not wait.
    async fn delete_keys_of(&self, partition: Partition) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT id, source, ce_id FROM {} WHERE id > ? ORDER BY id LIMIT {BATCH}",
            partition.name()
        );
        let (store, mut after) = (self.patient(), Uuid::nil());
        loop {
            let began = Instant::now();
            let rows = KeyedEvent::find_by_statement(statement(self.backend(), &sql, [after.into()]))
                .all(&store.read)
                .await?;
            let transaction = store.begin().await?;
            store.delete_keys(&transaction, &rows).await?;
            transaction.commit().await?;
            match rows.last() {
                Some(last) if rows.len() == BATCH => after = last.id,
                _ => return Ok(()),
            }
            // Uses at most a quarter of the time of a connection.
            sleep(began.elapsed() * 3).await;
        }
    }
}
