//! Events and their deliveries.
//!
//! Duplicates are detected by `event_keys` and not by a unique index on `events`, so that `events` can be partitioned by time: the keys are hashes,
//! which have to be unique over a moving period. Ids are UUIDv7, which contain the time of creation, so no table needs an index by age.

use sea_orm_migration::{prelude::*, schema::*};

use super::{clustered, create_indexes, index, partitioned};

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create_events(manager).await?;
    create_deliveries(manager).await
}

async fn create_events(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let keys = clustered(
        manager,
        Table::create()
            .table("event_keys")
            // Begins with a hash of the publisher's id, so that events can be searched by that id (`storage::events::EventKey`).
            .col(ColumnDef::new("key").binary().not_null().primary_key())
            .col(uuid("event_id"))
            .col(integer("deliveries"))
            .col(big_integer("received_at")),
    );
    manager.create_table(keys).await?;
    let events = partitioned(
        manager,
        "events",
        Table::create()
            .table("events")
            .col(pk_uuid("id"))
            .col(text("event_type"))
            .col(text("source"))
            // The id that the publisher gave the event.
            .col(text("ce_id"))
            .col(text_null("subject"))
            // Extension attributes of CloudEvents, a JSON object.
            .col(text_null("extensions"))
            // The trace that its callbacks continue (`domain::trace_context`).
            .col(text_null("trace_context"))
            .col(big_integer("occurred_at"))
            .col(big_integer("received_at"))
            // The body of its callbacks.
            .col(text("body")),
    );
    manager.create_table(events).await?;
    create_indexes(
        manager,
        [
            index("events_by_source", "events", &["source", "id"]),
            index("events_by_type", "events", &["event_type", "id"]),
            index("events_by_subject", "events", &["subject", "id"])
                .and_where(Expr::col("subject").is_not_null())
                .to_owned(),
        ],
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
            // Number of attempts so far, and how many of them were retries of the schedule.
            .col(integer("attempts"))
            .col(integer("retries"))
            // No retry after this number of attempts. Without a value the schedule alone decides.
            .col(integer_null("max_attempts"))
            // Number of attempts that were requested manually and not made yet.
            .col(integer("manual_requests"))
            // Number of attempts that panicked.
            .col(integer("panics"))
            // Which due deliveries of a webhook are claimed first, lowest number first (`storage::priority`).
            .col(small_integer("priority"))
            .col(big_integer_null("order_key"))
            .col(big_integer_null("due_at"))
            .col(uuid_null("lease_owner"))
            .col(text_null("reason"))
            .col(big_integer("created_at"))
            // No foreign key to the webhooks: their rows are never deleted, and the database would search one for each delivery.
            .col(big_integer("updated_at")),
    );
    manager.create_table(deliveries).await?;
    let state = |state: &'static str| Expr::col("state").eq(Expr::cust(format!("'{state}'")));
    // Each index contains only the deliveries in one state, so those of unfinished deliveries stay small however long the history is.
    create_indexes(
        manager,
        [
            // In the order in which they are claimed.
            index("deliveries_pending", "deliveries", &["webhook_id", "priority", "due_at"])
                .and_where(state("pending"))
                .to_owned(),
            index("deliveries_parked", "deliveries", &["webhook_id", "id"])
                .and_where(state("parked"))
                .to_owned(),
            index("deliveries_sending", "deliveries", &["lease_owner"])
                .and_where(state("sending"))
                .to_owned(),
            index("deliveries_failed", "deliveries", &["webhook_id", "created_at"])
                .and_where(state("failed"))
                .to_owned(),
            index("deliveries_held", "deliveries", &["webhook_id", "created_at"])
                .and_where(state("held"))
                .to_owned(),
            // Answers whether an earlier delivery of the same subject is unfinished.
            index("deliveries_order", "deliveries", &["webhook_id", "order_key", "id"])
                .and_where(Expr::cust("order_key IS NOT NULL AND state IN ('pending', 'parked', 'sending')"))
                .to_owned(),
        ],
    )
    .await
}
