//! Enables and disables webhooks. Only the column `enabled` and the columns that depend on it are written, so that a concurrent change of
//! another field is not overwritten.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, UpdateMany, sea_query::Expr};
use serde_json::{Map, Value};

use crate::{
    domain::{audit::AuditAction, id::WebhookId, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        change_notifications,
        entity::webhook,
    },
};

/// The result of enabling or disabling a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switched {
    /// The webhook was changed.
    Done,
    /// The webhook already had this state; nothing was written.
    Already,
    /// The webhook does not exist.
    Gone,
}

impl Store {
    /// Enables or disables a webhook. Enabling clears the reason why it was disabled and resets the failure counters.
    pub async fn set_enabled(&self, by: &Actor, id: WebhookId, enabled: bool) -> Result<Switched, StoreError> {
        let (transaction, now) = (self.begin().await?, Timestamp::now());
        let row = webhook::Entity::find_by_id(id.0)
            .filter(webhook::Column::DeletedAt.is_null())
            .lock_exclusive()
            .one(&transaction)
            .await?;
        let Some(before) = row else {
            return Ok(Switched::Gone);
        };
        if before.enabled == enabled {
            return Ok(Switched::Already);
        }
        // `updated_at` must be strictly increasing: it identifies the version that an update is based on.
        let at = Timestamp(Ord::max(now.0, before.updated_at.saturating_add(1)));
        change(enabled, at).filter(webhook::Column::Id.eq(id.0)).exec(&transaction).await?;
        change_notifications::raise(&transaction, id).await?;
        audit::add(&transaction, by, entry(&before, enabled), at).await?;
        transaction.commit().await?;
        Ok(Switched::Done)
    }
}

/// The statement that enables or disables webhooks, without a condition.
pub(super) fn change(enabled: bool, at: Timestamp) -> UpdateMany<webhook::Entity> {
    let change = webhook::Entity::update_many()
        .col_expr(webhook::Column::Enabled, Expr::value(enabled))
        .col_expr(webhook::Column::UpdatedAt, Expr::value(at.0));
    if !enabled {
        return change;
    }
    change
        .col_expr(webhook::Column::DisabledReason, Expr::value(None::<String>))
        .col_expr(webhook::Column::FailingSince, Expr::value(None::<i64>))
        .col_expr(webhook::Column::ExhaustedDeliveries, Expr::value(0))
        .col_expr(webhook::Column::ExhaustedSince, Expr::value(None::<i64>))
}

/// The entry of the audit log.
pub(super) fn entry(before: &webhook::Model, enabled: bool) -> Entry {
    let action = if enabled {
        AuditAction::WebhookEnabled
    } else {
        AuditAction::WebhookDisabled
    };
    Entry::of_webhook(action, WebhookId(before.id), &before.name)
        .before(state(before.enabled, before.disabled_reason.as_deref(), false))
        .after(state(enabled, None, before.disabled_reason.is_some()))
}

/// The fields for the audit log: `enabled`, and `disabled_reason` if there is or was one.
fn state(enabled: bool, reason: Option<&str>, had_reason: bool) -> Value {
    let mut state = Map::new();
    state.insert("enabled".to_owned(), enabled.into());
    if reason.is_some() || had_reason {
        state.insert("disabled_reason".to_owned(), reason.into());
    }
    Value::Object(state)
}
