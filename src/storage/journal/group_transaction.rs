//! Stores a group in one transaction, and reports its effects after the commit.

use crate::{
    domain::{id::NodeId, timestamp::Timestamp},
    storage::{
        StoreError,
        deliveries::Job,
        executor::Sql,
        journal::{
            Accepted, Finished, Intake, Place, Publish,
            publish::Publishing,
            results::{self, Effects},
            subscriptions::Subscriptions,
        },
    },
};

/// The effects of a transaction, to be reported after the commit.
pub(super) struct Done {
    answers: Vec<Vec<Accepted>>,
    jobs: Vec<Job>,
    overflow: bool,
    effects: Effects,
}

impl Done {
    /// The number of published events.
    pub(super) fn events(&self) -> usize {
        self.answers.iter().map(Vec::len).sum()
    }

    /// The number of their deliveries.
    pub(super) fn deliveries(&self) -> usize {
        let deliveries: u64 = self.answers.iter().flatten().map(|accepted| accepted.deliveries).sum();
        usize::try_from(deliveries).unwrap_or(usize::MAX)
    }
}

/// The context of a group transaction.
pub(super) struct Inside<'a> {
    pub(super) node: NodeId,
    pub(super) now: Timestamp,
    pub(super) intake: &'a dyn Intake,
    pub(super) reserved: &'a mut Vec<Place>,
}

impl Inside<'_> {
    pub(super) async fn store(
        self,
        transaction: &impl Sql,
        subscriptions: &mut Subscriptions,
        publishes: &[Publish],
        results: &[Finished],
    ) -> Result<Done, StoreError> {
        let effects = results::record(transaction, self.node, results, self.now).await?;
        let mut publishing = Publishing {
            transaction,
            node: self.node,
            now: self.now,
            intake: self.intake,
            reserved: self.reserved,
            jobs: Vec::new(),
            overflow: false,
        };
        let answers = if publishes.is_empty() {
            Vec::new()
        } else {
            subscriptions.refresh(transaction).await?;
            publishing.store(publishes, subscriptions).await?
        };
        let Publishing { jobs, overflow, .. } = publishing;
        Ok(Done {
            answers,
            jobs,
            overflow,
            effects,
        })
    }
}

/// Reports the effects of a committed transaction to the dispatcher and the publishers.
pub(super) fn tell(intake: &dyn Intake, publishes: Vec<Publish>, done: Done) {
    let duplicates = done.answers.iter().flatten().filter(|accepted| accepted.duplicate).count();
    let all = done.events();
    if all > 0 {
        intake.published((all - duplicates) as u64, duplicates as u64);
    }
    if !done.jobs.is_empty() {
        intake.take(done.jobs);
    }
    if !done.effects.recorded.is_empty() {
        intake.recorded(done.effects.recorded);
    }
    if done.overflow || done.effects.promoted {
        intake.pending();
    }
    for disabled in done.effects.health.disabled {
        intake.disabled(disabled);
    }
    for webhook in done.effects.health.unclear {
        intake.health_unclear(webhook);
    }
    for (publish, answer) in publishes.into_iter().zip(done.answers) {
        // The publisher may have disconnected. Its events are stored anyway.
        let _ = publish.answer.send(Ok(answer));
    }
}
