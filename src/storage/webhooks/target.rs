//! What a callback needs to know of its webhook, read at the moment of sending.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    domain::{headers::Header, id::WebhookId, secret::SigningSecret, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        entity::{webhook, webhook_header, webhook_secret},
    },
};

/// Where a callback goes, and how.
#[derive(Clone, Debug)]
pub enum Target {
    /// Call it.
    Open {
        /// Where.
        url: String,
        /// Additional headers.
        headers: Vec<Header>,
        /// Live secrets, newest first.
        secrets: Vec<SigningSecret>,
    },
    /// Nobody is called now; events are kept.
    Disabled,
    /// Nobody is called any more.
    Deleted,
}

impl Store {
    /// Where callbacks of this webhook go now.
    pub async fn target(&self, id: WebhookId, now: Timestamp) -> Result<Target, StoreError> {
        let Some(row) = webhook::Entity::find_by_id(id.0).one(&self.read).await? else {
            return Ok(Target::Deleted);
        };
        if row.deleted_at.is_some() {
            return Ok(Target::Deleted);
        }
        if !row.enabled {
            return Ok(Target::Disabled);
        }
        let headers = webhook_header::Entity::find().filter(webhook_header::Column::WebhookId.eq(id.0));
        let headers = headers.order_by_asc(webhook_header::Column::Position).all(&self.read).await?;
        let live = Condition::any()
            .add(webhook_secret::Column::ExpiresAt.is_null())
            .add(webhook_secret::Column::ExpiresAt.gt(now.0));
        let secrets = webhook_secret::Entity::find()
            .filter(webhook_secret::Column::WebhookId.eq(id.0))
            .filter(live);
        let secrets = secrets.order_by_desc(webhook_secret::Column::CreatedAt).all(&self.read).await?;
        Ok(Target::Open {
            url: row.url,
            headers: headers
                .into_iter()
                .map(|header| self.open_header(header))
                .collect::<Result<_, _>>()?,
            secrets: secrets
                .into_iter()
                .map(|secret| self.open_secret(&secret))
                .collect::<Result<_, _>>()?,
        })
    }

    fn open_secret(&self, row: &webhook_secret::Model) -> Result<SigningSecret, StoreError> {
        let key = self.vault.open(row.id, &row.secret_encrypted)?;
        SigningSecret::from_bytes(key.to_vec()).map_err(|error| StoreError::Corrupt(error.to_string()))
    }
}
