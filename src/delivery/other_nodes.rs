//! Waits until the other nodes have applied a change of a webhook.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{
    delivery::lease::Lease,
    domain::id::NodeId,
    storage::{Store, StoreError},
};

/// Longest pause between two checks.
const PAUSE_MAX: Duration = Duration::from_millis(50);

/// Waits until every other node has applied the changes so far, or its lease has expired: then it begins no attempts.
pub(super) async fn wait_for_change(store: &Store, node: NodeId, lease: &Lease) {
    if !store.is_shared() {
        return;
    }
    // The change itself is already stored, so an error here is only logged.
    if let Err(error) = wait(store, node, lease.length()).await {
        tracing::warn!(%error, "other nodes have not confirmed a change of a webhook; they apply it within {} s: {error}", lease.length().as_secs());
    }
}

async fn wait(store: &Store, node: NodeId, limit: Duration) -> Result<(), StoreError> {
    let revision = store.revision().await?;
    let (until, mut pause) = (Instant::now() + limit, Duration::from_millis(1));
    while !store.is_acknowledged(node, revision).await? && Instant::now() < until {
        sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
    Ok(())
}
