//! Nodes and their leases. A node has one lease for all deliveries that it owns. On PostgreSQL the database's clock decides whether a lease
//! has expired.

use std::time::Duration;

use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    domain::{id::NodeId, timestamp::Timestamp},
    storage::{
        Store, StoreError, batch_insert::for_ids, change_notifications, database_clock::NOW, entity::node, executor::Executor,
        raw_sql::statement,
    },
};

/// Makes the deliveries of a node pending, so that any node can claim them. Manual deliveries keep their order (`storage::priority`).
const RELEASE: &str =
    "UPDATE deliveries SET state = 'pending', due_at = CASE WHEN priority = 0 THEN due_at ELSE ? END, lease_owner = NULL, updated_at = ?";

/// How long after the end of its lease a node is forgotten, in milliseconds: a day. If it comes back, it gets a new row.
const FORGET_AFTER_MS: i64 = 24 * 60 * 60 * 1_000;

impl Store {
    /// Whether there can be several nodes. On SQLite a lock on the file prevents that.
    pub fn is_shared(&self) -> bool {
        // The nodes of a simulation share their database, too.
        self.backend() == DbBackend::Postgres || self.write.pool().is_none()
    }

    /// Acquires a lease of this duration from now. Returns the number of nodes with a lease, including this one.
    pub async fn acquire_lease(&self, node: NodeId, lease: Duration) -> Result<u32, StoreError> {
        let sql = format!(
            "INSERT INTO nodes (lease_until, id, revision) VALUES ({NOW} + ?, ?, 0) ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until"
        );
        Ok(self.set_lease(&sql, node, lease).await?.unwrap_or(1))
    }

    /// Extends the node's lease to this duration from now. Returns the number of nodes with a lease, including this one. `None` if the node has no
    /// lease, or if it has expired by the clock of the database: other nodes may have taken over its deliveries.
    pub async fn renew_lease(&self, node: NodeId, lease: Duration) -> Result<Option<u32>, StoreError> {
        let sql = format!("UPDATE nodes SET lease_until = {NOW} + ? WHERE id = ? AND lease_until > {NOW}");
        self.set_lease(&sql, node, lease).await
    }

    /// Runs a statement that sets the lease of a node, and reads the clock of the database.
    async fn set_lease(&self, sql: &str, node: NodeId, lease: Duration) -> Result<Option<u32>, StoreError> {
        if !self.is_shared() {
            return Ok(Some(1));
        }
        let lease = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        let sql = format!(
            "{sql} RETURNING {NOW} AS now, (SELECT COUNT(*) FROM nodes AS others WHERE others.id <> nodes.id AND others.lease_until > {NOW}) AS others"
        );
        let asked = Instant::now();
        let values = [lease.into(), node.0.into()];
        let Some(row) = self.write.query_one_raw(statement(self.backend(), &sql, values)).await? else {
            return Ok(None);
        };
        self.clock.note(Timestamp(row.try_get("", "now")?), asked);
        let others: i64 = row.try_get("", "others")?;
        Ok(Some(1 + u32::try_from(others).unwrap_or_default()))
    }

    /// The number of changes of webhooks so far.
    pub async fn revision(&self) -> Result<i64, StoreError> {
        let revisions = change_notifications::read(&self.read).await?;
        Ok(revisions.map_or(0, |revisions| revisions.webhooks))
    }

    /// Stores that this node has applied all changes up to this revision.
    pub async fn acknowledge(&self, node: NodeId, revision: i64) -> Result<(), StoreError> {
        node::Entity::update_many()
            .col_expr(node::Column::Revision, Expr::value(revision))
            .filter(node::Column::Id.eq(node.0))
            .filter(node::Column::Revision.lt(revision))
            .exec(&self.write)
            .await?;
        Ok(())
    }

    /// Whether every other live node has applied all changes up to this revision.
    pub async fn is_acknowledged(&self, node: NodeId, revision: i64) -> Result<bool, StoreError> {
        let behind = node::Entity::find()
            .filter(node::Column::Id.ne(node.0))
            .filter(node::Column::Revision.lt(revision))
            .filter(Expr::cust(format!("lease_until > {NOW}")));
        Ok(behind.one(&self.read).await?.is_none())
    }

    /// Whether no other node is alive.
    pub async fn is_alone(&self, node: NodeId) -> Result<bool, StoreError> {
        Ok(!self.is_shared() || self.is_acknowledged(node, i64::MAX).await?)
    }

    /// Deletes the node's lease.
    pub async fn end_lease(&self, node: NodeId) -> Result<(), StoreError> {
        if self.is_shared() {
            node::Entity::delete_by_id(node.0).exec(&self.write).await?;
        }
        Ok(())
    }

    /// Releases all deliveries that this node owned when it stopped; on SQLite, those of any node. Returns their number.
    pub async fn release_all(&self, node: NodeId) -> Result<u64, StoreError> {
        let now = self.now();
        let values = [now.0.into(), now.0.into()];
        if !self.is_shared() {
            let sql = format!("{RELEASE} WHERE state = 'sending'");
            return self.execute(&sql, values).await;
        }
        let sql = format!("{RELEASE} WHERE state = 'sending' AND lease_owner = ?");
        self.execute(&sql, values.into_iter().chain([node.0.into()])).await
    }

    /// Releases the deliveries of other nodes whose leases have expired, and forgets nodes that ended long ago. Returns the number of deliveries. Those of `node`, which asks, are in its memory, also if
    /// its lease has expired by the clock of the database: an attempt that is in flight would be repeated.
    pub async fn release_orphans(&self, node: NodeId) -> Result<u64, StoreError> {
        if !self.is_shared() {
            return Ok(0);
        }
        let transaction = self.begin().await?;
        let expired = self.lock_expired(&transaction, node).await?;
        let now = self.now();
        let values = [now.0.into(), now.0.into()];
        let of_no_node = format!(
            "{RELEASE} WHERE state = 'sending' AND (lease_owner IS NULL OR lease_owner <> ? \
             AND NOT EXISTS (SELECT 1 FROM nodes WHERE nodes.id = deliveries.lease_owner))"
        );
        let own = values.iter().cloned().chain([node.0.into()]);
        let mut released = transaction.run(statement(self.backend(), &of_no_node, own)).await?;
        let of_expired = format!("{RELEASE} WHERE state = 'sending' AND lease_owner IN");
        released += for_ids(&transaction, &of_expired, &values, expired.iter().copied()).await?;
        let forget = format!("DELETE FROM nodes WHERE lease_until <= {NOW} - ? AND id IN");
        for_ids(&transaction, &forget, &[FORGET_AFTER_MS.into()], expired.into_iter()).await?;
        transaction.commit().await?;
        Ok(released)
    }

    /// The other nodes whose leases have expired. Until the end of the transaction none of them acquires its lease anew: it would claim deliveries,
    /// which must not be released.
    async fn lock_expired(&self, transaction: &impl ConnectionTrait, node: NodeId) -> Result<Vec<Uuid>, StoreError> {
        let mut expired = node::Entity::find()
            .select_only()
            .column(node::Column::Id)
            .filter(node::Column::Id.ne(node.0))
            .filter(Expr::cust(format!("lease_until <= {NOW}")))
            .order_by_asc(node::Column::Id);
        // SQLite has one writing transaction at a time.
        if self.backend() == DbBackend::Postgres {
            expired = expired.lock_exclusive();
        }
        Ok(expired.into_tuple().all(transaction).await?)
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
