//! The initial schema. It is edited in place until version 0.1.0 is released; after that, each change is a separate migration.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

mod accounts;
mod audit;
mod callbacks;
mod event_types;
mod events;
mod idempotency;
mod nodes;
mod webhooks;

pub(crate) struct Migration;

impl MigrationName for Migration {
    /// The name of the directory: deriving it would take that of this file, which is `mod`.
    fn name(&self) -> &'static str {
        "m20261128_000001_initial"
    }
}

/// All tables, each after those that refer to it.
pub const TABLES: [&str; 28] = [
    "idempotency_keys",
    "master_keys",
    "audit_log",
    "revisions",
    "nodes",
    "stats_total",
    "event_type_stats",
    "webhook_stats",
    "callbacks",
    "deliveries",
    "event_keys",
    "events",
    "webhook_secrets",
    "webhook_headers",
    "webhook_owners",
    "webhook_events",
    "webhooks",
    "used_oidc_states",
    "setup_links",
    "identities",
    "recovery_codes",
    "second_factors",
    "sign_in_limits",
    "api_keys",
    "sessions",
    "users",
    "event_type_versions",
    "event_types",
];

/// The tables that are partitioned by month on PostgreSQL, and by which column: a time, or an id, which is a UUIDv7 and so begins with its time.
/// Callbacks are partitioned by the time by which the log of a webhook is sorted, so that its newest page reads the newest partition.
/// `deliveries` are not partitioned: they are searched by state, so each search would read all partitions.
pub const PARTITIONED: [(&str, &str); 2] = [("callbacks", "callback_date"), ("events", "id")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// On SQLite too: an interrupted migration must leave nothing behind, or no later start could complete it.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        accounts::create(manager).await?;
        webhooks::create(manager).await?;
        event_types::create(manager).await?;
        events::create(manager).await?;
        callbacks::create(manager).await?;
        nodes::create(manager).await?;
        audit::create(manager).await?;
        idempotency::create(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// On SQLite, stores the rows of a small table in the tree of its primary key, which saves a second tree.
fn clustered(manager: &SchemaManager<'_>, table: &mut TableCreateStatement) -> TableCreateStatement {
    match manager.get_database_backend() {
        DbBackend::Sqlite => table.extra("WITHOUT ROWID").to_owned(),
        _ => table.to_owned(),
    }
}

/// On PostgreSQL, divides one of the tables [`PARTITIONED`] into ranges. The service creates a partition for each month (`storage::partitions`).
fn partitioned(manager: &SchemaManager<'_>, name: &str, table: &mut TableCreateStatement) -> TableCreateStatement {
    let column = PARTITIONED.into_iter().find(|(table, _)| *table == name).map(|(_, column)| column);
    match (manager.get_database_backend(), column) {
        (DbBackend::Postgres, Some(column)) => table.extra(format!("PARTITION BY RANGE ({column})")).to_owned(),
        _ => table.to_owned(),
    }
}

/// A column that is compared by its bytes, whatever the language of the database: SQLite and the service compare so, too.
fn compared_by_bytes(manager: &SchemaManager<'_>, mut column: ColumnDef) -> ColumnDef {
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

/// A foreign key whose rows are deleted with the row that they refer to.
fn belongs_to(table: &'static str, column: &'static str, parent: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from(table, column)
        .to(parent, "id")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}

/// An index over plain columns.
fn index(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table).to_owned();
    for column in columns {
        index.col(*column);
    }
    index
}

async fn create_indexes(manager: &SchemaManager<'_>, indexes: impl IntoIterator<Item = IndexCreateStatement>) -> Result<(), DbErr> {
    for index in indexes {
        manager.create_index(index).await?;
    }
    Ok(())
}

async fn execute(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(sql).await.map(|_| ())
}
