//! The count of changes to webhooks, and the words to other nodes that something changed.

use sea_orm::DbBackend;

use crate::{
    domain::id::WebhookId,
    storage::{StoreError, bulk::statement, sql::Sql},
};

/// Name of the channel on which PostgreSQL nodes tell each other (`NOTIFY`).
pub(super) const CHANNEL: &str = "clearhook";
/// Stands between a webhook and a revision.
const AT: char = '@';

/// Notes that a webhook changed, and tells other nodes once the transaction is committed. Words come in the order of revisions: the
/// row is locked until then.
pub(super) async fn raise(on: &impl Sql, webhook: WebhookId) -> Result<(), StoreError> {
    let sql = "UPDATE revisions SET webhooks = webhooks + 1 WHERE id = 1 RETURNING webhooks";
    let rows = on.rows(statement(on.backend(), sql, [])).await?;
    let revision: i64 = rows.first().map(|row| row.get("webhooks")).transpose()?.unwrap_or_default();
    tell(on, &format!("{webhook}{AT}{revision}")).await
}

/// How often webhooks changed so far.
pub(super) async fn read(on: &impl Sql) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT webhooks FROM revisions WHERE id = 1";
    let rows = on.rows(statement(on.backend(), sql, [])).await?;
    Ok(rows.first().map(|row| row.get("webhooks")).transpose()?)
}

/// The webhook that changed, and the revision that the change made.
pub(super) fn read_change(word: &str) -> Option<(WebhookId, i64)> {
    let (webhook, revision) = word.split_once(AT)?;
    Some((webhook.parse().ok()?, revision.parse().ok()?))
}

/// The word that a key was revoked.
pub(super) const KEYS: &str = "keys";

/// Sends a word to other nodes: a change of a webhook, [`KEYS`], or `pending` when there is something to claim.
pub(super) async fn tell(on: &impl Sql, word: &str) -> Result<(), StoreError> {
    if on.backend() == DbBackend::Postgres {
        let values = [CHANNEL.into(), word.into()];
        on.run(statement(DbBackend::Postgres, "SELECT pg_notify(?, ?)", values)).await?;
    }
    Ok(())
}
