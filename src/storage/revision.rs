//! The count of changes to webhooks, and the words to other nodes that something changed.

use sea_orm::{ConnectionTrait, DbBackend};

use crate::{
    domain::id::WebhookId,
    storage::{StoreError, bulk::statement},
};

/// Name of the channel on which PostgreSQL nodes tell each other (`NOTIFY`).
pub(super) const CHANNEL: &str = "clearhook";

/// Notes that a webhook changed, and tells other nodes once the transaction is committed.
pub(super) async fn raise(on: &impl ConnectionTrait, webhook: Option<WebhookId>) -> Result<(), StoreError> {
    let sql = "UPDATE revisions SET webhooks = webhooks + 1 WHERE id = 1";
    on.execute_raw(statement(on.get_database_backend(), sql, [])).await?;
    match webhook {
        Some(webhook) => tell(on, &webhook.to_string()).await,
        None => Ok(()),
    }
}

/// The word that a key was revoked.
pub(super) const KEYS: &str = "keys";

/// Sends a word to other nodes: a webhook's id, [`KEYS`], or `pending` when there is something to claim.
pub(super) async fn tell(on: &impl ConnectionTrait, word: &str) -> Result<(), StoreError> {
    if on.get_database_backend() == DbBackend::Postgres {
        let values = [CHANNEL.into(), word.into()];
        on.execute_raw(statement(DbBackend::Postgres, "SELECT pg_notify(?, ?)", values))
            .await?;
    }
    Ok(())
}
