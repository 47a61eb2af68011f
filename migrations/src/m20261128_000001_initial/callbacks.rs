//! Callbacks, which are the rows of the log, and their hourly counts.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

use super::{clustered, create_indexes, index, partitioned};

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut callbacks = Table::create()
        .table("callbacks")
        .col(uuid("id"))
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
        // The parts of the duration in microseconds. Without a new connection there is only the wait.
        .col(integer_null("dns_us"))
        .col(integer_null("connect_us"))
        .col(integer_null("tls_us"))
        .col(integer_null("wait_us"))
        // The certificates that were refused, as JSON.
        .col(text_null("certificates"))
        .col(text("request_headers"))
        .col(text_null("response_headers"))
        .col(binary_null("response_body"))
        .col(boolean("response_truncated"))
        // Why the response body was not received completely. This does not change the outcome.
        .col(text_null("response_incomplete"))
        .to_owned();
    if manager.get_database_backend() == DbBackend::Postgres {
        // The transaction that inserted the row. Snapshots say what a live stream has not read yet (`storage::log::feed`). On SQLite rows are
        // inserted in the order of their ids.
        let transaction = Expr::cust("pg_current_xact_id()");
        callbacks.col(ColumnDef::new("stored_in").custom("xid8").not_null().default(transaction));
        // A primary key contains the column of the partitions.
        callbacks.primary_key(Index::create().col("id").col("callback_date"));
    } else {
        callbacks.primary_key(Index::create().col("id"));
    }
    let callbacks = partitioned(manager, "callbacks", &mut callbacks);
    manager.create_table(callbacks).await?;
    let failed = Expr::col("outcome").eq(Expr::cust("'failed'"));
    create_indexes(
        manager,
        [
            index("callbacks_delivery", "callbacks", &["delivery_id", "attempt"]),
            // The log of one webhook, newest first. The columns of the filters and of the chart are in the index, because reading the
            // rows of a million callbacks would take seconds.
            newest_first("callbacks_by_date").col("status").col("event_type").to_owned(),
            // The same for a filter by event type or response: a page is merged from the newest rows of each kind (`storage::log::by_kind`).
            Index::create()
                .name("callbacks_by_kind")
                .table("callbacks")
                .col("webhook_id")
                .col("event_type")
                .col("response")
                .col(("callback_date", IndexOrder::Desc))
                .col(("id", IndexOrder::Desc))
                .to_owned(),
            // Few callbacks fail, so this index is small, and a query for failures does not read successes.
            newest_first("callbacks_failed")
                .col("status")
                .col("event_type")
                .and_where(failed.clone())
                .to_owned(),
            // The failures of all webhooks, by id.
            index("callbacks_failed_by_id", "callbacks", &["id"]).and_where(failed).to_owned(),
        ],
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
    manager.create_table(stats).await?;
    // The hourly sums over all webhooks, in several rows per hour, so that transactions of different nodes seldom wait for the same row.
    let total = clustered(
        manager,
        Table::create()
            .table("stats_total")
            .col(small_integer("shard"))
            .col(big_integer("hour"))
            .col(integer("latency"))
            .col(big_integer("succeeded"))
            .col(big_integer("failed"))
            .primary_key(Index::create().col("shard").col("hour").col("latency")),
    );
    manager.create_table(total).await?;
    // The hourly numbers of callbacks by event type, in shards as well.
    let types = clustered(
        manager,
        Table::create()
            .table("event_type_stats")
            .col(small_integer("shard"))
            .col(big_integer("hour"))
            .col(text("event_type"))
            .col(big_integer("callbacks"))
            .primary_key(Index::create().col("shard").col("hour").col("event_type")),
    );
    manager.create_table(types).await
}

fn newest_first(name: &'static str) -> IndexCreateStatement {
    Index::create()
        .name(name)
        .table("callbacks")
        .col("webhook_id")
        .col(("callback_date", IndexOrder::Desc))
        .col(("id", IndexOrder::Desc))
        .to_owned()
}
