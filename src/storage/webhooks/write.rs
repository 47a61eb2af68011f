//! Changes of webhooks.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set,
    sea_query::{Expr, ExprTrait},
};
use serde_json::json;

use crate::{
    domain::{
        audit::{AuditAction, MASK},
        id::WebhookId,
        secret::SigningSecret,
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        change_notifications,
        entity::{webhook, webhook_owner, webhook_secret},
        new_id,
        raw_sql::statement,
        transaction::Transaction,
        webhooks::{
            WebhookFields, WebhookRecord,
            audit_snapshot::{action, snapshot},
            relations::remove_related,
        },
    },
};

/// The result of a change.
#[derive(Debug)]
pub enum Changed {
    /// The webhook was changed. Its new version.
    Done(Box<WebhookRecord>),
    /// The webhook was changed since the version that the update is based on. Its current version; nothing was written.
    Stale(Box<WebhookRecord>),
    /// The webhook does not exist.
    Gone,
}

/// The result of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// The webhook was deleted.
    Done,
    /// The webhook was changed since the version that the caller has seen; nothing was written.
    Stale,
    /// The webhook does not exist.
    Gone,
}

impl Store {
    /// Inserts a webhook with its first secret.
    pub async fn add_webhook(&self, by: &Actor, fields: &WebhookFields, secret: &SigningSecret) -> Result<WebhookRecord, StoreError> {
        let (id, now) = (new_id::<WebhookId>(), Timestamp::now());
        let transaction = self.begin().await?;
        let row = webhook::ActiveModel {
            id: Set(id.0),
            exhausted_deliveries: Set(0),
            created_at: Set(now.0),
            updated_at: Set(now.0),
            ..fields.columns()
        };
        row.insert(&transaction).await?;
        self.add_related(&transaction, id, fields).await?;
        self.add_secret(&transaction, id, secret, now).await?;
        change_notifications::raise(&transaction, id).await?;
        let added = self.stored(&transaction, id).await?;
        let entry =
            Entry::of_webhook(AuditAction::WebhookCreated, id, &added.fields.name).after(snapshot(&transaction, &added, None).await?);
        audit::add(&transaction, by, entry, now).await?;
        transaction.commit().await?;
        Ok(added)
    }

    /// Replaces all fields that users can set, if the webhook was not changed after `seen` (optimistic locking on `updated_at`). Enabling
    /// clears the reason why it was disabled.
    pub async fn change_webhook(&self, by: &Actor, id: WebhookId, seen: Timestamp, fields: &WebhookFields) -> Result<Changed, StoreError> {
        let transaction = self.begin().await?;
        let Some(before) = self.webhook_within(&transaction, id).await? else {
            return Ok(Changed::Gone);
        };
        // `updated_at` must be strictly increasing: it identifies the version that an update is based on.
        let now = Timestamp::now().max(Timestamp(seen.0.saturating_add(1)));
        let mut change = webhook::Entity::update_many()
            .set(fields.columns())
            .col_expr(webhook::Column::UpdatedAt, Expr::value(now.0));
        if fields.enabled {
            change = change.col_expr(webhook::Column::DisabledReason, Expr::value(None::<String>));
            // Enabling a disabled webhook resets its failure counters, so that old failures do not disable it again.
            for column in [webhook::Column::FailingSince, webhook::Column::ExhaustedSince] {
                change = change.col_expr(column, unless_disabled(column, None::<i64>));
            }
            let column = webhook::Column::ExhaustedDeliveries;
            change = change.col_expr(column, unless_disabled(column, 0));
        }
        let changed = change
            .filter(webhook::Column::Id.eq(id.0))
            .filter(webhook::Column::UpdatedAt.eq(seen.0))
            .exec(&transaction)
            .await?;
        if changed.rows_affected == 0 {
            return Ok(Changed::Stale(Box::new(before)));
        }
        remove_related(&transaction, id).await?;
        webhook_owner::Entity::delete_many()
            .filter(webhook_owner::Column::WebhookId.eq(id.0))
            .exec(&transaction)
            .await?;
        self.add_related(&transaction, id, fields).await?;
        if !fields.ordered {
            // Deliveries that waited for an earlier one of their subject no longer have to.
            let sql = "UPDATE deliveries SET state = 'pending', due_at = ?, updated_at = ? WHERE webhook_id = ? AND state = 'parked'";
            let due = self.now().0;
            let values = [due.into(), due.into(), id.0.into()];
            transaction.execute_raw(statement(self.backend(), sql, values)).await?;
        }
        change_notifications::raise(&transaction, id).await?;
        let after = self.stored(&transaction, id).await?;
        let (from, to) = (
            snapshot(&transaction, &before, None).await?,
            snapshot(&transaction, &after, Some(&before)).await?,
        );
        let entry = Entry::of_webhook(action(&before, &after, (&from, &to)), id, &after.fields.name);
        audit::add(&transaction, by, entry.before(from).after(to), now).await?;
        transaction.commit().await?;
        Ok(Changed::Done(Box::new(after)))
    }

