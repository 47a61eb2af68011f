//! Nodes and their leases, the counter of changes that invalidates the caches of the nodes, and the fingerprint of the master key.

use sea_orm_migration::{prelude::*, schema::*};

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("nodes")
                .col(pk_uuid("id"))
                .col(big_integer("lease_until"))
                // The last change of webhooks that the node has applied.
                .col(big_integer("revision").default(0))
                .to_owned(),
        )
        .await?;
    // One row, which counts the changes of webhooks and of event types, and says which versions can use the schema.
    manager
        .create_table(
            Table::create()
                .table("revisions")
                .col(ColumnDef::new("id").integer().not_null().primary_key())
                .col(big_integer("webhooks"))
                .col(big_integer("event_types"))
                // A later migration that the previous version can work with sets both: its own name, and that of the last migration that a
                // version has to know (`storage::migrate`).
                .col(text_null("migrated_to"))
                .col(text_null("requires"))
                .to_owned(),
        )
        .await?;
    let first = Query::insert()
        .into_table("revisions")
        .columns(["id", "webhooks", "event_types"])
        .values_panic([1.into(), 0.into(), 0.into()])
        .to_owned();
    manager.execute(first).await?;
    // One row.
    manager
        .create_table(
            Table::create()
                .table("master_keys")
                .col(integer("id").primary_key())
                .col(text("current"))
                .col(text_null("next"))
                .to_owned(),
        )
        .await
}
