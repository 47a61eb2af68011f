//! Takes messages from a broker and publishes their events.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    app::{
        AppState,
        broker_status::{BrokerStatus, InProgress},
    },
    auth::principal::Principal,
    broker::adapter::{Broker, BrokerError, EXCHANGE, IN_PROGRESS_MAX, Received, Session},
    services::events::message::{Message, MessageError, Rejection, publish},
};

/// The first pause before connecting again. Each further one is twice as long.
const RECONNECT_PAUSE: Duration = Duration::from_millis(250);
const RECONNECT_PAUSE_MAX: Duration = Duration::from_secs(10);
/// A connection that lasted so long was a good one: the next pause is the first one again.
const GOOD: Duration = Duration::from_secs(10);

/// The first pause before a message is tried again. Each further one is twice as long.
const RETRY_PAUSE: Duration = Duration::from_millis(50);
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(2);
/// After so many faults of clearhook with one message, it is rejected, so that it does not occupy a place forever.
const FAULTS_MAX: u32 = 3;

/// How often the broker is asked how many messages wait.
const WAITING_INTERVAL: Duration = Duration::from_secs(5);

/// The consumer of one broker.
pub(super) struct Consumer<B> {
    app: AppState,
    broker: B,
    status: Arc<BrokerStatus>,
    stop: CancellationToken,
}

impl<B: Broker> Consumer<B> {
    pub(super) fn new(app: &AppState, broker: B, stop: &CancellationToken) -> Self {
        Self {
            app: app.clone(),
            broker,
            status: app.brokers.add(B::NAME),
            stop: stop.clone(),
        }
    }

    /// Runs until `stop` is cancelled. Connects again when the connection is lost.
    pub(super) async fn run(self) {
        let mut pause = RECONNECT_PAUSE;
        while !self.stop.is_cancelled() {
            let began = Instant::now();
            // A panic, which would be a fault of the code, must not end the input.
            let ended = AssertUnwindSafe(self.session()).catch_unwind().await;
            self.status.set_connected(false);
            if self.stop.is_cancelled() {
                break;
            }
            let why = match ended {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error.to_string(),
                Err(_) => "fault in clearhook: the consumer panicked".to_owned(),
            };
            self.status.count_failure();
            if began.elapsed() >= GOOD {
                pause = RECONNECT_PAUSE;
            }
            tracing::warn!(
                broker = B::NAME,
                "{}: {why}; connecting again in {} ms",
                B::TITLE,
                pause.as_millis()
            );
            if self.stop.run_until_cancelled(sleep(pause)).await.is_none() {
                break;
            }
            pause = (pause * 2).min(RECONNECT_PAUSE_MAX);
        }
    }

    /// Connects and consumes until the connection is lost or `stop` is cancelled.
    async fn session(&self) -> Result<(), BrokerError> {
        let Some(connected) = self.stop.run_until_cancelled(self.broker.connect()).await else {
            return Ok(());
        };
        let mut session = connected?;
        self.status.set_connected(true);
        tracing::info!(broker = B::NAME, "{}: connected to {}", B::TITLE, self.broker.servers());
        for _ in 0..session.rejected_before() {
            self.status.count_rejected();
            tracing::warn!(broker = B::NAME, "{}: a message was rejected: its headers cannot be read", B::TITLE);
        }
        let tasks = Tasks::new(self, &self.stop);
        let ended = tasks.feed(&mut session, &self.stop).await;
        self.status.set_connected(false);
        tasks.finish().await;
        if self.stop.is_cancelled() {
            tracing::info!(
                broker = B::NAME,
                "{}: no more messages are taken; those in progress are finished",
                B::TITLE
            );
        }
        // An unreachable broker must not delay the end.
        let _ = timeout(EXCHANGE, session.close()).await;
        ended
    }
}

/// The messages in progress of one connection.
struct Tasks {
    app: AppState,
    title: &'static str,
    name: &'static str,
    by: Principal,
    status: Arc<BrokerStatus>,
    tracker: TaskTracker,
    slots: Arc<Semaphore>,
    count: Arc<AtomicU64>,
    /// Cancelled when messages that cannot be stored at present are given up. The broker delivers them again.
    give_up: CancellationToken,
}

impl Tasks {
    fn new<B: Broker>(consumer: &Consumer<B>, stop: &CancellationToken) -> Self {
        Self {
            app: consumer.app.clone(),
            title: B::TITLE,
            name: B::NAME,
            by: Principal::Broker(B::TITLE),
            status: consumer.status.clone(),
            tracker: TaskTracker::new(),
            slots: Arc::new(Semaphore::new(IN_PROGRESS_MAX)),
            count: Arc::default(),
            give_up: stop.child_token(),
        }
    }

