//! Events, the deliveries they owe, and the callbacks made.
//!
//! That an event was published before is known from `event_keys`, not from a unique index on `events`: so its rows can go
//! after a month, and `events` and `callbacks` can be partitioned by time.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("event_keys")
                    .col(ColumnDef::new("key").binary().not_null().primary_key())
                    .col(uuid("event_id"))
                    .col(big_integer("received_at"))
                    .to_owned(),
            )
            .await?;
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
            .await?;
        manager
            .create_index(Index::create().name("events_age").table("events").col("received_at").to_owned())
            .await?;
        create_deliveries(manager).await?;
        create_callbacks(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["callbacks", "deliveries", "events", "event_keys"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

async fn create_deliveries(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("deliveries")
                .col(pk_uuid("id"))
                .col(uuid("event_id"))
                .col(uuid("webhook_id"))
                .col(text("state"))
                .col(text("next_trigger"))
                .col(integer("attempts"))
                .col(big_integer_null("due_at"))
                .col(uuid_null("lease_owner"))
                .col(big_integer_null("lease_until"))
                .col(text_null("reason"))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .foreign_key(ForeignKey::create().from("deliveries", "webhook_id").to("webhooks", "id"))
                .to_owned(),
        )
        .await?;
    // Only what still waits is in these two, so they stay small however long the history is.
    manager
        .create_index(
            Index::create()
                .name("deliveries_due")
                .table("deliveries")
                .col("due_at")
                .and_where(Expr::col("state").eq("pending"))
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("deliveries_leased")
                .table("deliveries")
                .col("lease_until")
                .and_where(Expr::col("state").eq("sending"))
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("deliveries_webhook")
                .table("deliveries")
                .col("webhook_id")
                .col("state")
                .col("created_at")
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("deliveries_event")
                .table("deliveries")
                .col("event_id")
                .to_owned(),
        )
        .await
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
    manager
        .create_index(
            Index::create()
                .name("callbacks_age")
                .table("callbacks")
                .col("callback_date")
                .to_owned(),
        )
        .await
}
