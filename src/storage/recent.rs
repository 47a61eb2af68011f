//! Queries of the overview about the newest callbacks and about the first steps of a new installation. Each reads a limited number of rows
//! from an index.

use std::collections::HashMap;

use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::{
    domain::{id::WebhookId, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        raw_sql::{marks, statement},
    },
};

/// A callback, with what the overview needs of it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct RecentCallback {
    webhook_id: Uuid,
    callback_date: i64,
    /// The time until the response headers, in milliseconds.
    pub duration_ms: i64,
    /// The type of its event.
    pub event_type: String,
    /// `succeeded` or `failed`.
    pub outcome: String,
}

impl RecentCallback {
    /// Its webhook.
    pub const fn webhook(&self) -> WebhookId {
        WebhookId(self.webhook_id)
    }

    /// When the attempt started.
    pub const fn at(&self) -> Timestamp {
        Timestamp(self.callback_date)
    }
}

/// What has been done since the installation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FirstSteps {
    /// A test event was sent.
    pub tested: bool,
    /// There is an API key that was not revoked.
    pub has_key: bool,
    /// An event was published that is no test.
    pub published: bool,
}

impl Store {
    /// The newest callbacks of all webhooks. Ids sort by time, so the primary key has their order.
    pub async fn recent_callbacks(&self, limit: u64) -> Result<Vec<RecentCallback>, StoreError> {
        let sql = "SELECT webhook_id, callback_date, duration_ms, event_type, outcome FROM callbacks ORDER BY id DESC LIMIT ?";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        Ok(RecentCallback::find_by_statement(statement(self.backend(), sql, [limit.into()]))
            .all(&self.read)
            .await?)
    }

    /// The names of these webhooks, without deleted ones.
    pub async fn webhook_names(&self, webhooks: &[WebhookId]) -> Result<HashMap<WebhookId, String>, StoreError> {
        #[derive(FromQueryResult)]
        struct NameRow {
            id: Uuid,
            name: String,
        }
        if webhooks.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = format!(
            "SELECT id, name FROM webhooks WHERE deleted_at IS NULL AND id IN {}",
            marks(webhooks.len())
        );
        let rows = NameRow::find_by_statement(statement(self.backend(), &sql, webhooks.iter().map(|id| id.0.into())))
            .all(&self.read)
            .await?;
        Ok(rows.into_iter().map(|row| (WebhookId(row.id), row.name)).collect())
    }

    /// What has been done since the installation. `test_source` is the source of test events.
    pub async fn first_steps(&self, test_source: &str) -> Result<FirstSteps, StoreError> {
        #[derive(FromQueryResult)]
        struct StepsRow {
            tested: i32,
            has_key: i32,
            published: i32,
        }
        let exists = |sql: &str| format!("CASE WHEN EXISTS ({sql}) THEN 1 ELSE 0 END");
        // Two ranges of the index by source, because "not equal" would scan it.
        let sql = format!(
            "SELECT {} AS tested, {} AS has_key, CASE WHEN EXISTS (SELECT 1 FROM events WHERE source < ?) \
             OR EXISTS (SELECT 1 FROM events WHERE source > ?) THEN 1 ELSE 0 END AS published",
            exists("SELECT 1 FROM events WHERE source = ?"),
            exists("SELECT 1 FROM api_keys WHERE revoked_at IS NULL"),
        );
        let values = [test_source.into(), test_source.into(), test_source.into()];
        let row = StepsRow::find_by_statement(statement(self.backend(), &sql, values))
            .one(&self.read)
            .await?;
        Ok(row.map_or_else(FirstSteps::default, |row| FirstSteps {
            tested: row.tested == 1,
            has_key: row.has_key == 1,
            published: row.published == 1,
        }))
    }
}
