//! The related rows of a webhook: event types, owners, headers and secrets.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::{
    domain::{id::WebhookId, secret::SigningSecret, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        entity::{webhook_event, webhook_header, webhook_owner, webhook_secret},
        new_id,
        transaction::Transaction,
        webhooks::WebhookFields,
    },
};

impl Store {
    /// Inserts event types, owners and headers.
    pub(super) async fn add_related(&self, transaction: &Transaction, id: WebhookId, fields: &WebhookFields) -> Result<(), StoreError> {
        let events = fields.events.iter().zip(0..).map(|(event, position)| webhook_event::ActiveModel {
            webhook_id: Set(id.0),
            event_type: Set(event.to_string()),
            position: Set(position),
        });
        webhook_event::Entity::insert_many(events)
            .exec_without_returning(transaction)
            .await?;
        let owners = fields.owners.iter().map(|owner| webhook_owner::ActiveModel {
            webhook_id: Set(id.0),
            user_id: Set(owner.0),
        });
        webhook_owner::Entity::insert_many(owners)
            .exec_without_returning(transaction)
            .await?;
        let headers = fields.headers.iter().zip(0..).map(|(header, position)| {
            let row = new_id();
            webhook_header::ActiveModel {
                id: Set(row),
                webhook_id: Set(id.0),
                position: Set(position),
                name: Set(header.name.clone()),
                value_encrypted: Set(self.vault.seal(row, header.value.as_bytes())),
                secret: Set(header.secret),
            }
        });
        webhook_header::Entity::insert_many(headers)
            .exec_without_returning(transaction)
            .await?;
        Ok(())
    }

    /// Inserts a signing secret without an expiry. It is used until another one replaces it.
    pub(super) async fn add_secret(
        &self,
        on: &Transaction,
        webhook: WebhookId,
        secret: &SigningSecret,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = new_id();
        let row = webhook_secret::ActiveModel {
            id: Set(id),
            webhook_id: Set(webhook.0),
            secret_encrypted: Set(self.vault.seal(id, secret.as_bytes())),
            created_at: Set(now.0),
            expires_at: Set(None),
        };
        row.insert(on).await?;
        Ok(())
    }
}

/// Deletes event types and headers.
pub(super) async fn remove_related(transaction: &Transaction, id: WebhookId) -> Result<(), StoreError> {
    webhook_event::Entity::delete_many()
        .filter(webhook_event::Column::WebhookId.eq(id.0))
        .exec(transaction)
        .await?;
    webhook_header::Entity::delete_many()
        .filter(webhook_header::Column::WebhookId.eq(id.0))
        .exec(transaction)
        .await?;
    Ok(())
}
