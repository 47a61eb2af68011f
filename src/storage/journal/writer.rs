//! The task that writes: takes what waits, stores it in one transaction, answers.

use std::{
    sync::{Arc, Weak},
    thread,
    time::{Duration, Instant},
};

use tokio::{
    runtime::Handle,
    sync::{Mutex, Semaphore, mpsc, oneshot},
};

use crate::{
    domain::{
        id::{DeliveryId, NodeId, WebhookId},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        direct::Direct,
        journal::{
            Accepted, Entry, Finished, Intake, Next, Publish, Recorded,
            publish::Publishing,
            results::{self, Effects},
            subscriptions::Subscriptions,
        },
        queue::Job,
        sql::Sql,
    },
};

/// Entries of one transaction.
const GROUP: usize = 512;
/// Groups begin no closer to each other: under load each is worth its commit, and who comes after a silence waits for nothing.
const PACE: Duration = Duration::from_millis(1);
/// Longest wait before results are written again.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) struct Writer {
    pub(super) store: Store,
    pub(super) node: NodeId,
    intake: Weak<dyn Intake>,
    subscriptions: Subscriptions,
    /// SQLite's file, once it is open.
    direct: Option<Direct>,
}

/// A way into the database, on which one or more writers work.
pub(super) struct Way {
    entries: Mutex<mpsc::UnboundedReceiver<Entry>>,
    /// A permit for each writer, held while it writes.
    writing: Semaphore,
    writers: u32,
}

impl Way {
    pub(super) fn new(entries: mpsc::UnboundedReceiver<Entry>, writers: u32) -> Arc<Self> {
        Arc::new(Self {
            entries: Mutex::new(entries),
            writing: Semaphore::new(writers as usize),
            writers,
        })
    }

    /// Answers those who wait until everything before them is stored: other writers may still be at it.
    async fn flushed(&self, flushes: Vec<oneshot::Sender<()>>) {
        if flushes.is_empty() || self.writing.acquire_many(self.writers).await.is_err() {
            return;
        }
        for flush in flushes {
            // Who waited may be gone.
            let _ = flush.send(());
        }
    }
}

/// Entries of one transaction, by kind.
#[derive(Default)]
struct Group {
    publishes: Vec<Publish>,
    results: Vec<Finished>,
    flushes: Vec<oneshot::Sender<()>>,
}

/// What a transaction did that others are told of once it is durable.
struct Done {
    answers: Vec<Vec<Accepted>>,
    jobs: Vec<Job>,
    overflow: bool,
    effects: Effects,
}

impl Writer {
    pub(super) fn new(store: Store, node: NodeId, intake: Weak<dyn Intake>) -> Self {
        Self {
            store,
            node,
            intake,
            subscriptions: Subscriptions::default(),
            direct: None,
        }
    }

    /// Writes until nobody can give it anything more. On SQLite it works on a thread of its own, since it waits there for the disk.
    pub(super) fn start(self, way: Arc<Way>) {
        let runtime = Handle::current();
        if self.store.is_shared() {
            runtime.spawn(self.run(way));
            return;
        }
        let thread = thread::Builder::new().name("journal".to_owned());
        if let Err(error) = thread.spawn(move || runtime.block_on(self.run(way))) {
            tracing::error!(%error, "the system gives no thread to the journal: nothing can be stored until clearhook is started again");
        }
    }

    async fn run(mut self, way: Arc<Way>) {
        let (mut buffer, mut began) = (Vec::with_capacity(GROUP), Instant::now());
        loop {
            let mut entries = way.entries.lock().await;
            if entries.recv_many(&mut buffer, GROUP).await == 0 {
                return;
            }
            self.keep_pace(began).await;
            while buffer.len() < GROUP
                && let Ok(entry) = entries.try_recv()
            {
                buffer.push(entry);
            }
            began = Instant::now();
            let Ok(writing) = way.writing.acquire().await else { return };
            drop(entries);
            let (mut group, mut places) = (Group::default(), Vec::new());
            for entry in buffer.drain(..) {
                match entry {
                    Entry::Publish(publish) => group.publishes.push(publish),
                    Entry::Result(finished, place) => {
                        group.results.push(*finished);
                        places.push(place);
                    }
                    Entry::Flush(done) => group.flushes.push(done),
                }
            }
            let flushes = self.write(group).await;
            drop(writing);
            way.flushed(flushes).await;
        }
    }

    async fn keep_pace(&self, began: Instant) {
        let early = PACE.saturating_sub(began.elapsed());
        if early.is_zero() {
            return;
        }
        if self.store.is_shared() {
            tokio::time::sleep(early).await;
        } else {
            // The thread is the journal's own, and the runtime's timer would be too coarse.
            thread::sleep(early);
        }
    }

    /// Stores a group. What cannot be stored together is tried one by one, so that one bad entry harms itself only.
    async fn write(&mut self, group: Group) -> Vec<oneshot::Sender<()>> {
        let Some(intake) = self.intake.upgrade() else {
            return Vec::new();
        };
        let Group {
            publishes,
            results,
            flushes,
        } = group;
        match self.store_group(&*intake, &publishes, &results).await {
            Ok(done) => tell(&*intake, publishes, done),
            Err(error) if publishes.len() + results.len() == 1 => self.one_failed(&intake, publishes, results, error).await,
            Err(error) => {
                tracing::warn!(%error, "a group of {} publishes and {} results cannot be stored together", publishes.len(), results.len());
                for publish in publishes {
                    match self.store_group(&*intake, std::slice::from_ref(&publish), &[]).await {
                        Ok(done) => tell(&*intake, vec![publish], done),
                        Err(error) => refuse(publish, error),
                    }
                }
                self.record_each(&intake, results).await;
            }
        }
        flushes
    }

