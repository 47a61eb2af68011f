//! Users, their means of sign-in, their sessions, and API keys. Passwords, tokens, keys and codes are stored only as hashes,
//! secrets of second factors encrypted.

use sea_orm_migration::{prelude::*, schema::*};

use super::{belongs_to, create_indexes, index};

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("users")
                .col(pk_uuid("id"))
                .col(text_uniq("email"))
                .col(text("password_hash"))
                .col(text("role"))
                .col(big_integer_null("disabled_at"))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .col(big_integer_null("last_sign_in_at"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table("sessions")
                .col(pk_uuid("id"))
                .col(uuid("user_id"))
                .col(ColumnDef::new("token_hash").binary().not_null().unique_key())
                .col(big_integer("created_at"))
                .col(big_integer("last_seen_at"))
                .col(big_integer("expires_at"))
                .col(text_null("address"))
                .col(text_null("browser"))
                .foreign_key(&mut belongs_to("sessions", "user_id", "users"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table("api_keys")
                .col(pk_uuid("id"))
                .col(text("name"))
                .col(text("prefix"))
                .col(ColumnDef::new("key_hash").binary().not_null().unique_key())
                .col(text("scopes"))
                .col(big_integer("created_at"))
                .col(big_integer_null("expires_at"))
                .col(big_integer_null("last_used_at"))
                .col(big_integer_null("revoked_at"))
                .to_owned(),
        )
        .await?;
    create_sign_in(manager).await?;
    create_indexes(
        manager,
        [
            index("sessions_user", "sessions", &["user_id"]),
            index("sessions_expiry", "sessions", &["expires_at"]),
            index("api_keys_prefix", "api_keys", &["prefix"]),
            index("sign_in_limits_age", "sign_in_limits", &["last_at"]),
            index("used_oidc_states_expiry", "used_oidc_states", &["expires_at"]),
        ],
    )
    .await
}

async fn create_sign_in(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
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
        .create_table(
            Table::create()
                .table("second_factors")
                // The user's id.
                .col(pk_uuid("id"))
                .col(binary("secret_encrypted"))
                .col(big_integer("last_step"))
                .col(big_integer("created_at"))
                .col(big_integer_null("confirmed_at"))
                .foreign_key(&mut belongs_to("second_factors", "id", "users"))
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
                .foreign_key(&mut belongs_to("recovery_codes", "user_id", "users"))
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
                .foreign_key(&mut belongs_to("identities", "user_id", "users"))
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
        .await?;
    // OpenID sign-ins that were completed: the same answer of the provider cannot be used a second time.
    manager
        .create_table(
            Table::create()
                .table("used_oidc_states")
                .col(ColumnDef::new("state_hash").binary().not_null().primary_key())
                .col(big_integer("expires_at"))
                .to_owned(),
        )
        .await
}
