//! What could not be sent: counters, and one line in the log per minute at most.

use std::{
    fmt,
    sync::Mutex,
    time::{Duration, Instant},
};

use prometheus_client::metrics::counter::Counter;

use crate::sync::locked;

/// How often at most it is logged that something is lost.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// A kind of telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Spans.
    Traces,
    /// Metrics.
    Metrics,
    /// Log lines.
    Logs,
}

impl Signal {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Counts spans, log lines and metrics that were not sent: the queue was full, or the collector did not take them.
#[derive(Debug, Default)]
pub(super) struct Losses {
    traces: Counter,
    metrics: Counter,
    logs: Counter,
    logged: Mutex<Option<Instant>>,
    /// Why the last request failed.
    reason: Mutex<Option<String>>,
}

impl Losses {
    fn counter(&self, signal: Signal) -> &Counter {
        match signal {
            Signal::Traces => &self.traces,
            Signal::Metrics => &self.metrics,
            Signal::Logs => &self.logs,
        }
    }

    /// The counters, by the name of the signal.
    pub(super) fn counters(&self) -> [(&'static str, Counter); 3] {
        [Signal::Logs, Signal::Metrics, Signal::Traces].map(|signal| (signal.as_str(), self.counter(signal).clone()))
    }

    /// Counts lost items. The caller logs it by [`Losses::complain`].
    pub(super) fn count(&self, signal: Signal, items: usize) {
        self.counter(signal).inc_by(u64::try_from(items).unwrap_or(u64::MAX));
    }

    /// The number of lost items since the start.
    pub(super) fn of(&self, signal: Signal) -> u64 {
        self.counter(signal).get()
    }

    /// Notes why a request to the collector failed.
    pub(super) fn note(&self, reason: String) {
        *locked(&self.reason) = Some(reason);
    }

    /// Logs that telemetry is lost, unless that was logged in the last minute.
    pub(super) fn complain(&self, signal: Signal, otherwise: &str) {
        {
            let mut logged = locked(&self.logged);
            if logged.is_some_and(|at| at.elapsed() < LOG_INTERVAL) {
                return;
            }
            *logged = Some(Instant::now());
        }
        let reason = locked(&self.reason).take().unwrap_or_else(|| otherwise.to_owned());
        let (traces, metrics, logs) = (self.traces.get(), self.metrics.get(), self.logs.get());
        tracing::warn!(
            traces,
            metrics,
            logs,
            "OpenTelemetry: {signal} cannot be sent: {reason}; lost since the start: {traces} spans, {metrics} metrics, {logs} log lines; check the collector \
             and OTEL_EXPORTER_OTLP_ENDPOINT (events and callbacks are not affected)"
        );
    }
}
