//! What the overview asks for: indexes of the few webhooks that need attention, and sums of callbacks by the hour over all webhooks,
//! which would take longer to add up each time than a page may.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The overview's queries have the same conditions (`storage::overview`).
const INDEXES: [(&str, &str); 2] = [
    (
        "webhooks_failing",
        "(failing_since) WHERE failing_since IS NOT NULL AND enabled AND deleted_at IS NULL",
    ),
    (
        "webhooks_given_up",
        "(updated_at) WHERE disabled_reason IS NOT NULL AND deleted_at IS NULL",
    ),
];

/// The id under which the sums of the past stand (`storage::totals`).
const fn total(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "'00000000-0000-0000-0000-000000000000'::uuid",
        _ => "x'00000000000000000000000000000000'",
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, what) in INDEXES {
            run(manager, &format!("CREATE INDEX {name} ON webhooks {what}")).await?;
        }
        let total = total(manager.get_database_backend());
        let sums = format!(
            "INSERT INTO webhook_stats (webhook_id, hour, latency, succeeded, failed) \
             SELECT {total}, hour, 0, SUM(succeeded), SUM(failed) FROM webhook_stats GROUP BY hour"
        );
        run(manager, &sums).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let last = match manager.get_database_backend() {
            DbBackend::Postgres => "'00000000-0000-0000-0000-0000000000ff'::uuid",
            _ => "x'000000000000000000000000000000ff'",
        };
        run(manager, &format!("DELETE FROM webhook_stats WHERE webhook_id <= {last}")).await?;
        for (name, _) in INDEXES {
            run(manager, &format!("DROP INDEX {name}")).await?;
        }
        Ok(())
    }
}

async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(sql).await.map(|_| ())
}
