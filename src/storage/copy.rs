//! Copies all rows of a SQLite database into an empty PostgreSQL database, in batches, so that an interrupted copy can be continued.
//!
//! The rows of a table are copied in the order of its primary key. A copy that continues therefore begins after the newest key of the target,
//! unless the key contains text, which the databases sort differently: those small tables begin again, and rows that are there are kept. The
//! target is marked until the copy is complete ([`COPYING`]), so that no service starts on a part of the data.

use std::{collections::BTreeSet, time::Duration};

use migrations::{PARTITIONED, TABLES};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IdenStatic, IntoActiveModel, Iterable, ModelTrait, PaginatorTrait,
    PrimaryKeyToColumn, QueryFilter, QueryOrder, QuerySelect, StatementBuilder, Value,
    sea_query::{ColumnType, Expr, InsertStatement, OnConflict, Order, Query, SimpleExpr},
};
use serde_json::json;
use thiserror::Error;
use uuid::Uuid;

use crate::{
    domain::{audit::AuditAction, timestamp::Timestamp},
    storage::{
        DatabaseUrl, PostgresUrl, Store, StoreError,
        audit::{self, Actor, Entry},
        entity::{
            api_key, audit_entry, callback, delivery, event, event_key, event_type, event_type_stats, event_type_version, idempotency_key,
            identity, master_key, recovery_code, revision, second_factor, session, setup_link, sign_in_limit, stats_total, used_oidc_state,
            user, webhook, webhook_event, webhook_header, webhook_owner, webhook_secret, webhook_stats,
        },
        migrate::COPYING,
        open::OpenError,
        partitions::Month,
        raw_sql::statement,
    },
    vault::Vault,
};

/// Rows per transaction. 256 rows of 25 columns stay below PostgreSQL's limit of 65,535 parameters.
const BATCH: u64 = 256;
/// The time limit of a statement: counting and analysing large tables takes minutes.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// Why a database cannot be copied.
#[derive(Debug, Error)]
pub enum CopyError {
    /// The target has rows.
    #[error(
        "the target is not empty: its table {0} has rows; copy into a new database (CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0)"
    )]
    NotEmpty(&'static str),
    /// The numbers of rows differ after the copy.
    #[error(
        "the table {table} has {copied} rows in the target and {rows} in the source; drop the target database, create it again and copy again"
    )]
    Rows {
        /// The table.
        table: &'static str,
        /// Rows in the source.
        rows: u64,
        /// Rows in the target.
        copied: u64,
    },
    /// A database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for CopyError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The table that is being copied.
    pub table: &'static str,
    /// How many of its rows are copied.
    pub copied: u64,
    /// How many rows it has.
    pub rows: u64,
}

/// How a copy began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// The target was empty.
    Empty,
    /// The target has a part of the same rows.
    Continued,
    /// The source has changed since an interrupted copy, so its rows were removed from the target.
    Restarted,
}

/// Calls `$work::<Entity>` for each table, each after those that it refers to. `nodes` has no rows that outlast a service, and `revisions`
/// has one row from the start.
macro_rules! for_each_table {
    ($work:ident) => {
        for_each_table! { $work, event_type event_type_version user session api_key sign_in_limit second_factor recovery_code identity
            setup_link used_oidc_state webhook webhook_event webhook_owner webhook_header webhook_secret event event_key delivery callback
            webhook_stats event_type_stats stats_total audit_entry master_key idempotency_key }
    };
    ($work:ident, $($entity:ident)*) => { $($work!($entity);)* };
}

impl Store {
    /// Opens a PostgreSQL database into which rows are copied. It may have a part of them already.
    pub async fn open_copy(url: &PostgresUrl, vault: Vault) -> Result<Self, OpenError> {
        Self::open_incomplete(url, vault).await.map(|store| store.within(PATIENCE))
    }

    /// The number of rows to copy.
    pub async fn rows_to_copy(&self) -> Result<u64, StoreError> {
        let mut all = 0;
        macro_rules! count {
            ($entity:ident) => {
                all += $entity::Entity::find().count(&self.read).await?;
            };
        }
        for_each_table!(count);
        Ok(all)
    }

