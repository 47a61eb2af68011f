//! What is needed of a webhook to send a callback.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    domain::{headers::Header, id::WebhookId, secret::SigningSecret, timestamp::Timestamp, webhook::RateLimit},
    storage::{
        Store, StoreError,
        entity::{webhook, webhook_header, webhook_secret},
        webhooks::fields::rate_limit,
    },
};

/// The endpoint of a webhook.
#[derive(Clone, Debug)]
pub enum Target {
    /// The webhook is enabled.
    Open(OpenTarget),
    /// The webhook is disabled: nothing is sent, deliveries are held.
    Disabled,
    /// The webhook is deleted: nothing is sent any more.
    Deleted,
}

/// The endpoint of an enabled webhook.
#[derive(Clone, Debug)]
pub struct OpenTarget {
    /// The URL of the receiver.
    pub url: String,
    /// Additional headers.
    pub headers: Vec<Header>,
    /// Signing secrets, newest first, and when each expires.
    pub secrets: Vec<(SigningSecret, Option<Timestamp>)>,
    /// The rate limit, if there is one.
    pub rate: Option<RateLimit>,
    /// The time of the first failed attempt since the last success.
    pub failing_since: Option<Timestamp>,
}

impl Store {
    /// The current endpoint of a webhook.
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

    /// The newest secret of a webhook, to compare another one with it.
    pub async fn newest_secret(&self, id: WebhookId) -> Result<Option<SigningSecret>, StoreError> {
        let secrets = webhook_secret::Entity::find().filter(webhook_secret::Column::WebhookId.eq(id.0));
        let newest = secrets.order_by_desc(webhook_secret::Column::CreatedAt).one(&self.read).await?;
        newest.map(|row| self.open_secret(&row)).transpose()
    }

    fn open_secret(&self, row: &webhook_secret::Model) -> Result<SigningSecret, StoreError> {
        let key = self.vault.open(row.id, &row.secret_encrypted)?;
        SigningSecret::from_bytes(key.to_vec()).map_err(|error| StoreError::Corrupt(error.to_string()))
    }
}
