//! What a callback needs to know of its webhook.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    domain::{headers::Header, id::WebhookId, secret::SigningSecret, timestamp::Timestamp, webhook::RateLimit},
    storage::{
        Store, StoreError,
        entity::{webhook, webhook_header, webhook_secret},
        webhooks::rate_limit,
    },
};

/// Where a callback goes, and how.
#[derive(Clone, Debug)]
pub enum Target {
    /// Call it.
    Open(OpenTarget),
    /// Nobody is called now; events are kept.
    Disabled,
    /// Nobody is called any more.
    Deleted,
}

/// A receiver that may be called.
#[derive(Clone, Debug)]
pub struct OpenTarget {
    /// Where.
    pub url: String,
    /// Additional headers.
    pub headers: Vec<Header>,
    /// Secrets, newest first, and when each ends.
    pub secrets: Vec<(SigningSecret, Option<Timestamp>)>,
    /// How fast.
    pub rate: Option<RateLimit>,
    /// Since when it only fails.
    pub failing_since: Option<Timestamp>,
}

impl Store {
    /// Where callbacks of this webhook go now.
    pub async fn target(&self, id: WebhookId) -> Result<Target, StoreError> {
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
        let secrets = webhook_secret::Entity::find().filter(webhook_secret::Column::WebhookId.eq(id.0));
        let secrets = secrets.order_by_desc(webhook_secret::Column::CreatedAt).all(&self.read).await?;
        Ok(Target::Open(OpenTarget {
            rate: rate_limit(&row),
            failing_since: row.failing_since.map(Timestamp),
            url: row.url,
            headers: headers
                .into_iter()
                .map(|header| self.open_header(header))
                .collect::<Result<_, _>>()?,
            secrets: secrets
                .into_iter()
                .map(|secret| Ok((self.open_secret(&secret)?, secret.expires_at.map(Timestamp))))
                .collect::<Result<_, StoreError>>()?,
        }))
    }

    fn open_secret(&self, row: &webhook_secret::Model) -> Result<SigningSecret, StoreError> {
        let key = self.vault.open(row.id, &row.secret_encrypted)?;
        SigningSecret::from_bytes(key.to_vec()).map_err(|error| StoreError::Corrupt(error.to_string()))
    }
}