    /// Marks the target as incomplete, and removes the rows of an interrupted copy if the source has changed since.
    pub async fn begin_copy(&self, target: &Self) -> Result<Beginning, CopyError> {
        let mark = format!("{COPYING}{}", self.state_of_file().await?);
        let sql = format!("SELECT version FROM seaql_migrations WHERE version LIKE '{COPYING}%'");
        let found = target.write.query_one_raw(statement(target.backend(), &sql, [])).await?;
        let found: Option<String> = found.map(|row| row.try_get("", "version")).transpose()?;
        let beginning = match found {
            Some(found) if found == mark => return Ok(Beginning::Continued),
            Some(_) => Beginning::Restarted,
            None => {
                target.require_empty().await?;
                Beginning::Empty
            }
        };
        let transaction = target.begin().await?;
        if beginning == Beginning::Restarted {
            let tables = TABLES.iter().filter(|table| **table != "revisions").copied().collect::<Vec<_>>();
            transaction.execute_unprepared(&format!("TRUNCATE {}", tables.join(", "))).await?;
            let sql = format!("DELETE FROM seaql_migrations WHERE version LIKE '{COPYING}%'");
            transaction.execute_unprepared(&sql).await?;
        }
        let sql = "INSERT INTO seaql_migrations (version, applied_at) VALUES (?, ?)";
        let values = [mark.into(), Timestamp::now().unix_seconds().into()];
        transaction.execute_raw(statement(target.backend(), sql, values)).await?;
        transaction.commit().await?;
        Ok(beginning)
    }

    /// Copies all rows that the target does not have, and reports the progress after each batch. Returns the number of texts in which NUL
    /// characters, which PostgreSQL cannot store, were replaced.
    pub async fn copy_rows(&self, target: &Self, tell: impl Fn(Progress)) -> Result<u64, CopyError> {
        let mut replaced = 0;
        macro_rules! copy {
            ($entity:ident) => {
                replaced += self.copy_table::<$entity::Entity>(target, &tell).await?;
            };
        }
        for_each_table!(copy);
        if let Some(row) = revision::Entity::find_by_id(1).one(&self.read).await? {
            let sql = "UPDATE revisions SET webhooks = ?, event_types = ? WHERE id = 1";
            target.execute(sql, [row.webhooks.into(), row.event_types.into()]).await?;
        }
        Ok(replaced)
    }

    /// Compares the numbers of rows, then removes the mark: from now on a service may use the target.
    pub async fn end_copy(&self, target: &Self, by: &Actor) -> Result<(), CopyError> {
        let mut all = 0;
        macro_rules! compare {
            ($entity:ident) => {
                let table = table_of::<$entity::Entity>();
                let rows = $entity::Entity::find().count(&self.read).await?;
                let copied = $entity::Entity::find().count(&target.read).await?;
                if rows != copied {
                    return Err(CopyError::Rows { table, rows, copied });
                }
                all += rows;
            };
        }
        for_each_table!(compare);
        // The planner needs statistics of the tables that were empty.
        target.write.execute_unprepared("ANALYZE").await?;
        let transaction = target.begin().await?;
        let entry = Entry::of_server(AuditAction::DatabaseCopied).after(json!({ "rows": all }));
        audit::add(&transaction, by, entry, Timestamp::now()).await?;
        let sql = format!("DELETE FROM seaql_migrations WHERE version LIKE '{COPYING}%'");
        transaction.execute_unprepared(&sql).await?;
        Ok(transaction.commit().await?)
    }

    async fn require_empty(&self) -> Result<(), CopyError> {
        macro_rules! require_none {
            ($entity:ident) => {
                if $entity::Entity::find().limit(1).one(&self.read).await?.is_some() {
                    return Err(CopyError::NotEmpty(table_of::<$entity::Entity>()));
                }
            };
        }
        for_each_table!(require_none);
        Ok(())
    }

    /// Changes with every run of a service (`storage::probe` writes a mark into the header) and with every change of a command.
    async fn state_of_file(&self) -> Result<String, StoreError> {
        let row = self
            .read
            .query_one_raw(statement(self.backend(), "PRAGMA user_version", []))
            .await?;
        let mark: i32 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
        let newest = audit_entry::Entity::find()
            .select_only()
            .column(audit_entry::Column::Id)
            .order_by_desc(audit_entry::Column::Id)
            .into_tuple::<Uuid>()
            .one(&self.read)
            .await?;
        Ok(format!("{mark:08x}:{}", newest.unwrap_or_default().simple()))
    }

