//! What the console's list of webhooks is ordered by: it reads a page of an index, however many webhooks there are.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The list's queries have the same expressions (`storage::webhooks::rows`). PostgreSQL's index entries hold at most 2,704 bytes,
/// so a description counts by its beginning.
const INDEXES: [(&str, &str); 4] = [
    ("webhooks_by_name", "lower(name)"),
    ("webhooks_by_url", "url"),
    ("webhooks_by_description", "lower(substr(description, 1, 100))"),
    (
        "webhooks_by_status",
        "(CASE WHEN NOT enabled THEN 1 WHEN failing_since IS NULL THEN 2 ELSE 0 END)",
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, expression) in INDEXES {
            let sql = format!("CREATE INDEX {name} ON webhooks ({expression}, id) WHERE deleted_at IS NULL");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in INDEXES {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        Ok(())
    }
}
