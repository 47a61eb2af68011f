//! The representation of a webhook in the audit log: without secrets, and with its owners' email addresses.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::{
    domain::{
        audit::{AuditAction, MASK},
        headers::Header,
    },
    storage::{StoreError, entity::user, webhooks::WebhookRecord},
};

/// The webhook with hidden header values. A value that differs from `before` is marked as changed.
pub(super) async fn snapshot(
    on: &impl ConnectionTrait,
    webhook: &WebhookRecord,
    before: Option<&WebhookRecord>,
) -> Result<Value, StoreError> {
    let ids = webhook.fields.owners.iter().map(|owner| owner.0);
    let owners = user::Entity::find().filter(user::Column::Id.is_in(ids)).all(on).await?;
    let mut owners: Vec<String> = owners.into_iter().map(|owner| owner.email).collect();
    owners.sort();
    let mut snapshot = serde_json::to_value(&webhook.fields).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    snapshot["owners"] = owners.into();
    snapshot["headers"] = headers(webhook, before).into();
    snapshot["disabled_reason"] = webhook.disabled_reason.as_deref().into();
    Ok(snapshot)
}

/// The audit action for a change from one version to another.
pub(super) fn action(before: &WebhookRecord, after: &WebhookRecord, (from, to): (&Value, &Value)) -> AuditAction {
    let without_state = |shown: &Value| {
        let mut fields = shown.as_object().cloned().unwrap_or_default();
        fields.remove("enabled");
        fields.remove("disabled_reason");
        fields
    };
    if before.fields.enabled == after.fields.enabled || without_state(from) != without_state(to) {
        AuditAction::WebhookChanged
    } else if after.fields.enabled {
        AuditAction::WebhookEnabled
    } else {
        AuditAction::WebhookDisabled
    }
}

/// The names of the headers, and whether they are secret. Values are hidden, since any of them may be a credential. A name may occur
/// several times.
fn headers(webhook: &WebhookRecord, before: Option<&WebhookRecord>) -> Vec<Value> {
    let mut was: Vec<&Header> = before.map(|before| before.fields.headers.iter().collect()).unwrap_or_default();
    let shown = webhook.fields.headers.iter().map(|header| {
        let at = was.iter().position(|was| was.name.eq_ignore_ascii_case(&header.name));
        let value = match at.map(|at| was.remove(at)) {
            Some(was) if was.value != header.value => format!("{MASK} (changed)"),
            _ => MASK.to_owned(),
        };
        json!({ "name": header.name, "value": value, "secret": header.secret })
    });
    shown.collect()
}
