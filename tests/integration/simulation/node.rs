//! The nodes of a run.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use clearhook::{
    delivery::{BreakerSettings, DeliverySettings, Dispatcher, Running},
    domain::{id::NodeId, simulated::SimulatedNode, url::UrlPolicy},
    storage::{Store, simulated::SimulatedServer},
    vault::Vault,
};
use tokio::{
    runtime::{Builder, Runtime},
    time::Instant,
};

use super::{link::NodeLink, receivers::Observed, world::START};

/// The retries of every delivery. They last longer than the faults.
const SCHEDULE: &[&str] = &[
    "1s", "2s", "5s", "10s", "20s", "20s", "20s", "30s", "30s", "30s", "60s", "60s", "60s",
];

/// The attempts of a delivery that fails: the first, and the retries.
pub(super) const ATTEMPTS: usize = SCHEDULE.len() + 1;

/// A node of a run, running or not.
pub(super) struct Node {
    pub(super) id: NodeId,
    pub(super) link: NodeLink,
    pub(super) offset: i64,
    /// Counts starts.
    pub(super) start: u32,
    pub(super) process: Option<Process>,
    /// When it is started again.
    pub(super) start_at: Option<i64>,
    pub(super) repairs: Vec<(i64, Repair)>,
}

/// The end of a fault.
#[derive(Clone, Copy)]
pub(super) enum Repair {
    Connect,
    Hurry,
    KeepAnswers,
    KeepConnections,
}

/// The dispatcher of a node, and its tasks until they are told to stop.
type Started = (Dispatcher, Option<Running>);

/// A running node.
pub(super) struct Process {
    pub(super) runtime: Runtime,
    pub(super) store: Store,
    pub(super) state: Option<SimulatedNode>,
    /// The same moment by the clock of the runtime and by that of the run.
    pub(super) origin: (Instant, i64),
    pub(super) dispatcher: Arc<Mutex<Option<Started>>>,
    /// When a graceful stop began.
    pub(super) stopping: Option<i64>,
    pub(super) stopped: Arc<Mutex<bool>>,
}

impl Node {
    /// Starts it at this time.
    pub(super) fn start(&mut self, server: &SimulatedServer, vault: Vault, settings: DeliverySettings, seed: u64, now: i64) {
        self.start_at = None;
        self.start += 1;
        let store = Store::simulated(server, Arc::new(self.link.clone()), vault);
        let (id, runtime, dispatcher) = (self.id, runtime(), Arc::<Mutex<_>>::default());
        let (origin, state) = runtime.block_on(async { (Instant::now(), SimulatedNode::new(START + now, self.offset, seed)) });
        let (place, own) = (Arc::clone(&dispatcher), store.clone());
        runtime.spawn(async move {
            let (dispatcher, running) = Dispatcher::start(own, id, Arc::new(UrlPolicy::default()), settings).await.unwrap();
            *place.lock().unwrap() = Some((dispatcher, Some(running)));
        });
        self.process = Some(Process {
            runtime,
            store,
            state: Some(state),
            origin: (origin, now),
            dispatcher,
            stopping: None,
            stopped: Arc::default(),
        });
    }

    /// Ends the faults whose time is over.
    pub(super) fn end_faults(&mut self, now: i64) {
        for (_, repair) in self.repairs.extract_if(.., |(at, _)| *at <= now) {
            match repair {
                Repair::Connect => self.link.cut(false),
                Repair::Hurry => self.link.slow(Duration::ZERO),
                Repair::KeepAnswers => self.link.lose_answers(0),
                Repair::KeepConnections => self.link.reset(0),
            }
        }
    }

    pub(super) fn set_clock(&mut self, offset: i64) {
        self.offset = offset;
        if let Some(state) = self.process.as_mut().and_then(|process| process.state.as_mut()) {
            state.set_offset(offset);
        }
    }
}

impl Process {
    pub(super) fn dispatcher(&self) -> Option<Dispatcher> {
        let started = self.dispatcher.lock().unwrap();
        started.as_ref().map(|(dispatcher, _)| dispatcher.clone())
    }

    /// Stops it as SIGTERM does.
    pub(super) fn stop(&mut self, now: i64) {
        self.stopping = Some(now);
        let running = self.dispatcher.lock().unwrap().as_mut().and_then(|(_, running)| running.take());
        let stopped = Arc::clone(&self.stopped);
        self.runtime.spawn(async move {
            if let Some(running) = running {
                running.stop().await;
            }
            *stopped.lock().unwrap() = true;
        });
    }
}

pub(super) fn millis(millis: i64) -> Duration {
    Duration::from_millis(millis.try_into().unwrap_or(0))
}

pub(super) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

pub(super) fn settings(observed: &Observed, timeout: Duration) -> DeliverySettings {
    DeliverySettings {
        schedule: SCHEDULE.join(",").parse().unwrap(),
        timeout,
        body_timeout: Duration::from_millis(100),
        concurrency: 8,
        concurrency_per_webhook: 3,
        breaker: BreakerSettings {
            failures: 3,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(10),
        },
        trouble_pause: Duration::from_secs(1),
        patience: Duration::from_secs(9),
        receivers: Some(observed.receivers()),
        ..DeliverySettings::default()
    }
}
