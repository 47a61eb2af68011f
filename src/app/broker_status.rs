//! The state of the connections to brokers, for metrics. Written by the consumers, read by `/metrics`.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::{delivery::Labelled, sync::locked};

/// How often at most a trouble of a broker is logged that many messages may have at the same time.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// The brokers of this node.
#[derive(Debug, Default)]
pub struct Brokers(Mutex<Vec<Arc<BrokerStatus>>>);

/// The state of one broker.
#[derive(Debug)]
pub struct BrokerStatus {
    name: &'static str,
    connected: Gauge,
    waiting: Gauge,
    in_progress: Gauge,
    accepted: Counter,
    duplicate: Counter,
    rejected: Counter,
    failed_connections: Counter,
    logged: Mutex<Option<Instant>>,
}

impl Brokers {
    /// Adds a broker. `name` is the label in metrics.
    pub fn add(&self, name: &'static str) -> Arc<BrokerStatus> {
        let status = Arc::new(BrokerStatus {
            name,
            connected: Gauge::default(),
            waiting: Gauge::default(),
            in_progress: Gauge::default(),
            accepted: Counter::default(),
            duplicate: Counter::default(),
            rejected: Counter::default(),
            failed_connections: Counter::default(),
            logged: Mutex::default(),
        });
        locked(&self.0).push(status.clone());
        status
    }

    /// Adds the metrics of all brokers to a response. Without brokers there are none.
    pub fn register(&self, registry: &mut Registry) {
        let all = locked(&self.0).clone();
        if all.is_empty() {
            return;
        }
        let gauges = [
            (
                "broker_connected",
                "Whether this node is connected to the broker",
                of(&all, |status| status.connected.clone()),
            ),
            (
                "broker_messages_waiting",
                "Messages that the broker holds for clearhook and that are not acknowledged yet",
                of(&all, |status| status.waiting.clone()),
            ),
            (
                "broker_messages_in_progress",
                "Messages that this node took from the broker and has not acknowledged yet",
                of(&all, |status| status.in_progress.clone()),
            ),
        ];
        for (name, help, metrics) in gauges {
            registry.register(name, help, Labelled::new("broker", metrics));
        }
        let counters = [
            (
                "broker_messages_accepted",
                "Messages of the broker whose events this node stored",
                of(&all, |status| status.accepted.clone()),
            ),
            (
                "broker_messages_duplicate",
                "Messages of the broker whose events were all stored before",
                of(&all, |status| status.duplicate.clone()),
            ),
            (
                "broker_messages_rejected",
                "Invalid messages that this node moved to the broker's place for rejected messages",
                of(&all, |status| status.rejected.clone()),
            ),
            (
                "broker_connection_failures",
                "Failed attempts to connect to the broker, and connections that were lost",
                of(&all, |status| status.failed_connections.clone()),
            ),
        ];
        for (name, help, metrics) in counters {
            registry.register(name, help, Labelled::new("broker", metrics));
        }
    }
}

fn of<M>(all: &[Arc<BrokerStatus>], metric: impl Fn(&BrokerStatus) -> M) -> Vec<(&'static str, M)> {
    all.iter().map(|status| (status.name, metric(status))).collect()
}

impl BrokerStatus {
    /// Notes that the node is connected, or that it is not.
    pub fn set_connected(&self, is_connected: bool) {
        self.connected.set(i64::from(is_connected));
    }

    /// Notes how many messages the broker holds.
    pub fn set_waiting(&self, messages: u64) {
        self.waiting.set(i64::try_from(messages).unwrap_or(i64::MAX));
    }

    /// Counts a failed attempt to connect, or a lost connection.
    pub fn count_failure(&self) {
        self.failed_connections.inc();
    }

    /// Counts a message as in progress while the returned value lives.
    pub fn begin(self: &Arc<Self>) -> InProgress {
        self.in_progress.inc();
        InProgress(self.clone())
    }

    /// Counts a message whose events were stored.
    pub fn count_accepted(&self, is_duplicate: bool) {
        let count = if is_duplicate { &self.duplicate } else { &self.accepted };
        count.inc();
    }

    /// Counts a message that was moved to the rejected ones, and returns the number of all since the start.
    pub fn count_rejected(&self) -> u64 {
        self.rejected.inc() + 1
    }

    /// Whether a trouble may be logged now: when the last one was logged long enough ago.
    pub fn may_log(&self) -> bool {
        let mut logged = locked(&self.logged);
        let may = logged.is_none_or(|at| at.elapsed() >= LOG_INTERVAL);
        if may {
            *logged = Some(Instant::now());
        }
        may
    }
}

/// A message in progress.
#[derive(Debug)]
pub struct InProgress(Arc<BrokerStatus>);

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.in_progress.dec();
    }
}
