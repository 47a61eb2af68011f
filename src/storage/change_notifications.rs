//! The revision counters of webhooks and event types, and notifications to other nodes.

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
    let revision = raise_webhooks(on, 1).await?;
    tell(on, &format!("{webhook}{SEPARATOR}{revision}")).await
}

/// Records that several webhooks changed, and tells other nodes so at once: they read all webhooks again instead of each of these.
pub(super) async fn raise_all(on: &impl Executor, count: usize) -> Result<(), StoreError> {
    let revision = raise_webhooks(on, i64::try_from(count).unwrap_or(i64::MAX)).await?;
    tell(on, &format!("{MANY}{SEPARATOR}{revision}")).await
}

/// Records that events were erased whose deliveries a node may have in its memory, and notifies the nodes. It raises the revision of webhooks, by
/// which a node finds out that it has missed a notification.
pub(super) async fn raise_erased(on: &impl Executor) -> Result<(), StoreError> {
    let revision = raise_webhooks(on, 1).await?;
    tell(on, &format!("{ERASED}{SEPARATOR}{revision}")).await
}

/// Adds to the revision of webhooks, and returns it.
async fn raise_webhooks(on: &impl Executor, count: i64) -> Result<i64, StoreError> {
    let sql = "UPDATE revisions SET webhooks = webhooks + ? WHERE id = 1 RETURNING webhooks";
    let rows = on.rows(statement(on.backend(), sql, [count.into()])).await?;
    Ok(rows.first().map(|row| row.get("webhooks")).transpose()?.unwrap_or_default())
}

/// Records that event types changed, and notifies other nodes when the transaction commits. Returns the revision after the change.
pub(super) async fn raise_event_types(on: &impl Executor) -> Result<i64, StoreError> {
    let sql = "UPDATE revisions SET event_types = event_types + 1 WHERE id = 1 RETURNING event_types";
    let rows = on.rows(statement(on.backend(), sql, [])).await?;
    let revision: i64 = rows.first().map(|row| row.get("event_types")).transpose()?.unwrap_or_default();
    tell(on, &format!("{EVENT_TYPES}{SEPARATOR}{revision}")).await?;
    Ok(revision)
}

/// How many changes there were so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Revisions {
    /// Changes of webhooks.
    pub(super) webhooks: i64,
    /// Changes of event types.
    pub(super) event_types: i64,
}

/// The numbers of changes so far.
pub(super) async fn read(on: &impl Executor) -> Result<Option<Revisions>, StoreError> {
    let counters = revision::Entity::find_by_id(1).build(on.backend());
    let rows = on.rows(counters).await?;
    let revisions = rows.first().map(|row| {
        Ok::<_, StoreError>(Revisions {
            webhooks: row.get("webhooks")?,
            event_types: row.get("event_types")?,
        })
    });
    revisions.transpose()
}

/// Parses a notification into the revision after a change of event types.
pub(super) fn parse_event_types(text: &str) -> Option<i64> {
    let revision = text.strip_prefix(EVENT_TYPES)?.strip_prefix(SEPARATOR)?;
    revision.parse().ok()
}

/// Parses a notification into the revision after a change of several webhooks.
pub(super) fn parse_many(text: &str) -> Option<i64> {
    let revision = text.strip_prefix(MANY)?.strip_prefix(SEPARATOR)?;
    revision.parse().ok()
}

/// Parses a notification into the revision after an erasure.
pub(super) fn parse_erased(text: &str) -> Option<i64> {
    let revision = text.strip_prefix(ERASED)?.strip_prefix(SEPARATOR)?;
    revision.parse().ok()
}

/// Parses a notification into the changed webhook and the revision after the change.
pub(super) fn parse_change(text: &str) -> Option<(WebhookId, i64)> {
    let (webhook, revision) = text.split_once(SEPARATOR)?;
    Some((webhook.parse().ok()?, revision.parse().ok()?))
}

/// What stands for the webhook in notifications of changed event types.
const EVENT_TYPES: &str = "event-types";

/// What stands for the webhook in notifications of several changed webhooks.
const MANY: &str = "webhooks";

/// The notification that an API key was revoked.
pub(super) const KEYS: &str = "keys";

/// What stands for the webhook in the notification that events were erased whose deliveries a node has in its memory.
const ERASED: &str = "erased";

/// Notifies other nodes: of a changed webhook, of changed event types, of erased events, of [`KEYS`], or of `pending` if there are deliveries to claim.
pub(super) async fn tell(on: &impl Executor, text: &str) -> Result<(), StoreError> {
    if on.backend() == DbBackend::Postgres {
        let values = [CHANNEL.into(), text.into()];
        on.run(statement(DbBackend::Postgres, "SELECT pg_notify(?, ?)", values)).await?;
    }
    Ok(())
}
