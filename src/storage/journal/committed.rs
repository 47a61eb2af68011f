//! The two interfaces between the journal and the dispatcher: the journal reserves memory for deliveries before it stores them, and sends
//! one message for each committed group.

use crate::{
    domain::id::{DeliveryId, WebhookId},
    storage::{
        deliveries::Job,
        journal::finished::{DisabledWebhook, Recorded},
    },
};

/// A slot in memory for a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The webhook, which determines the queue.
    pub webhook: WebhookId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// The length of the request body.
    pub bytes: usize,
}

/// A period in which this node has kept what it owns; the value is the number of earlier ones. A term ends when the lease is lost, and when events
/// are erased or may have been. A delivery that was stored or claimed in an earlier term may belong to another node by now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeaseTerm(pub u64);

/// The memory of this node for deliveries. A delivery that gets a slot is stored as owned by this node and is sent without being claimed.
pub trait Slots: Send + Sync + 'static {
    /// The present term of this node's lease.
    fn term(&self) -> LeaseTerm;
    /// Reserves a slot, if one is free.
    fn reserve(&self, slot: Slot) -> bool;
    /// Releases reserved slots whose deliveries were not stored.
    fn release(&self, reserved: &[Slot]);
}

/// The effects of one committed group.
#[derive(Debug, Default)]
pub struct Committed {
    /// Stored deliveries with a reserved slot. This node owns them and sends them now, if its lease is still in the term of the group.
    pub jobs: Vec<Job>,
    /// The term of this node's lease when the transaction of the group began.
    pub term: LeaseTerm,
    /// Stored results of attempts.
    pub recorded: Vec<Recorded>,
    /// Number of stored events, without duplicates.
    pub events: u64,
    /// Number of events that were duplicates of earlier ones.
    pub duplicates: u64,
    /// Whether deliveries became due that this node or another has to claim.
    pub has_pending: bool,
    /// Webhooks that results have disabled.
    pub disabled: Vec<DisabledWebhook>,
    /// Webhooks that this node considered failing although another node logged a success.
    pub health_unclear: Vec<WebhookId>,
}
