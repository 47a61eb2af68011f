//! Event types and the versions of their schemas.

use sea_orm_migration::{prelude::*, schema::*};

use super::{belongs_to, compared_by_bytes};

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut event_type = compared_by_bytes(manager, text("event_type").unique_key().to_owned());
    manager
        .create_table(
            Table::create()
                .table("event_types")
                .col(pk_uuid("id"))
                // The CloudEvents `type`. It never changes.
                .col(&mut event_type)
                .col(text("name"))
                .col(text("description"))
                // The section of the event picker.
                .col(text_null("section"))
                .col(text("state"))
                .col(text_null("replaced_by"))
                .col(text("origin"))
                // The present version of the schema, from 1.
                .col(integer("version"))
                .col(integer_null("retention_days"))
                // JSON pointers, as a JSON array.
                .col(text("masked"))
                // The position in the pack.
                .col(integer("position"))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table("event_type_versions")
                .col(uuid("event_type_id"))
                .col(integer("version"))
                // The JSON Schema of `data`. NULL permits any JSON.
                .col(text_null("schema"))
                // Examples of `data`, as a JSON array.
                .col(text("examples"))
                .col(big_integer("created_at"))
                .primary_key(Index::create().col("event_type_id").col("version"))
                .foreign_key(&mut belongs_to("event_type_versions", "event_type_id", "event_types"))
                .to_owned(),
        )
        .await
}
