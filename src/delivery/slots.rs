//! The queues of this node, as the journal sees them: it reserves slots for the deliveries that it stores.

use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;

use crate::{
    delivery::{lease::Lease, queues::Queues},
    storage::journal::{LeaseTerm, Slot, Slots},
    sync::locked,
};

/// Slots in the queues. None is free while this node may not begin attempts: during a shutdown and without a lease.
pub(super) struct QueueSlots {
    pub(super) queues: Arc<Mutex<Queues>>,
    pub(super) lease: Arc<Lease>,
    pub(super) shutdown: CancellationToken,
}

impl Slots for QueueSlots {
    fn term(&self) -> LeaseTerm {
        locked(&self.queues).term()
    }

    fn reserve(&self, slot: Slot) -> bool {
        !self.shutdown.is_cancelled() && self.lease.is_held() && locked(&self.queues).reserve(slot)
    }

    fn release(&self, reserved: &[Slot]) {
        let mut queues = locked(&self.queues);
        for slot in reserved {
            queues.release(*slot);
        }
    }
}
