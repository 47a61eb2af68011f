//! Metrics of this node since its start.

use std::fmt;

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder},
    metrics::{MetricType, TypedMetric, counter::Counter, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::domain::disabled::DisabledReason;

/// Upper bounds of the buckets of the duration histogram, in seconds.
const BUCKETS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 5.0, 15.0];

/// Metrics of one name that differ in the value of one label. The values are few and known, so updating one needs no lookup.
#[derive(Clone, Debug)]
pub struct Labelled<M> {
    label: &'static str,
    values: Vec<(String, M)>,
}

impl<M> Labelled<M> {
    /// One metric for each value of the label.
    pub fn new(label: &'static str, values: impl IntoIterator<Item = (impl Into<String>, M)>) -> Self {
        let values = values.into_iter().map(|(value, metric)| (value.into(), metric)).collect();
        Self { label, values }
    }
}

impl<M: EncodeMetric + TypedMetric> EncodeMetric for Labelled<M> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        self.values
            .iter()
            .try_for_each(|(value, metric)| metric.encode(encoder.encode_family(&[(self.label, value.as_str())])?))
    }

    fn metric_type(&self) -> MetricType {
        M::TYPE
    }
}

/// Counters of published events, callbacks and disabled webhooks.
#[derive(Clone, Debug)]
pub struct Counters {
    events: Counter,
    duplicates: Counter,
    succeeded: Counter,
    failed: Counter,
    durations: Histogram,
    disabled_gone: Counter,
    disabled_exhausted: Counter,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            events: Counter::default(),
            duplicates: Counter::default(),
            succeeded: Counter::default(),
            failed: Counter::default(),
            durations: Histogram::new(BUCKETS),
            disabled_gone: Counter::default(),
            disabled_exhausted: Counter::default(),
        }
    }
}

impl Counters {
    /// Number of callbacks that succeeded.
    pub fn succeeded(&self) -> u64 {
        self.succeeded.get()
    }

    /// Number of callbacks, whatever their outcome.
    pub fn callbacks(&self) -> u64 {
        self.succeeded.get() + self.failed.get()
    }

    /// Adds the counters to the metrics of a response.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("events_accepted", "Events stored", self.events.clone());
        registry.register(
            "events_duplicate",
            "Published events that were recognised as duplicates",
            self.duplicates.clone(),
        );
        let outcomes = [("succeeded", self.succeeded.clone()), ("failed", self.failed.clone())];
        registry.register(
            "callbacks",
            "Callbacks sent by this node, by outcome",
            Labelled::new("outcome", outcomes),
        );
        registry.register_with_unit(
            "callback_duration",
            "Duration of callbacks, from the start of the attempt to the end of the response headers",
            Unit::Seconds,
            self.durations.clone(),
        );
        let reasons = [("exhausted", self.disabled_exhausted.clone()), ("gone", self.disabled_gone.clone())];
        registry.register(
            "webhooks_disabled",
            "Webhooks that were disabled automatically because of results of this node, by reason",
            Labelled::new("reason", reasons),
        );
    }

    /// Counts stored events and duplicates.
    pub(super) fn published(&self, events: u64, duplicates: u64) {
        self.events.inc_by(events);
        self.duplicates.inc_by(duplicates);
    }

    /// Counts a finished attempt.
    pub(super) fn called(&self, succeeded: bool, took_ms: u32) {
        let count = if succeeded { &self.succeeded } else { &self.failed };
        count.inc();
        self.durations.observe(f64::from(took_ms) / 1_000.0);
    }

    /// Counts a webhook that this node disabled.
    pub(super) fn disabled(&self, reason: DisabledReason) {
        let count = match reason {
            DisabledReason::Gone => &self.disabled_gone,
            DisabledReason::Exhausted { .. } => &self.disabled_exhausted,
        };
        count.inc();
    }
}
