//! Indexes that answer the log's filters and charts by themselves: with a million rows for one webhook, looking into each row
//! for its event or status would take seconds.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Failures are few, so this one is small, and finds them without a walk over what succeeded.
const FAILED: &str = "callbacks_failed";
/// One webhook, newest first, with what the filters and the chart ask for.
const LOG: &str = "callbacks_by_date";
/// The one that it replaces.
const OLD: &str = "callbacks_log";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(by_date(LOG).col("status").col("event_type").to_owned())
            .await?;
        let failed = Expr::col("outcome").eq(Expr::cust("'failed'"));
        let of_failures = by_date(FAILED).col("status").col("event_type").and_where(failed).to_owned();
        manager.create_index(of_failures).await?;
        drop(manager, OLD).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(by_date(OLD)).await?;
        drop(manager, FAILED).await?;
        drop(manager, LOG).await
    }
}

fn by_date(name: &'static str) -> IndexCreateStatement {
    Index::create()
        .name(name)
        .table("callbacks")
        .col("webhook_id")
        .col(("callback_date", IndexOrder::Desc))
        .col(("id", IndexOrder::Desc))
        .to_owned()
}

async fn drop(manager: &SchemaManager<'_>, name: &'static str) -> Result<(), DbErr> {
    manager.drop_index(Index::drop().name(name).table("callbacks").to_owned()).await
}
