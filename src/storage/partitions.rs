//! Partitions of events and callbacks, on PostgreSQL: one for each calendar month in UTC. Retention drops a whole month instead of deleting its rows
//! (`storage::old_partitions`).
//!
//! Partitions are created before their month begins: at the start and by the retention task. There is no default partition, because nothing could
//! be detached `CONCURRENTLY` beside it, so an insert whose month is missing fails; its caller creates the month and repeats the insert.
//! A partition is a table like its parent that is attached afterwards, because `CREATE TABLE … PARTITION OF` would lock the parent against all
//! queries.

use std::{collections::BTreeSet, fmt, time::Duration};

use jiff::{civil::Date, tz::TimeZone};
use migrations::PARTITIONED;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, FromQueryResult, RuntimeErr, Value,
    sqlx::{self, AssertSqlSafe, ConnectOptions, PgConnection},
};
use tokio::time::timeout;
use uuid::Uuid;

use crate::{
    domain::timestamp::Timestamp,
    storage::{
        Store, StoreError,
        open_error::OpenError,
        raw_sql::statement,
        server_error::code_of,
        uuid_time::{made_at, oldest_id_of},
    },
};

/// How many months after the present one have partitions.
const AHEAD: usize = 2;
/// Waiting statements: how long they wait for locks, and how long they run.
const LIMITS: &str = "SET lock_timeout = '5s'; SET statement_timeout = '60s'";
/// The time limit of a statement whose answer is lost.
const ANSWER: Duration = Duration::from_secs(70);
/// The number of the advisory lock is "clearhop" in ASCII.
const CREATING: &str = "SELECT pg_advisory_lock(7164212576445296496)";
/// The lock of the node that drops partitions. Its number is "clearhoq" in ASCII.
pub(super) const DROPPING: &str = "SELECT pg_advisory_lock(7164212576445296497)";

/// A calendar month in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month of a time.
    pub fn of(at: Timestamp) -> Self {
        let date = at.in_zone(&TimeZone::UTC).date();
        Self {
            year: date.year(),
            month: date.month(),
        }
    }

    /// The month in which an id was made.
    pub(super) fn of_id(id: Uuid) -> Self {
        Self::of(made_at(id))
    }

    /// The following month.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.month == 12 {
            Self {
                year: self.year + 1,
                month: 1,
            }
        } else {
            Self {
                year: self.year,
                month: self.month + 1,
            }
        }
    }

    /// Its first millisecond.
    pub fn begins(self) -> Timestamp {
        let first = Date::new(self.year, self.month, 1).and_then(|date| date.at(0, 0, 0, 0).to_zoned_datetime(TimeZone::UTC));
        // Ids have no times before 1970 and, up to the last one of 48 bits, none of a clock after the year 9999.
        let edge = if self.year < 1970 { 0 } else { (1 << 48) - 1 };
        first.map_or(Timestamp(edge), |first| Timestamp(first.timestamp().as_millisecond()))
    }

    /// Its first id, and that of the next month.
    pub(super) fn ids(self) -> (Uuid, Uuid) {
        (oldest_id_of(self.begins()), oldest_id_of(self.next().begins()))
    }

    /// The month of the partition for a row with this value in the column of the partitions.
    pub(super) fn of_value(value: &Value) -> Option<Self> {
        match value {
            Value::Uuid(Some(id)) => Some(Self::of_id(*id)),
            Value::BigInt(Some(at)) => Some(Self::of(Timestamp(*at))),
            _ => None,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('_')?;
        let (year, month) = (year.parse().ok()?, month.parse().ok()?);
        (1..=12).contains(&month).then_some(Self { year, month })
    }
}

/// As in the names of partitions: `2026_11`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}_{:02}", self.year, self.month)
    }
}

/// The names of the tables that are partitioned.
pub fn partitioned_tables() -> impl Iterator<Item = &'static str> {
    PARTITIONED.into_iter().map(|(table, _)| table)
}

/// Whether queries see the rows of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attachment {
    /// Queries see its rows.
    Attached,
    /// Detaching it was interrupted. New queries do not see its rows, and it must be finished before anything else.
    Pending,
    /// It is a table of its own.
    Detached,
}