    async fn one_failed(&mut self, intake: &Arc<dyn Intake>, publishes: Vec<Publish>, results: Vec<Finished>, error: StoreError) {
        if let Some(publish) = publishes.into_iter().next() {
            refuse(publish, error);
        } else {
            tracing::warn!(%error, "a result cannot be stored; trying again");
            self.record_each(intake, results).await;
        }
    }

    /// Results are never given up while the database fails: the callbacks were made. One that the database refuses for its own sake is.
    async fn record_each(&mut self, intake: &Arc<dyn Intake>, results: Vec<Finished>) {
        let mut pause = Duration::from_millis(20);
        let mut left = results;
        let mut one_by_one = false;
        while !left.is_empty() {
            let count = if one_by_one { 1 } else { left.len() };
            let rest = left.split_off(count);
            match self.store_group(&**intake, &[], &left).await {
                Ok(done) => {
                    tell(&**intake, Vec::new(), done);
                    left = rest;
                    pause = Duration::from_millis(20);
                }
                Err(error) if error.is_refusal() && left.len() > 1 => {
                    one_by_one = true;
                    left.extend(rest);
                }
                Err(error) if error.is_refusal() => {
                    tracing::error!(%error, "the database refuses a result; its delivery is set aside");
                    left = set_aside(&**intake, left, &error).into_iter().chain(rest).collect();
                }
                Err(error) => {
                    tracing::warn!(%error, "{} results cannot be stored; trying again", left.len() + rest.len());
                    left.extend(rest);
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PATIENCE);
                }
            }
        }
    }

    async fn store_group(&mut self, intake: &dyn Intake, publishes: &[Publish], results: &[Finished]) -> Result<Done, StoreError> {
        let now = Timestamp::now();
        let mut reserved = Vec::new();
        let stored = self.try_store_group(intake, publishes, results, now, &mut reserved).await;
        if stored.is_err() {
            intake.give_up(&reserved);
        }
        stored
    }

    async fn try_store_group(
        &mut self,
        intake: &dyn Intake,
        publishes: &[Publish],
        results: &[Finished],
        now: Timestamp,
        reserved: &mut Vec<(WebhookId, DeliveryId)>,
    ) -> Result<Done, StoreError> {
        if self.direct.is_none() {
            self.direct = self.store.direct()?;
        }
        let group = Inside {
            node: self.node,
            now,
            intake,
            reserved,
        };
        let done = match &self.direct {
            Some(direct) => {
                let _turn = self.store.write.turn().await;
                let transaction = direct.begin()?;
                let done = group.store(&transaction, &mut self.subscriptions, publishes, results).await?;
                transaction.commit()?;
                done
            }
            None => {
                let transaction = self.store.begin().await?;
                let done = group.store(&transaction, &mut self.subscriptions, publishes, results).await?;
                transaction.commit().await?;
                done
            }
        };
        let events: usize = publishes.iter().map(|publish| publish.events.len()).sum();
        self.store.count_commit(events + results.len());
        Ok(done)
    }
}

/// What is stored inside one transaction.
struct Inside<'a> {
    node: NodeId,
    now: Timestamp,
    intake: &'a dyn Intake,
    reserved: &'a mut Vec<(WebhookId, DeliveryId)>,
}

impl Inside<'_> {
    async fn store(
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

fn tell(intake: &dyn Intake, publishes: Vec<Publish>, done: Done) {
    let duplicates = done.answers.iter().flatten().filter(|accepted| accepted.duplicate).count();
    let all = done.answers.iter().map(Vec::len).sum::<usize>();
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
    for webhook in done.effects.disabled {
        intake.disabled(webhook);
    }
    for webhook in done.effects.unclear {
        intake.health_unclear(webhook);
    }
    for (publish, answer) in publishes.into_iter().zip(done.answers) {
        // The publisher may have hung up; its events are stored all the same.
        let _ = publish.answer.send(Ok(answer));
    }
}

fn refuse(publish: Publish, error: StoreError) {
    let _ = publish.answer.send(Err(error));
}

/// What is left of results that the database refuses: that their deliveries failed, and why. The second time, nothing.
fn set_aside(intake: &dyn Intake, refused: Vec<Finished>, error: &StoreError) -> Vec<Finished> {
    let (again, gone): (Vec<_>, Vec<_>) = refused.into_iter().partition(|finished| finished.callback.is_some());
    let recorded = gone.into_iter().map(|finished| Recorded {
        delivery: finished.job.delivery,
        again_at: None,
    });
    intake.recorded(recorded.collect());
    let without_callback = |finished: Finished| Finished {
        callback: None,
        next: Next::Failed(format!("The callback was made, but the database refused to log it: {error}.")),
        ..finished
    };
    again.into_iter().map(without_callback).collect()
}
