//! The loop: takes deliveries in, starts attempts in turn, renews leases, and ends cleanly.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc},
    task::{Id, JoinError, JoinSet},
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    dispatch::{
        DispatchSettings, LEASE,
        attempt::{Sender, Step},
        claim::Claimer,
        queues::Queues,
    },
    domain::{
        id::{DeliveryId, WebhookId},
        timestamp::Timestamp,
    },
    storage::queue::Job,
};

/// Time to record attempts after the last one could have ended.
const GRACE: Duration = Duration::from_secs(5);

/// What the loop holds.
pub(super) struct Loop {
    sender: Arc<Sender>,
    settings: DispatchSettings,
    queues: Queues,
    attempts: JoinSet<Step>,
    running: HashMap<Id, (WebhookId, DeliveryId)>,
    wake: Arc<Notify>,
    stop: CancellationToken,
}

impl Loop {
    pub(super) fn new(sender: Sender, settings: DispatchSettings, wake: Arc<Notify>, stop: CancellationToken) -> Self {
        let queues = Queues::new(settings.concurrency_per_webhook);
        Self {
            sender: Arc::new(sender),
            settings,
            queues,
            attempts: JoinSet::new(),
            running: HashMap::new(),
            wake,
            stop,
        }
    }

    /// Runs until it is stopped.
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Vec<Job>>, claimer: Claimer) {
        // What this node owned when it ended is its own to give back, without waiting for the lease.
        match self.sender.store.release_all(self.sender.node).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "took up {count} deliveries of the last run"),
            Err(error) => tracing::warn!(%error, "cannot take up deliveries of the last run before their leases end"),
        }
        let claimer = tokio::spawn(claimer.run());
        let mut renewal = interval_at(Instant::now() + LEASE / 3, LEASE / 3);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stop = self.stop.clone();
        loop {
            self.start_attempts();
            tokio::select! {
                () = stop.cancelled() => break,
                Some(jobs) = inbox.recv() => self.take(jobs),
                Some(ended) = self.attempts.join_next_with_id() => self.end(ended),
                _ = renewal.tick() => self.renew(),
            }
        }
        inbox.close();
        while let Some(jobs) = inbox.recv().await {
            self.take(jobs);
        }
        self.finish().await;
        if let Err(error) = claimer.await {
            tracing::error!(%error, "looking for due deliveries broke");
        }
    }

    fn start_attempts(&mut self) {
        while self.attempts.len() < self.settings.concurrency.max(1) {
            let Some(job) = self.queues.next() else { return };
            let (webhook, delivery, sender) = (job.webhook, job.delivery, self.sender.clone());
            let task = self.attempts.spawn(async move { sender.attempt(job).await });
            self.running.insert(task.id(), (webhook, delivery));
        }
    }

    fn take(&mut self, jobs: Vec<Job>) {
        let overflow: Vec<_> = jobs
            .into_iter()
            .filter_map(|job| self.queues.push(job))
            .map(|job| job.delivery)
            .collect();
        if !overflow.is_empty() {
            let sender = self.sender.clone();
            tokio::spawn(async move { sender.release(&overflow).await });
        }
    }

    fn end(&mut self, ended: Result<(Id, Step), JoinError>) {
        let (task, retry) = match ended {
            Ok((task, step)) => (task, step == Step::Retry),
            // The delivery's lease is not renewed any more: it will be claimed anew.
            Err(error) => {
                tracing::error!(%error, "an attempt broke");
                (error.id(), false)
            }
        };
        if let Some((webhook, delivery)) = self.running.remove(&task) {
            self.queues.done(webhook, delivery);
        }
        if retry {
            self.wake.notify_one();
        }
    }

    fn renew(&self) {
        let deliveries = self.queues.in_hand();
        if deliveries.is_empty() {
            return;
        }
        let sender = self.sender.clone();
        tokio::spawn(async move {
            if let Err(error) = sender.store.renew(sender.node, &deliveries, Timestamp::now().plus(LEASE)).await {
                tracing::warn!(%error, "cannot renew leases");
            }
        });
    }

    async fn finish(mut self) {
        let waiting = self.queues.drain();
        self.sender.release(&waiting).await;
        let last = self.settings.timeout + GRACE;
        let all = async { while self.attempts.join_next().await.is_some() {} };
        if timeout(last, all).await.is_err() {
            tracing::warn!("some attempts did not end in time; they will be made again");
        }
    }
}