    /// Loads the webhook that a transaction has just written.
    async fn stored(&self, on: &Transaction, id: WebhookId) -> Result<WebhookRecord, StoreError> {
        let stored = self.webhook_within(on, id).await?;
        stored.ok_or_else(|| StoreError::Corrupt(format!("webhook {id} does not exist in the transaction that wrote it")))
    }

    /// Adds a new secret. The old secrets stay valid until `old_until`. Returns false if the webhook does not exist.
    pub async fn rotate_secret(&self, by: &Actor, id: WebhookId, secret: &SigningSecret, old_until: Timestamp) -> Result<bool, StoreError> {
        let now = Timestamp::now();
        let transaction = self.begin().await?;
        let Some(webhook) = self.webhook_within(&transaction, id).await? else {
            return Ok(false);
        };
        webhook_secret::Entity::delete_many()
            .filter(webhook_secret::Column::WebhookId.eq(id.0))
            .filter(webhook_secret::Column::ExpiresAt.lte(now.0))
            .exec(&transaction)
            .await?;
        // A secret that expires sooner keeps its expiry.
        let sql = "UPDATE webhook_secrets SET expires_at = ? WHERE webhook_id = ? AND (expires_at IS NULL OR expires_at > ?)";
        let values = [old_until.0.into(), id.0.into(), old_until.0.into()];
        transaction.execute_raw(statement(self.backend(), sql, values)).await?;
        self.add_secret(&transaction, id, secret, now).await?;
        change_notifications::raise(&transaction, id).await?;
        let entry = Entry::of_webhook(AuditAction::WebhookSecretRotated, id, &webhook.fields.name)
            .before(json!({ "secret": MASK }))
            .after(json!({ "secret": format!("{MASK} (changed)"), "old_secret_until": old_until }));
        audit::add(&transaction, by, entry, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Deletes a webhook with its secrets and headers; if there is a `seen`, only if it was not changed after that (optimistic locking on
    /// `updated_at`). Its log is kept for the retention period.
    pub async fn delete_webhook(&self, by: &Actor, id: WebhookId, seen: Option<Timestamp>) -> Result<Deleted, StoreError> {
        let transaction = self.begin().await?;
        let deleted = self.delete_within(&transaction, by, id, seen).await?;
        if deleted == Deleted::Done {
            transaction.commit().await?;
        }
        Ok(deleted)
    }

    /// Deletes a webhook within a transaction. Unless the result is [`Deleted::Done`], nothing is written.
    pub(super) async fn delete_within(
        &self,
        transaction: &Transaction,
        by: &Actor,
        id: WebhookId,
        seen: Option<Timestamp>,
    ) -> Result<Deleted, StoreError> {
        let now = Timestamp::now();
        let Some(before) = self.webhook_within(transaction, id).await? else {
            return Ok(Deleted::Gone);
        };
        let mut deletion = webhook::Entity::update_many()
            .col_expr(webhook::Column::DeletedAt, Expr::value(now.0))
            .col_expr(webhook::Column::Enabled, Expr::value(false))
            .filter(webhook::Column::Id.eq(id.0));
        if let Some(seen) = seen {
            deletion = deletion.filter(webhook::Column::UpdatedAt.eq(seen.0));
        }
        if deletion.exec(transaction).await?.rows_affected == 0 {
            return Ok(Deleted::Stale);
        }
        let entry =
            Entry::of_webhook(AuditAction::WebhookDeleted, id, &before.fields.name).before(snapshot(transaction, &before, None).await?);
        audit::add(transaction, by, entry, now).await?;
        remove_related(transaction, id).await?;
        webhook_secret::Entity::delete_many()
            .filter(webhook_secret::Column::WebhookId.eq(id.0))
            .exec(transaction)
            .await?;
        change_notifications::raise(transaction, id).await?;
        Ok(Deleted::Done)
    }
}

/// Keeps a column while the webhook is enabled, and sets it to `cleared` if the webhook was disabled.
fn unless_disabled(column: webhook::Column, cleared: impl Into<sea_orm::Value>) -> Expr {
    let was_disabled = Expr::col(webhook::Column::Enabled).eq(false);
    Expr::case(was_disabled, Expr::value(cleared)).finally(Expr::col(column)).into()
}
