//! This node's lease on what it owns: renewed again and again; a node that cannot renew it in time begins nothing more.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::dispatch::{LEASE, engine::Engine};

/// It counts as ended so much earlier for the node itself than for others.
const MARGIN: Duration = Duration::from_secs(3);

pub(super) struct Lease {
    /// When it ends; nothing where there are no other nodes.
    until: Option<Mutex<Instant>>,
}

impl Lease {
    pub(super) fn new(is_shared: bool) -> Self {
        Self {
            until: is_shared.then(|| Mutex::new(Instant::now())),
        }
    }

    pub(super) fn is_held(&self) -> bool {
        self.until
            .as_ref()
            .is_none_or(|until| *until.lock().unwrap_or_else(PoisonError::into_inner) > Instant::now())
    }

    fn renewed(&self, began: Instant) {
        if let Some(until) = &self.until {
            *until.lock().unwrap_or_else(PoisonError::into_inner) = began + LEASE - MARGIN;
        }
    }
}

impl Engine {
    /// Takes or renews the lease. What this node held in memory while it had none may belong to others by now.
    pub(super) async fn renew(&self) {
        let (began, was_held) = (Instant::now(), self.lease.is_held());
        match self.store.renew_lease(self.node, LEASE).await {
            Ok(()) => {
                if !was_held {
                    self.drop_all();
                }
                self.lease.renewed(began);
                self.pump();
            }
            Err(error) => tracing::warn!(%error, "cannot renew this node's lease; trying again"),
        }
    }

    /// Keeps the lease until the node stops.
    pub(super) async fn keep_lease(self: Arc<Self>) {
        if !self.store.is_shared() {
            return;
        }
        loop {
            let pause = if self.lease.is_held() { LEASE / 3 } else { Duration::from_secs(1) };
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = sleep(pause) => self.renew().await,
            }
        }
    }
}
