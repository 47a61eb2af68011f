//! Access to the database that only tests need.

use migrations::Migrator;
use sea_orm_migration::MigratorTrait;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

use crate::{
    domain::{
        id::{NodeId, WebhookId},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError, callback_counts::Counted, callbacks::LogFilter, deliveries::ClaimFilter, delivery_list::DeliveryList, migrate,
        new_id, raw_sql::statement,
    },
};

/// Applies the migrations of another version, as a start of that version does.
pub async fn migrate<M: MigratorTrait>(connection: &DatabaseConnection) -> Result<(), DbErr> {
    migrate::apply::<M>(connection).await
}

impl Store {
    /// Reverts all migrations.
    pub async fn undo_migrations(&self) -> Result<(), StoreError> {
        match self.write.pool() {
            Some(pool) => Ok(Migrator::down(pool, None).await?),
            None => Ok(()),
        }
    }

    /// Applies all migrations.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match self.write.pool() {
            Some(pool) => Ok(Migrator::up(pool, None).await?),
            None => Ok(()),
        }
    }

    /// The value of a setting of a PostgreSQL connection.
    pub async fn setting(&self, name: &str) -> Result<String, StoreError> {
        let sql = statement(self.backend(), "SELECT current_setting(?) AS value", [name.into()]);
        let rows = self.read.query_all_raw(sql).await?;
        let value = rows.first().map(|row| row.try_get("", "value")).transpose()?;
        Ok(value.unwrap_or_default())
    }

    /// The value of a `PRAGMA` of the SQLite connection that writes.
    pub async fn pragma(&self, name: &str) -> Result<i64, StoreError> {
        let sql = statement(self.backend(), &format!("SELECT {name} AS value FROM pragma_{name}"), []);
        let rows = self.write.query_all_raw(sql).await?;
        let value = rows.first().map(|row| row.try_get("", "value")).transpose()?;
        Ok(value.unwrap_or_default())
    }

    /// Counts callbacks as [`Self::count`] does, with the maximum number of rows as a parameter.
    pub async fn count_at_most(&self, webhook: WebhookId, filter: &LogFilter, unit_ms: i64, most: i64) -> Result<Counted, StoreError> {
        self.count_newest(webhook, filter, unit_ms, most).await
    }

    /// The query plan for claiming deliveries of a webhook.
    pub async fn claim_plan(&self, webhook: WebhookId, filter: ClaimFilter, limit: u64) -> Result<String, StoreError> {
        let statement = self.claim_statement(new_id::<NodeId>(), webhook, filter, Timestamp::now(), limit);
        self.plan(statement).await
    }

    /// The query plan for finding the webhooks with pending deliveries.
    pub async fn backlogs_plan(&self) -> Result<String, StoreError> {
        self.plan(self.backlogs_statement()).await
    }

    /// The query plan for a page of the deliveries of a webhook.
    pub async fn list_plan(&self, webhook: WebhookId, list: DeliveryList) -> Result<String, StoreError> {
        self.plan(self.list_statement(webhook, list, None, 50)).await
    }

    /// The query plan for finding the kinds of callbacks of a webhook.
    pub async fn kinds_plan(&self, webhook: WebhookId) -> Result<String, StoreError> {
        self.plan(self.kinds_statement(webhook)).await
    }

    async fn plan(&self, mut statement: sea_orm::Statement) -> Result<String, StoreError> {
        let (explain, column) = if self.is_shared() {
            ("EXPLAIN", "QUERY PLAN")
        } else {
            ("EXPLAIN QUERY PLAN", "detail")
        };
        statement.sql = format!("{explain} {}", statement.sql);
        let rows = self.write.query_all_raw(statement).await?;
        let lines: Vec<String> = rows.iter().map(|row| row.try_get("", column)).collect::<Result<_, _>>()?;
        Ok(lines.join("\n"))
    }
}
