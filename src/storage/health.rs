//! Whether a webhook's receiver works: since when it only fails, and when it is given up.

use serde_json::json;

use crate::{
    domain::{audit::AuditAction, id::WebhookId, timestamp::Timestamp},
    storage::{
        StoreError,
        audit::{self, Actor, Entry},
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
    let sql = "UPDATE webhooks SET enabled = FALSE, disabled_reason = ?, \
               updated_at = CASE WHEN updated_at >= ? THEN updated_at + 1 ELSE ? END \
               WHERE id = ? AND enabled AND deleted_at IS NULL RETURNING name, updated_at";
    let values = [reason.into(), now.0.into(), now.0.into(), webhook.0.into()];
    let rows = transaction.rows(statement(backend, sql, values)).await?;
    let Some(row) = rows.first() else {
        return Ok(Noted::Nothing);
    };
    revision::raise(transaction, webhook).await?;
    let entry = Entry::of_webhook(AuditAction::WebhookDisabled, webhook, &row.get::<String>("name")?)
        .before(json!({ "enabled": true, "disabled_reason": null }))
        .after(json!({ "enabled": false, "disabled_reason": reason }));
    // Each change has a time of its own, and the audit log has it too.
    let at = Timestamp(row.get::<i64>("updated_at")?);
    audit::add(transaction, &Actor::clearhook(), entry, at).await?;
    Ok(Noted::Disabled)
}
