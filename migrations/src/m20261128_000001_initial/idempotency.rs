//! Requests of the API that were sent with an `Idempotency-Key`, and their responses.

use sea_orm_migration::{prelude::*, schema::*};

use super::{belongs_to, create_indexes, index};

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("idempotency_keys")
                // Derived from the API key and the key of the request.
                .col(pk_uuid("id"))
                .col(uuid("api_key_id"))
                // What was requested.
                .col(ColumnDef::new("fingerprint").binary().not_null())
                .col(big_integer("started_at"))
                // Set in the transaction of the change that the request makes.
                .col(boolean("carried_out"))
                // Null while the request is being handled.
                .col(ColumnDef::new("response_encrypted").binary())
                .foreign_key(&mut belongs_to("idempotency_keys", "api_key_id", "api_keys"))
                .to_owned(),
        )
        .await?;
    create_indexes(manager, [index("idempotency_keys_age", "idempotency_keys", &["started_at"])]).await
}
