//! Webhooks and their event types, owners, additional headers and signing secrets.
//! Header values and secrets are encrypted.

use sea_orm_migration::{prelude::*, schema::*};

use super::{belongs_to, compared_by_bytes, create_indexes, execute, index};

/// Indexes over expressions and parts of the table. The queries use the same expressions (`storage::webhooks`, `storage::overview`).
/// PostgreSQL's index entries hold at most 2,704 bytes, so only the beginning of a description is in one.
const INDEXES: [(&str, &str); 7] = [
    ("webhooks_by_name", "(lower(name), id) WHERE deleted_at IS NULL"),
    ("webhooks_by_url", "(url, id) WHERE deleted_at IS NULL"),
    (
        "webhooks_by_description",
        "(lower(substr(description, 1, 100)), id) WHERE deleted_at IS NULL",
    ),
    (
        "webhooks_by_status",
        "((CASE WHEN NOT enabled THEN 1 WHEN failing_since IS NULL THEN 2 ELSE 0 END), id) WHERE deleted_at IS NULL",
    ),
    ("webhooks_by_event", "(first_event, id) WHERE deleted_at IS NULL"),
    (
        "webhooks_failing",
        "(failing_since) WHERE failing_since IS NOT NULL AND enabled AND deleted_at IS NULL",
    ),
    (
        "webhooks_given_up",
        "(updated_at) WHERE disabled_reason IS NOT NULL AND deleted_at IS NULL",
    ),
];

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut search = compared_by_bytes(manager, text("search"));
    let mut first_event = compared_by_bytes(manager, text("first_event"));
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
                // The time of the first failed attempt since the last success.
                .col(big_integer_null("failing_since"))
                // Number of deliveries in a row that exhausted their attempts, and when the first of them did.
                .col(integer("exhausted_deliveries").default(0))
                .col(big_integer_null("exhausted_since"))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .col(big_integer_null("deleted_at"))
                // Name, URL and description in lower case, for searches.
                .col(&mut search)
                // The alphabetically first event type, by which lists are sorted.
                .col(&mut first_event)
                .to_owned(),
        )
        .await?;
    for (name, what) in INDEXES {
        execute(manager, &format!("CREATE INDEX {name} ON webhooks {what}")).await?;
    }
    manager
        .create_table(
            Table::create()
                .table("webhook_events")
                .col(uuid("webhook_id"))
                .col(text("event_type"))
                // The order in which they are shown: that of the catalogue when the webhook was saved.
                .col(integer("position"))
                .primary_key(Index::create().col("webhook_id").col("event_type"))
                .foreign_key(&mut belongs_to("webhook_events", "webhook_id", "webhooks"))
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
                .foreign_key(&mut belongs_to("webhook_owners", "webhook_id", "webhooks"))
                .foreign_key(&mut belongs_to("webhook_owners", "user_id", "users"))
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
                // Whether the value is a credential, which is hidden in the log.
                .col(boolean("secret"))
                .foreign_key(&mut belongs_to("webhook_headers", "webhook_id", "webhooks"))
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
                .foreign_key(&mut belongs_to("webhook_secrets", "webhook_id", "webhooks"))
                .to_owned(),
        )
        .await?;
    create_indexes(
        manager,
        [
            index("webhooks_newest", "webhooks", &["created_at", "id"]),
            index("webhook_events_type", "webhook_events", &["event_type"]),
            index("webhook_owners_user", "webhook_owners", &["user_id"]),
            index("webhook_headers_order", "webhook_headers", &["webhook_id", "position"]),
            index("webhook_secrets_webhook", "webhook_secrets", &["webhook_id", "created_at"]),
        ],
    )
    .await
}
