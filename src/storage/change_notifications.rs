//! The revision counter of webhooks, and notifications to other nodes.

use sea_orm::{DbBackend, EntityTrait, QueryTrait};

use crate::{
    domain::id::WebhookId,
    storage::{entity::revision, error::StoreError, executor::Executor, raw_sql::statement},
};

/// The name of the PostgreSQL channel for notifications between nodes (`NOTIFY`).
pub(super) const CHANNEL: &str = "clearhook";
/// Separates webhook and revision in a notification.
const SEPARATOR: char = '@';

/// Records that a webhook changed, and notifies other nodes when the transaction commits. The row is locked until then, so notifications
/// are sent in the order of revisions.
pub(super) async fn raise(on: &impl Executor, webhook: WebhookId) -> Result<(), StoreError> {
    let sql = "UPDATE revisions SET webhooks = webhooks + 1 WHERE id = 1 RETURNING webhooks";
    let rows = on.rows(statement(on.backend(), sql, [])).await?;
    let revision: i64 = rows.first().map(|row| row.get("webhooks")).transpose()?.unwrap_or_default();
    tell(on, &format!("{webhook}{SEPARATOR}{revision}")).await
}

/// The number of changes of webhooks so far.
pub(super) async fn read(on: &impl Executor) -> Result<Option<i64>, StoreError> {
    let counter = revision::Entity::find_by_id(1).build(on.backend());
    let rows = on.rows(counter).await?;
    Ok(rows.first().map(|row| row.get("webhooks")).transpose()?)
}

/// Parses a notification into the changed webhook and the revision after the change.
pub(super) fn parse_change(text: &str) -> Option<(WebhookId, i64)> {
    let (webhook, revision) = text.split_once(SEPARATOR)?;
    Some((webhook.parse().ok()?, revision.parse().ok()?))
}

/// The notification that an API key was revoked.
pub(super) const KEYS: &str = "keys";

/// Notifies other nodes: of a changed webhook, of [`KEYS`], or of `pending` if there are deliveries to claim.
pub(super) async fn tell(on: &impl Executor, text: &str) -> Result<(), StoreError> {
    if on.backend() == DbBackend::Postgres {
        let values = [CHANNEL.into(), text.into()];
        on.run(statement(DbBackend::Postgres, "SELECT pg_notify(?, ?)", values)).await?;
    }
    Ok(())
}