    /// Starts a task for each message. While all slots are occupied, nothing is taken from the broker.
    async fn feed<S: Session>(&self, session: &mut S, stop: &CancellationToken) -> Result<(), BrokerError> {
        let mut ask = interval(WAITING_INTERVAL);
        ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut slot = None;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                _ = ask.tick() => {
                    let waiting = session.waiting(self.count.load(Ordering::Relaxed));
                    let waiting = timeout(EXCHANGE, waiting).await.map_err(|_| BrokerError("the broker does not answer".to_owned()))?;
                    self.status.set_waiting(waiting?);
                }
                free = self.slots.clone().acquire_owned(), if slot.is_none() => slot = free.ok(),
                received = session.next(), if slot.is_some() => {
                    let received = received?;
                    if let Some(slot) = slot.take() {
                        self.start(received, slot);
                    }
                }
            }
        }
    }

    fn start(&self, received: impl Received, slot: OwnedSemaphorePermit) {
        self.count.fetch_add(1, Ordering::Relaxed);
        let (count, counted) = (self.count.clone(), self.status.begin());
        let task = Task {
            app: self.app.clone(),
            title: self.title,
            name: self.name,
            by: self.by.clone(),
            status: self.status.clone(),
            give_up: self.give_up.clone(),
            received,
            _counted: counted,
        };
        self.tracker.spawn(async move {
            task.run().await;
            count.fetch_sub(1, Ordering::Relaxed);
            drop(slot);
        });
    }

    /// Waits until the messages in progress are stored and acknowledged, or given up because that is not possible at present.
    async fn finish(&self) {
        self.give_up.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

/// The processing of one message.
struct Task<R> {
    app: AppState,
    title: &'static str,
    name: &'static str,
    by: Principal,
    status: Arc<BrokerStatus>,
    give_up: CancellationToken,
    received: R,
    _counted: InProgress,
}

/// What happens to a message.
enum Verdict {
    /// Its events are stored. Whether all were stored before.
    Stored { is_duplicate: bool },
    /// It is invalid.
    Rejected(Rejection),
    /// It could not be stored, and the broker delivers it again.
    GivenUp,
}

impl<R: Received> Task<R> {
    async fn run(&self) {
        match self.verdict(&self.received.message()).await {
            Verdict::Stored { is_duplicate } => {
                self.status.count_accepted(is_duplicate);
                self.acknowledge().await;
            }
            Verdict::Rejected(rejection) => {
                if self.store_rejected(&rejection).await {
                    let count = self.status.count_rejected();
                    if self.status.may_log() {
                        tracing::warn!(
                            broker = self.name,
                            code = rejection.code,
                            "{}: a message was rejected, of {count} since the start: {}",
                            self.title,
                            rejection.reason
                        );
                    }
                    self.acknowledge().await;
                }
            }
            Verdict::GivenUp => {}
        }
    }

    /// Stores the events, however often it has to be tried.
    async fn verdict(&self, message: &Message) -> Verdict {
        let (mut pause, mut faults) = (RETRY_PAUSE, 0);
        loop {
            let stored = AssertUnwindSafe(publish(&self.app, &self.by, message)).catch_unwind().await;
            let why = match stored {
                Ok(Ok(events)) => {
                    let is_duplicate = !events.is_empty() && events.iter().all(|event| event.duplicate);
                    return Verdict::Stored { is_duplicate };
                }
                Ok(Err(MessageError::Rejected(rejection))) => return Verdict::Rejected(rejection),
                Ok(Err(MessageError::Later(error))) => error.to_string(),
                Ok(Err(error @ MessageError::Fault(_))) => {
                    faults += 1;
                    error.to_string()
                }
                Err(_) => {
                    faults += 1;
                    "fault in clearhook: the code panicked".to_owned()
                }
            };
            if faults >= FAULTS_MAX {
                return Verdict::Rejected(Rejection::new("internal", &format!("clearhook tried it {FAULTS_MAX} times: {why}")));
            }
            self.complain("a message cannot be stored", &why);
            if self.give_up.run_until_cancelled(sleep(pause)).await.is_none() {
                return Verdict::GivenUp;
            }
            pause = (pause * 2).min(RETRY_PAUSE_MAX);
        }
    }

    /// Stores the copy, however often it has to be tried. Returns false if it was given up.
    async fn store_rejected(&self, rejection: &Rejection) -> bool {
        let mut pause = RETRY_PAUSE;
        loop {
            match timeout(EXCHANGE, self.received.store_rejected(rejection)).await {
                Ok(Ok(())) => return true,
                Ok(Err(error)) => self.complain("an invalid message cannot be moved to the rejected ones", &error.to_string()),
                Err(_) => self.complain(
                    "an invalid message cannot be moved to the rejected ones",
                    "the broker does not answer",
                ),
            }
            if self.give_up.run_until_cancelled(sleep(pause)).await.is_none() {
                return false;
            }
            pause = (pause * 2).min(RETRY_PAUSE_MAX);
        }
    }

    /// Acknowledges the message. If that fails, it is delivered again, and its events are recognised as duplicates.
    async fn acknowledge(&self) {
        match timeout(EXCHANGE, self.received.acknowledge()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(broker = self.name, "{}: a message was not acknowledged: {error}", self.title),
            Err(_) => tracing::debug!(broker = self.name, "{}: a message was not acknowledged in time", self.title),
        }
    }

    /// Logs why a message has to wait; at most one of many that wait for the same reason.
    fn complain(&self, what: &str, why: &str) {
        if self.status.may_log() {
            tracing::warn!(broker = self.name, "{}: {what}: {why}; it is tried again", self.title);
        }
    }
}
