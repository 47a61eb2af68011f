//! What sign-in needs: limits on guessing, second factors, links to the set-up, users of an OpenID provider, and where a session is used.
//! Tokens and codes are here only as hashes, secrets of second factors sealed.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

fn belongs_to_user(table: &'static str, column: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from(table, column)
        .to("users", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["address", "browser"] {
            let add = Table::alter().table("sessions").add_column(text_null(column)).to_owned();
            manager.alter_table(add).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("sign_in_limits")
                    .col(ColumnDef::new("key").binary().not_null().primary_key())
                    .col(integer("failures"))
                    .col(big_integer("blocked_until"))
                    .col(big_integer("last_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("sign_in_limits_age")
                    .table("sign_in_limits")
                    .col("last_at")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("second_factors")
                    // The user's.
                    .col(pk_uuid("id"))
                    .col(binary("secret_encrypted"))
                    .col(big_integer("last_step"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("confirmed_at"))
                    .foreign_key(&mut belongs_to_user("second_factors", "id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("recovery_codes")
                    .col(uuid("user_id"))
                    .col(ColumnDef::new("code_hash").binary().not_null())
                    .primary_key(Index::create().col("user_id").col("code_hash"))
                    .foreign_key(&mut belongs_to_user("recovery_codes", "user_id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("identities")
                    .col(text("issuer"))
                    .col(text("subject"))
                    .col(uuid("user_id").unique_key())
                    .primary_key(Index::create().col("issuer").col("subject"))
                    .foreign_key(&mut belongs_to_user("identities", "user_id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("setup_links")
                    .col(ColumnDef::new("token_hash").binary().not_null().primary_key())
                    .col(big_integer("expires_at"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["setup_links", "identities", "recovery_codes", "second_factors", "sign_in_limits"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        for column in ["browser", "address"] {
            let drop = Table::alter().table("sessions").drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}