/// A partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Partition {
    pub(super) table: &'static str,
    pub(super) month: Month,
    pub(super) attachment: Attachment,
}

impl Partition {
    /// The name of its table.
    pub(super) fn name(self) -> String {
        format!("{}_{}", self.table, self.month)
    }
}

/// The partitions of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionReport {
    /// Until when, exclusive, there are partitions without a gap from the present month on. `None` if the present month has none.
    pub until: Option<Timestamp>,
    /// Whether this role may create and drop partitions.
    pub may_create: bool,
    /// Whether as many months as usual have partitions.
    pub is_ahead: bool,
}

impl Store {
    /// Creates the missing partitions of the present month and of those after it. Returns how many were created.
    pub async fn create_partitions_ahead(&self) -> Result<usize, StoreError> {
        self.create_partitions(ahead()).await
    }

    /// The same at the start. Fails only if events cannot be stored now.
    pub(super) async fn prepare_partitions(&self) -> Result<(), OpenError> {
        let Err(error) = self.create_partitions_ahead().await else {
            return Ok(());
        };
        match self.partition_report().await {
            Ok(Some(PartitionReport { until: Some(until), .. })) => {
                tracing::warn!(%error, "cannot create partitions ahead; there are some until {until}: {}", error.brief());
                Ok(())
            }
            _ => Err(OpenError::Partitions(error.brief())),
        }
    }

    /// Whether events and callbacks are partitioned.
    pub(super) fn has_partitions(&self) -> bool {
        self.backend() == DbBackend::Postgres
    }

    /// Creates the missing partitions of these months. Returns how many were created.
    pub async fn create_partitions(&self, months: impl IntoIterator<Item = Month>) -> Result<usize, StoreError> {
        if !self.has_partitions() {
            return Ok(0);
        }
        let months: BTreeSet<Month> = months.into_iter().collect();
        let is_missing = |found: &[Partition], table: &str, month: Month| {
            let same = |partition: &&Partition| partition.table == table && partition.month == month;
            found
                .iter()
                .find(same)
                .is_none_or(|partition| partition.attachment != Attachment::Attached)
        };
        let found = self.partitions().await?;
        if !PARTITIONED
            .iter()
            .any(|(table, _)| months.iter().any(|month| is_missing(&found, table, *month)))
        {
            return Ok(0);
        }
        let mut ddl = self.partition_ddl(CREATING).await?;
        // Another node may have created them meanwhile.
        let mut found = self.partitions().await?;
        let is_leftover = |partition: &Partition| partition.attachment != Attachment::Attached && months.contains(&partition.month);
        if found.iter().any(is_leftover) {
            // Another node may be about to drop it.
            ddl.execute(DROPPING).await?;
            found = self.partitions().await?;
        }
        let mut created = 0;
        for (table, _) in PARTITIONED {
            for month in &months {
                let existing = found.iter().find(|partition| partition.table == table && partition.month == *month);
                let attachment = existing.map(|partition| partition.attachment);
                if attachment == Some(Attachment::Attached) {
                    continue;
                }
                let partition = Partition {
                    table,
                    month: *month,
                    attachment: attachment.unwrap_or(Attachment::Detached),
                };
                ddl.attach(partition).await?;
                created += 1;
            }
        }
        if created > 0 {
            let names: Vec<String> = months.iter().map(ToString::to_string).collect();
            tracing::info!("created {created} partitions for the months {}", names.join(", "));
        }
        Ok(created)
    }

    /// After a failed insert: whether a partition was missing that exists now, so that the insert can be repeated. The rows belong to these
    /// months.
    pub(super) async fn repairs_partitions(&self, error: &StoreError, months: impl IntoIterator<Item = Month>) -> bool {
        if !error.is_missing_partition() {
            return false;
        }
        match self.create_partitions(months).await {
            Ok(_) => true,
            Err(error) => {
                tracing::error!(%error, "a partition of the database is missing and cannot be created: {}", error.brief());
                false
            }
        }
    }

