//! Webhooks, and what belongs to one: its events, owners, additional headers and signing secrets.
//! Header values and secrets are encrypted.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

fn belongs_to_webhook(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from(table, "webhook_id")
        .to("webhooks", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("webhooks")
                    .col(pk_uuid("id"))
                    .col(text("name"))
                    .col(text("description"))
                    .col(text("url"))
                    .col(boolean("enabled"))
                    .col(text_null("disabled_reason"))
                    .col(integer_null("rate_limit"))
                    .col(integer_null("rate_burst"))
                    .col(boolean("ordered"))
                    .col(big_integer_null("failing_since"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .col(big_integer_null("deleted_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("webhooks_newest")
                    .table("webhooks")
                    .col("created_at")
                    .col("id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("webhook_events")
                    .col(uuid("webhook_id"))
                    .col(text("event_type"))
                    .primary_key(Index::create().col("webhook_id").col("event_type"))
                    .foreign_key(&mut belongs_to_webhook("webhook_events"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("webhook_events_type")
                    .table("webhook_events")
                    .col("event_type")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("webhook_owners")
                    .col(uuid("webhook_id"))
                    .col(uuid("user_id"))
                    .primary_key(Index::create().col("webhook_id").col("user_id"))
                    .foreign_key(&mut belongs_to_webhook("webhook_owners"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("webhook_owners", "user_id")
                            .to("users", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("webhook_owners_user")
                    .table("webhook_owners")
                    .col("user_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("webhook_headers")
                    .col(pk_uuid("id"))
                    .col(uuid("webhook_id"))
                    .col(integer("position"))
                    .col(text("name"))
                    .col(binary("value_encrypted"))
                    .foreign_key(&mut belongs_to_webhook("webhook_headers"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("webhook_headers_order")
                    .table("webhook_headers")
                    .col("webhook_id")
                    .col("position")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("webhook_secrets")
                    .col(pk_uuid("id"))
                    .col(uuid("webhook_id"))
                    .col(binary("secret_encrypted"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("expires_at"))
                    .foreign_key(&mut belongs_to_webhook("webhook_secrets"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("webhook_secrets_webhook")
                    .table("webhook_secrets")
                    .col("webhook_id")
                    .col("created_at")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["webhook_secrets", "webhook_headers", "webhook_owners", "webhook_events", "webhooks"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
