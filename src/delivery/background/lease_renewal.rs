//! Renews the lease of this node on PostgreSQL.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    delivery::{background::supervisor::BackgroundTask, engine::Engine, lease::Lease, write_health::WriteHealth},
    domain::id::NodeId,
    storage::Store,
};

/// Longest timeout of a renewal.
const TIMEOUT_MAX: Duration = Duration::from_secs(4);
/// Longest pause after a failed renewal.
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(1);

pub(in crate::delivery) struct LeaseRenewal {
    pub(in crate::delivery) store: Store,
    pub(in crate::delivery) node: NodeId,
    pub(in crate::delivery) lease: Arc<Lease>,
    pub(in crate::delivery) write_health: Arc<WriteHealth>,
    pub(in crate::delivery) engine: Arc<Engine>,
    /// Timeout of single statements. A renewal may have a shorter one.
    pub(in crate::delivery) timeout: Duration,
}

impl BackgroundTask for LeaseRenewal {
    const NAME: &'static str = "lease renewal";

    async fn run(&mut self, shutdown: &CancellationToken) {
        while shutdown.run_until_cancelled(sleep(self.pause())).await.is_some() {
            self.renew().await;
        }
    }
}

impl LeaseRenewal {
    /// Acquires or renews the lease. If the lease had expired, for this node or by the clock of the database, a new term begins. The two differ if
    /// the clock of the database was set forward, or if the machine was suspended, which stops the clock of the process.
    pub(in crate::delivery) async fn renew(&self) {
        let began = Instant::now();
        let timeout = TIMEOUT_MAX.min(self.timeout);
        let (store, length) = (self.store.within(timeout), self.lease.length());
        let renewed = match store.renew_lease(self.node, length).await {
            Ok(Some(nodes)) => Ok(nodes),
            Ok(None) => {
                if self.lease.is_held() {
                    tracing::warn!(
                        "the lease of this node has expired earlier than expected by the clock of the database, so other nodes may send its waiting \
                         deliveries; this node claims deliveries anew. Either the clock of the database was set forward, or this machine was suspended"
                    );
                }
                // Also if the answer to the next statement is lost.
                self.lease.expired();
                store.acquire_lease(self.node, length).await
            }
            Err(error) => Err(error),
        };
        match renewed {
            Ok(nodes) => {
                self.write_health.succeeded();
                self.engine.set_nodes(nodes);
                // Asked after the answer: the lease may have expired while the database was slow.
                if !self.lease.is_held() {
                    // Nobody waited for this node to apply changes of webhooks.
                    self.engine.forget_all_endpoints();
                    self.engine.begin_term();
                }
                self.lease.renewed(began);
                self.engine.start_attempts();
            }
            Err(error) => {
                self.write_health.failed(&error);
                tracing::warn!(%error, "the lease of this node in the database cannot be renewed; trying again: {error}");
            }
        }
    }

    /// Time until the next renewal. It is short after a failure, because renewals also show whether the database accepts writes.
    fn pause(&self) -> Duration {
        if self.write_health.has_failed() {
            return self.lease.pause().min(RETRY_PAUSE_MAX);
        }
        self.lease.pause()
    }
}