    /// The partitions of all tables, and those that were detached and not dropped.
    pub(super) async fn partitions(&self) -> Result<Vec<Partition>, StoreError> {
        #[derive(FromQueryResult)]
        struct PartitionRow {
            name: String,
            attached: bool,
            pending: bool,
        }
        let sql = format!(
            "SELECT c.relname::text AS name, i.inhparent IS NOT NULL AS attached, COALESCE(i.inhdetachpending, FALSE) AS pending \
             FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid WHERE c.relkind = 'r' \
             AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'events'::regclass) \
             AND c.relname ~ '^({})_[0-9][0-9][0-9][0-9]_[0-9][0-9]$' ORDER BY c.relname",
            PARTITIONED.map(|(table, _)| table).join("|")
        );
        let rows = PartitionRow::find_by_statement(statement(self.backend(), &sql, []))
            .all(&self.read)
            .await?;
        let partition = |row: PartitionRow| {
            let (table, month) = PARTITIONED
                .iter()
                .find_map(|(table, _)| Some((*table, row.name.strip_prefix(table)?.strip_prefix('_')?)))?;
            Some(Partition {
                table,
                month: Month::parse(month)?,
                attachment: match (row.attached, row.pending) {
                    (true, true) => Attachment::Pending,
                    (true, false) => Attachment::Attached,
                    (false, _) => Attachment::Detached,
                },
            })
        };
        Ok(rows.into_iter().filter_map(partition).collect())
    }

    /// What `clearhook doctor` says about the partitions. `None` on SQLite.
    pub async fn partition_report(&self) -> Result<Option<PartitionReport>, StoreError> {
        if !self.has_partitions() {
            return Ok(None);
        }
        let found = self.partitions().await?;
        let is_complete = |month: Month| {
            let attached = |partition: &&Partition| partition.month == month && partition.attachment == Attachment::Attached;
            found.iter().filter(attached).count() == PARTITIONED.len()
        };
        let mut until = Month::of(Timestamp::now());
        let mut months = 0;
        while is_complete(until) {
            until = until.next();
            months += 1;
        }
        let sql = "SELECT has_schema_privilege(relnamespace, 'CREATE') AND pg_has_role(relowner, 'USAGE') AS may \
                   FROM pg_class WHERE oid = 'events'::regclass";
        let row = self.read.query_one_raw(statement(self.backend(), sql, [])).await?;
        Ok(Some(PartitionReport {
            until: (months > 0).then(|| until.begins()),
            may_create: row.map(|row| row.try_get("", "may")).transpose()?.unwrap_or(false),
            is_ahead: months > AHEAD,
        }))
    }

    /// A connection for changes of partitions, which holds this advisory lock until it is dropped.
    pub(super) async fn partition_ddl(&self, lock: &'static str) -> Result<PartitionDdl, StoreError> {
        let pool = self.write.pool().ok_or(StoreError::Stopping)?;
        let options = pool.get_postgres_connection_pool().connect_options();
        let options = (*options).clone();
        let connection = timeout(ANSWER, options.connect()).await.map_err(|_| StoreError::Silent(ANSWER))?;
        let mut ddl = PartitionDdl {
            connection: connection.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))?,
            schema: String::new(),
        };
        ddl.execute(LIMITS).await?;
        ddl.execute(lock).await?;
        let sql = "SELECT quote_ident(nspname) AS name FROM pg_namespace \
                   WHERE oid = (SELECT relnamespace FROM pg_class WHERE oid = 'events'::regclass)";
        let row = self.read.query_one_raw(statement(self.backend(), sql, [])).await?;
        ddl.schema = row.map(|row| row.try_get("", "name")).transpose()?.unwrap_or_default();
        Ok(ddl)
    }
}

/// The present month and those that have partitions ahead.
fn ahead() -> impl Iterator<Item = Month> {
    std::iter::successors(Some(Month::of(Timestamp::now())), |month| Some(month.next())).take(AHEAD + 1)
}

/// A connection that creates, attaches, detaches and drops partitions.
pub(super) struct PartitionDdl {
    connection: PgConnection,
    schema: String,
}

