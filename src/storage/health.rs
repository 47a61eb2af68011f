//! Whether a webhook's receiver works: since when it only fails, and when it is given up.

use crate::{
    domain::{id::WebhookId, timestamp::Timestamp},
    storage::{
        StoreError,
        audit::{self, Entry},
        bulk::statement,
        journal::Health,
        revision,
        sql::Sql,
    },
};

/// What noting a change led to.
pub(super) enum Noted {
    Nothing,
    /// The webhook is disabled.
    Disabled,
    /// Another node knows better.
    Unclear,
}

pub(super) async fn note(transaction: &impl Sql, webhook: WebhookId, change: &Health, now: Timestamp) -> Result<Noted, StoreError> {
    let backend = transaction.backend();
    match change {
        Health::FailingSince(at) => {
            let sql = "UPDATE webhooks SET failing_since = ? WHERE id = ? AND failing_since IS NULL";
            transaction.run(statement(backend, sql, [at.0.into(), webhook.0.into()])).await?;
            Ok(Noted::Nothing)
        }
        Health::Works => {
            let sql = "UPDATE webhooks SET failing_since = NULL WHERE id = ? AND failing_since IS NOT NULL";
            transaction.run(statement(backend, sql, [webhook.0.into()])).await?;
            Ok(Noted::Nothing)
        }
        Health::Gone(reason) => disable(transaction, webhook, reason, now).await,
        Health::Hopeless(since, reason) => {
            let sql = "SELECT id FROM callbacks WHERE webhook_id = ? AND callback_date >= ? AND outcome = 'succeeded' LIMIT 1";
            let succeeded = statement(backend, sql, [webhook.0.into(), since.0.into()]);
            if transaction.rows(succeeded).await?.is_empty() {
                return disable(transaction, webhook, reason, now).await;
            }
            let sql = "UPDATE webhooks SET failing_since = NULL WHERE id = ?";
            transaction.run(statement(backend, sql, [webhook.0.into()])).await?;
            Ok(Noted::Unclear)
        }
    }
}

async fn disable(transaction: &impl Sql, webhook: WebhookId, reason: &str, now: Timestamp) -> Result<Noted, StoreError> {
    let backend = transaction.backend();
    let sql = "UPDATE webhooks SET enabled = FALSE, disabled_reason = ?, updated_at = ? WHERE id = ? AND enabled AND deleted_at IS NULL";
    let values = [reason.into(), now.0.into(), webhook.0.into()];
    if transaction.run(statement(backend, sql, values)).await? == 0 {
        return Ok(Noted::Nothing);
    }
    revision::raise(transaction, webhook).await?;
    audit::add(transaction, &Entry::by_clearhook("webhook.disabled", webhook, reason), now).await?;
    Ok(Noted::Disabled)
}