    async fn copy_table<E>(&self, target: &Self, tell: &impl Fn(Progress)) -> Result<u64, CopyError>
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel> + Send + Sync,
    {
        let key: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
        let has_text = key.iter().any(|column| {
            matches!(
                column.def().get_column_type(),
                ColumnType::String(_) | ColumnType::Text | ColumnType::Char(_)
            )
        });
        let rows = E::find().count(&self.read).await?;
        let mut progress = Progress {
            table: table_of::<E>(),
            copied: 0,
            rows,
        };
        let mut after: Option<Vec<Value>> = None;
        if !has_text {
            let newest = key.iter().fold(E::find(), |find, column| find.order_by(*column, Order::Desc));
            if let Some(row) = newest.limit(1).one(&target.read).await? {
                after = Some(key.iter().map(|column| row.get(*column)).collect());
                progress.copied = E::find().count(&target.read).await?;
            }
        }
        let mut replaced = 0;
        loop {
            let mut find = key.iter().fold(E::find(), |find, column| find.order_by(*column, Order::Asc));
            if let Some(after) = after.take() {
                let columns = key.iter().map(|column| Expr::col(*column));
                let values = after.into_iter().map(Expr::value);
                find = find.filter(SimpleExpr::from(Expr::tuple(columns)).gt(Expr::tuple(values)));
            }
            let batch = find.limit(BATCH).all(&self.read).await?;
            let Some(last) = batch.last() else { break };
            after = Some(key.iter().map(|column| last.get(*column)).collect());
            let copied = batch.len() as u64;
            replaced += target.insert_copies::<E>(batch).await?;
            progress.copied += copied;
            tell(progress);
            if copied < BATCH {
                break;
            }
        }
        tell(progress);
        Ok(replaced)
    }

    /// Inserts rows that are not there. Returns the number of texts with NUL characters.
    async fn insert_copies<E>(&self, rows: Vec<E::Model>) -> Result<u64, CopyError>
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel>,
    {
        let (mut insert, mut replaced) = (Query::insert(), 0);
        let partitioned = PARTITIONED.into_iter().find(|(table, _)| *table == E::default().table_name());
        let column = E::Column::iter().find(|column| partitioned.is_some_and(|(_, name)| IdenStatic::as_str(column) == name));
        let months = column.map(|column| rows.iter().filter_map(move |row| Month::of_value(&row.get(column))));
        let months: BTreeSet<Month> = months.into_iter().flatten().collect();
        insert.into_table(E::default().table_ref()).columns(E::Column::iter());
        for row in rows {
            let values: Vec<Expr> = E::Column::iter()
                .map(|column| match row.get(column) {
                    Value::String(Some(text)) if text.contains('\0') => {
                        replaced += 1;
                        Expr::value(text.replace('\0', "\u{fffd}"))
                    }
                    value => Expr::value(value),
                })
                .collect();
            insert.values(values).map_err(|error| DbErr::Custom(error.to_string()))?;
        }
        insert.on_conflict(OnConflict::new().do_nothing().to_owned());
        match self.insert_batch(&insert).await {
            Err(error) if self.repairs_partitions(&error, months).await => self.insert_batch(&insert).await?,
            inserted => inserted?,
        }
        Ok(replaced)
    }

    async fn insert_batch(&self, insert: &InsertStatement) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        transaction.execute_raw(StatementBuilder::build(insert, &self.backend())).await?;
        Ok(transaction.commit().await?)
    }
}

fn table_of<E: EntityTrait>() -> &'static str {
    let name = E::default();
    TABLES.into_iter().find(|table| *table == name.table_name()).unwrap_or_default()
}

/// The parsed URL of a target.
pub fn target_of(text: &str) -> Result<Box<PostgresUrl>, String> {
    match text.parse::<DatabaseUrl>() {
        Ok(DatabaseUrl::Postgres(url)) => Ok(url),
        Ok(DatabaseUrl::Sqlite(_)) => Err("the target is a SQLite file; write postgres://user@host:5432/clearhook".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_copied_after_those_it_refers_to() {
        let mut copied = Vec::new();
        macro_rules! name {
            ($entity:ident) => {
                copied.push(table_of::<$entity::Entity>());
            };
        }
        for_each_table!(name);
        copied.extend(["nodes", "revisions"]);
        for table in TABLES {
            assert!(copied.contains(&table), "{table}");
        }
        assert_eq!(copied.len(), TABLES.len());
        let place = |name: &str| copied.iter().position(|table| *table == name);
        for (table, parent) in [
            ("event_type_versions", "event_types"),
            ("sessions", "users"),
            ("webhook_owners", "users"),
            ("webhook_owners", "webhooks"),
            ("deliveries", "webhooks"),
            ("idempotency_keys", "api_keys"),
        ] {
            assert!(place(table) > place(parent), "{table}");
        }
    }
}
