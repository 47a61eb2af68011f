//! The revision counter of webhooks, and notifications to other nodes.

use sea_orm::DbBackend;

use crate::{
    domain::id::WebhookId,
    storage::{StoreError, batch_insert::statement, executor::Sql},
};

/// The name of the PostgreSQL channel for notifications between nodes (`NOTIFY`).
pub(super) const CHANNEL: &str = "clearhook";
/// Separates webhook and revision in a notification.
const AT: char = '@';

/// Records that a webhook changed, and notifies other nodes when the transaction commits. The row is locked until then, so notifications
/// are sent in the order of revisions.
pub(super) async fn raise(on: &impl Sql, webhook: WebhookId) -> Result<(), StoreError> {
    let sql = "UPDATE revisions SET webhooks = webhooks + 1 WHERE id = 1 RETURNING webhooks";
    let rows = on.rows(statement(on.backend(), sql, [])).await?;
    let revision: i64 = rows.first().map(|row| row.get("webhooks")).transpose()?.unwrap_or_default();
    tell(on, &format!("{webhook}{AT}{revision}")).await
}

/// The number of changes of webhooks so far.
pub(super) async fn read(on: &impl Sql) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT webhooks FROM revisions WHERE id = 1";
    let rows = on.rows(statement(on.backend(), sql, [])).await?;
    Ok(rows.first().map(|row| row.get("webhooks")).transpose()?)
}

/// Parses a notification into the changed webhook and the revision after the change.
pub(super) fn read_change(word: &str) -> Option<(WebhookId, i64)> {
    let (webhook, revision) = word.split_once(AT)?;
    Some((webhook.parse().ok()?, revision.parse().ok()?))
}

/// The notification that an API key was revoked.
pub(super) const KEYS: &str = "keys";

/// Notifies other nodes: of a changed webhook, of [`KEYS`], or of `pending` if there are deliveries to claim.
pub(super) async fn tell(on: &impl Sql, word: &str) -> Result<(), StoreError> {
    if on.backend() == DbBackend::Postgres {
        let values = [CHANNEL.into(), word.into()];
        on.run(statement(DbBackend::Postgres, "SELECT pg_notify(?, ?)", values)).await?;
    }
    Ok(())
}
