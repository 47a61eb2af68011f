//! Nodes and their leases. A node has one lease for all deliveries that it owns. On PostgreSQL the database's clock decides whether a lease
//! has expired.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend};

use crate::{
    domain::{id::NodeId, timestamp::Timestamp},
    storage::{Store, StoreError, batch_insert::statement, change_notifications, executor::Sql},
};

/// The database's clock, in milliseconds.
pub(super) const NOW: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// Makes the deliveries of a node pending, so that any node can claim them. Manual deliveries keep their priority (`storage::priority`).
const GIVEN_BACK: &str =
    "UPDATE deliveries SET state = 'pending', due_at = CASE WHEN due_at < 0 THEN due_at ELSE ? END, lease_owner = NULL, updated_at = ?";

impl Store {
    /// Whether there can be several nodes. On SQLite a lock on the file prevents that.
    pub fn is_shared(&self) -> bool {
        self.backend() == DbBackend::Postgres
    }

    /// Extends the node's lease to this duration from now.
    pub async fn renew_lease(&self, node: NodeId, lease: Duration) -> Result<(), StoreError> {
        if !self.is_shared() {
            return Ok(());
        }
        let lease = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        let sql = format!(
            "INSERT INTO nodes (id, lease_until, revision) VALUES (?, {NOW} + ?, 0) ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until"
        );
        self.execute(&sql, [node.0.into(), lease.into()]).await?;
        Ok(())
    }

    /// The number of changes of webhooks so far.
    pub async fn revision(&self) -> Result<i64, StoreError> {
        Ok(change_notifications::read(&self.read).await?.unwrap_or_default())
    }

    /// Stores that this node has applied all changes up to this revision.
    pub async fn acknowledge(&self, node: NodeId, revision: i64) -> Result<(), StoreError> {
        let sql = "UPDATE nodes SET revision = ? WHERE id = ? AND revision < ?";
        self.execute(sql, [revision.into(), node.0.into(), revision.into()]).await?;
        Ok(())
    }

    /// Whether every other live node has applied all changes up to this revision.
    pub async fn is_acknowledged(&self, node: NodeId, revision: i64) -> Result<bool, StoreError> {
        let sql = format!("SELECT id FROM nodes WHERE id <> ? AND revision < ? AND lease_until > {NOW} LIMIT 1");
        let values = [node.0.into(), revision.into()];
        Ok(self.read.rows(statement(self.backend(), &sql, values)).await?.is_empty())
    }

    /// Whether no other node is alive.
    pub async fn is_alone(&self, node: NodeId) -> Result<bool, StoreError> {
        Ok(!self.is_shared() || self.is_acknowledged(node, i64::MAX).await?)
    }

    /// Deletes the node's lease.
    pub async fn end_lease(&self, node: NodeId) -> Result<(), StoreError> {
        if self.is_shared() {
            self.execute("DELETE FROM nodes WHERE id = ?", [node.0.into()]).await?;
        }
        Ok(())
    }

    /// Releases all deliveries that this node owned when it stopped; on SQLite, those of any node. Returns their number.
    pub async fn release_all(&self, node: NodeId, now: Timestamp) -> Result<u64, StoreError> {
        let values = [now.0.into(), now.0.into()];
        if !self.is_shared() {
            let sql = format!("{GIVEN_BACK} WHERE state = 'sending'");
            return self.execute(&sql, values).await;
        }
        let sql = format!("{GIVEN_BACK} WHERE state = 'sending' AND lease_owner = ?");
        self.execute(&sql, values.into_iter().chain([node.0.into()])).await
    }

    /// Releases the deliveries of nodes whose leases have expired. Returns their number.
    pub async fn release_orphans(&self, now: Timestamp) -> Result<u64, StoreError> {
        if !self.is_shared() {
            return Ok(0);
        }
        let sql = format!(
            "{GIVEN_BACK} WHERE state = 'sending' \
             AND NOT EXISTS (SELECT 1 FROM nodes WHERE nodes.id = deliveries.lease_owner AND nodes.lease_until > {NOW})"
        );
        self.execute(&sql, [now.0.into(), now.0.into()]).await
    }

    /// Notifies other nodes that there are deliveries to claim.
    pub async fn tell_pending(&self) -> Result<(), StoreError> {
        change_notifications::tell(&self.write, "pending").await
    }

    pub(super) async fn execute(&self, sql: &str, values: impl IntoIterator<Item = sea_orm::Value>) -> Result<u64, StoreError> {
        let result = self.write.execute_raw(statement(self.backend(), sql, values)).await?;
        Ok(result.rows_affected())
    }
}