impl PartitionDdl {
    /// Attaches a partition, which is created if there is no table with its name.
    pub(super) async fn attach(&mut self, partition: Partition) -> Result<(), StoreError> {
        if partition.attachment == Attachment::Pending {
            self.finish_detaching(partition).await?;
        }
        let (schema, table, name) = (&self.schema, partition.table, partition.name());
        let (from, to) = if table == "events" {
            let (from, to) = partition.month.ids();
            (format!("'{from}'"), format!("'{to}'"))
        } else {
            let (from, to) = (partition.month.begins(), partition.month.next().begins());
            (from.0.to_string(), to.0.to_string())
        };
        // Statements that are sent together are one transaction.
        let sql = format!(
            "CREATE TABLE IF NOT EXISTS {schema}.{name} (LIKE {schema}.{table} INCLUDING ALL); \
             ALTER TABLE {schema}.{table} ATTACH PARTITION {schema}.{name} FOR VALUES FROM ({from}) TO ({to})"
        );
        self.execute(&sql).await
    }

    /// Detaches a partition without blocking queries. If this is interrupted, the partition stays pending.
    pub(super) async fn detach(&mut self, partition: Partition) -> Result<(), StoreError> {
        let (schema, table, name) = (&self.schema, partition.table, partition.name());
        let sql = format!("ALTER TABLE {schema}.{table} DETACH PARTITION {schema}.{name} CONCURRENTLY");
        self.execute(&sql).await
    }

    /// Finishes an interrupted [`Self::detach`].
    pub(super) async fn finish_detaching(&mut self, partition: Partition) -> Result<(), StoreError> {
        let (schema, table, name) = (&self.schema, partition.table, partition.name());
        let sql = format!("ALTER TABLE {schema}.{table} DETACH PARTITION {schema}.{name} FINALIZE");
        self.execute(&sql).await
    }

    /// Drops a detached partition.
    pub(super) async fn drop(&mut self, partition: Partition) -> Result<(), StoreError> {
        let sql = format!("DROP TABLE {}.{}", self.schema, partition.name());
        self.execute(&sql).await
    }

    pub(super) async fn execute(&mut self, sql: &str) -> Result<(), StoreError> {
        let run = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.connection);
        let done = timeout(ANSWER, run).await.map_err(|_| StoreError::Silent(ANSWER))?;
        let Err(error) = done.map_err(|error| DbErr::Exec(RuntimeErr::SqlxError(error.into()))) else {
            return Ok(());
        };
        if code_of(&error).as_deref() == Some("42501") {
            return Err(StoreError::Database(DbErr::Custom(
                "this role may not create and drop partitions: it must own the tables and have CREATE on their schema; run `clearhook migrate` as \
                 the owner of the tables at least once a month, or use that role in CLEARHOOK_DATABASE_URL"
                    .to_owned(),
            )));
        }
        Err(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        Month::of(Timestamp::parse(text).unwrap())
    }

    #[test]
    fn months_are_those_of_utc_and_meet_without_a_gap() {
        let december = month("2026-12-31T23:59:59.999Z");
        assert_eq!(december.to_string(), "2026_12");
        assert_eq!(december.next(), month("2027-01-01T00:00:00Z"));
        assert_eq!(december.ids().1, december.next().ids().0);
        assert_eq!(december.begins().rfc3339(), "2026-12-01T00:00:00.000Z");
        assert_eq!(month("2027-01-01T00:30:00+01:00"), december);
        assert_eq!(Month::parse("2026_12"), Some(december));
        for bad in ["", "2026", "2026_13", "2026_00", "a_b"] {
            assert_eq!(Month::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_id_is_in_the_range_of_its_month() {
        for id in [
            Uuid::now_v7(),
            Uuid::nil(),
            oldest_id_of(Timestamp::parse("2024-02-29T12:00:00Z").unwrap()),
        ] {
            let (from, to) = Month::of_id(id).ids();
            assert!(from <= id && id < to, "{id}");
        }
        let (from, to) = Month::of_id(Uuid::max()).ids();
        assert!(from < to);
    }
}
