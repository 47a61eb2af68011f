//! Stores a group in one transaction.

use crate::{
    domain::{id::NodeId, timestamp::Timestamp},
    storage::{
        StoreError,
        deliveries::Job,
        executor::Executor,
        journal::{
            committed::{Committed, LeaseTerm, Slot, Slots},
            entry::{Accepted, Publish},
            finished::Finished,
            publish::Publishing,
            results::{self, Effects},
            subscriptions::Subscriptions,
        },
    },
};

/// The effects of a transaction, to be reported after the commit.
pub(super) struct StoredGroup {
    answers: Vec<Vec<Accepted>>,
    jobs: Vec<Job>,
    term: LeaseTerm,
    overflow: bool,
    effects: Effects,
}

impl StoredGroup {
    /// The number of published events.
    pub(super) fn events(&self) -> usize {
        self.answers.iter().map(Vec::len).sum()
    }

    /// The number of their deliveries.
    pub(super) fn deliveries(&self) -> usize {
        let deliveries: u64 = self.answers.iter().flatten().map(|accepted| accepted.deliveries).sum();
        usize::try_from(deliveries).unwrap_or(usize::MAX)
    }

    /// The message to the dispatcher, and the answers to the publish requests in their order.
    pub(super) fn into_parts(self) -> (Committed, Vec<Vec<Accepted>>) {
        let events = self.events();
        let duplicates = self.answers.iter().flatten().filter(|accepted| accepted.duplicate).count();
        let committed = Committed {
            jobs: self.jobs,
            term: self.term,
            recorded: self.effects.recorded,
            events: (events - duplicates) as u64,
            duplicates: duplicates as u64,
            has_pending: self.overflow || self.effects.promoted,
            disabled: self.effects.health.disabled,
            health_unclear: self.effects.health.unclear,
        };
        (committed, self.answers)
    }
}

/// The context of a group transaction.
pub(super) struct GroupTransaction<'a> {
    pub(super) node: NodeId,
    /// The time of this machine.
    pub(super) received: Timestamp,
    /// The time by the clock by which deliveries are due.
    pub(super) now: Timestamp,
    pub(super) slots: &'a dyn Slots,
    pub(super) reserved: &'a mut Vec<Slot>,
}

impl GroupTransaction<'_> {
    pub(super) async fn store(
        self,
        transaction: &impl Executor,
        subscriptions: &mut Subscriptions,
        publishes: &[Publish],
        results: &[Finished],
    ) -> Result<StoredGroup, StoreError> {
        // Read before the first slot is reserved: if the lease is lost and acquired again during the transaction, the term is an earlier one.
        let term = self.slots.term();
        let effects = results::record(transaction, self.node, results, self.now).await?;
        let mut publishing = Publishing {
            transaction,
            node: self.node,
            received: self.received,
            now: self.now,
            slots: self.slots,
            reserved: self.reserved,
            jobs: Vec::new(),
            overflow: false,
        };
        let answers = if publishes.is_empty() {
            Vec::new()
        } else {
            let types = publishes
                .iter()
                .flat_map(|publish| &publish.events)
                .map(|(_, event)| &event.event_type);
            subscriptions.refresh(transaction, types).await?;
            publishing.store(publishes, subscriptions).await?
        };
        let Publishing { jobs, overflow, .. } = publishing;
        Ok(StoredGroup {
            answers,
            jobs,
            term,
            overflow,
            effects,
        })
    }
}
