//! The audit log. Rows are inserted and never changed.

use sea_orm_migration::{prelude::*, schema::*};

use super::{create_indexes, index};

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("audit_log")
                .col(pk_uuid("id"))
                .col(big_integer("at"))
                .col(text("actor_kind"))
                .col(uuid_null("actor_id"))
                .col(text("actor_name"))
                .col(text_null("address"))
                .col(text("action"))
                .col(text("object_kind"))
                .col(uuid_null("object_id"))
                .col(text("object_name"))
                .col(text_null("before"))
                .col(text_null("after"))
                .to_owned(),
        )
        .await?;
    // Each index ends with the time, by which every page of the log is ordered.
    create_indexes(
        manager,
        [
            index("audit_log_newest", "audit_log", &["at", "id"]),
            index("audit_log_object", "audit_log", &["object_id", "at"]),
            index("audit_log_actor", "audit_log", &["actor_id", "at"]),
            index("audit_log_action", "audit_log", &["action", "at"]),
            index("audit_log_kind", "audit_log", &["object_kind", "at"]),
        ],
    )
    .await
}
