//! Events, the deliveries they owe, the callbacks made, and the nodes that make them.
//!
//! That an event was published before is known from `event_keys`, not from a unique index on `events`: so its rows can go
//! after a month, and `events` and `callbacks` can be partitioned by time. Ids are UUIDv7 and tell the age of their rows,
//! so no table has an index of its own for it.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_events(manager).await?;
        create_deliveries(manager).await?;
        create_callbacks(manager).await?;
        create_nodes(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "revisions",
            "nodes",
            "webhook_stats",
            "callbacks",
            "deliveries",
            "events",
            "event_keys",
        ] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// On SQLite the rows of a small table lie in its primary key's tree, which saves a second one.
fn clustered(manager: &SchemaManager<'_>, table: &mut TableCreateStatement) -> TableCreateStatement {
    match manager.get_database_backend() {
        DbBackend::Sqlite => table.extra("WITHOUT ROWID").to_owned(),
        _ => table.to_owned(),
    }
}

async fn create_events(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let keys = clustered(
        manager,
        Table::create()
            .table("event_keys")
            .col(ColumnDef::new("key").binary().not_null().primary_key())
            .col(uuid("event_id"))
            .col(integer("deliveries"))
            .col(big_integer("received_at")),
    );
    manager.create_table(keys).await?;
    manager
        .create_index(
            Index::create()
                .name("event_keys_age")
                .table("event_keys")
                .col("received_at")
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table("events")
                .col(pk_uuid("id"))
                .col(text("event_type"))
                .col(text("source"))
                .col(text("source_id"))
                .col(text_null("subject"))
                .col(big_integer("occurred_at"))
                .col(big_integer("received_at"))
                .col(text("body"))
                .to_owned(),
        )
        .await
}

async fn create_deliveries(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let deliveries = clustered(
        manager,
        Table::create()
            .table("deliveries")
            .col(pk_uuid("id"))
            .col(uuid("event_id"))
            .col(uuid("webhook_id"))
            .col(text("state"))
            .col(text("next_trigger"))
            .col(integer("attempts"))
            .col(integer("retries"))
            .col(integer("asked"))
            .col(integer("breaks"))
            .col(big_integer_null("order_key"))
            .col(big_integer_null("due_at"))
            .col(uuid_null("lease_owner"))
            .col(text_null("reason"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .foreign_key(ForeignKey::create().from("deliveries", "webhook_id").to("webhooks", "id")),
    );
    manager.create_table(deliveries).await?;
    let state = |state: &'static str| Expr::col("state").eq(Expr::cust(format!("'{state}'")));
    // Only what is not done is in these, so they stay small however long the history is.
    let indexes = [
        Index::create()
            .name("deliveries_pending")
            .table("deliveries")
            .col("webhook_id")
            .col("due_at")
            .and_where(state("pending"))
            .to_owned(),
        Index::create()
            .name("deliveries_sending")
            .table("deliveries")
            .col("lease_owner")
            .and_where(state("sending"))
            .to_owned(),
        Index::create()
            .name("deliveries_failed")
            .table("deliveries")
            .col("webhook_id")
            .col("created_at")
            .and_where(state("failed"))
            .to_owned(),
        Index::create()
            .name("deliveries_held")
            .table("deliveries")
            .col("webhook_id")
            .col("created_at")
            .and_where(state("held"))
            .to_owned(),
        // Also of what waits its turn: whether anything of the same subject is before it.
        Index::create()
            .name("deliveries_order")
            .table("deliveries")
            .col("webhook_id")
            .col("order_key")
            .col("id")
            .and_where(Expr::cust("order_key IS NOT NULL AND state IN ('pending', 'sending')"))
            .to_owned(),
    ];
    for index in indexes {
        manager.create_index(index).await?;
    }
    Ok(())
}

async fn create_callbacks(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("callbacks")
                .col(pk_uuid("id"))
                .col(uuid("delivery_id"))
                .col(uuid("event_id"))
                .col(uuid("webhook_id"))
                .col(text("event_type"))
                .col(text("url"))
                .col(big_integer("callback_date"))
                .col(integer("attempt"))
                .col(text("trigger"))
                .col(text("outcome"))
                .col(integer_null("status"))
                .col(text("response"))
                .col(text_null("detail"))
                .col(big_integer("duration_ms"))
                .col(text("request_headers"))
                .col(text_null("response_headers"))
                .col(binary_null("response_body"))
                .col(boolean("response_truncated"))
                .to_owned(),
        )
        .await?;
    // The log: one webhook, newest first, a page after a known row.
    manager
        .create_index(
            Index::create()
                .name("callbacks_log")
                .table("callbacks")
                .col("webhook_id")
                .col(("callback_date", IndexOrder::Desc))
                .col(("id", IndexOrder::Desc))
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("callbacks_delivery")
                .table("callbacks")
                .col("delivery_id")
                .col("attempt")
                .to_owned(),
        )
        .await?;
    let stats = clustered(
        manager,
        Table::create()
            .table("webhook_stats")
            .col(uuid("webhook_id"))
            .col(big_integer("hour"))
            .col(integer("latency"))
            .col(big_integer("succeeded"))
            .col(big_integer("failed"))
            .primary_key(Index::create().col("webhook_id").col("hour").col("latency")),
    );
    manager.create_table(stats).await
}

async fn create_nodes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("nodes")
                .col(pk_uuid("id"))
                .col(big_integer("lease_until"))
                .to_owned(),
        )
        .await?;
    // One row: it counts the changes of webhooks, so that what is remembered of them is known to be old.
    manager
        .create_table(
            Table::create()
                .table("revisions")
                .col(ColumnDef::new("id").integer().not_null().primary_key())
                .col(big_integer("webhooks"))
                .to_owned(),
        )
        .await?;
    let first = Query::insert()
        .into_table("revisions")
        .columns(["id", "webhooks"])
        .values_panic([1.into(), 0.into()])
        .to_owned();
    manager.execute(first).await
}
