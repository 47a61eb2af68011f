//! Counters of this node since its start, for metrics.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::domain::disabled::DisabledReason;

/// Upper bounds of the buckets of the duration histogram, in milliseconds.
const STEPS: [u64; 12] = [1, 2, 5, 10, 25, 50, 100, 250, 1_000, 2_500, 5_000, 15_000];

/// Monotonic counters.
#[derive(Default)]
pub(super) struct Counters {
    events: AtomicU64,
    duplicates: AtomicU64,
    succeeded: AtomicU64,
    failed: AtomicU64,
    durations: [AtomicU64; STEPS.len() + 1],
    duration_ms: AtomicU64,
    disabled_gone: AtomicU64,
    disabled_exhausted: AtomicU64,
}

/// A snapshot of the counters.
#[derive(Clone, Debug)]
pub struct Totals {
    /// Number of events stored.
    pub events: u64,
    /// Events that were duplicates of earlier ones.
    pub duplicates: u64,
    /// Callbacks that succeeded.
    pub succeeded: u64,
    /// Callbacks that failed.
    pub failed: u64,
    /// Number of callbacks in each bucket of durations, with the bucket's upper bound. The last bucket has none.
    pub durations: Vec<(Option<Duration>, u64)>,
    /// Sum of all durations.
    pub duration_sum: Duration,
    /// Number of webhooks that this node disabled, by reason.
    pub disabled: [(&'static str, u64); 2],
}

impl Counters {
    pub(super) fn published(&self, events: u64, duplicates: u64) {
        self.events.fetch_add(events, Ordering::Relaxed);
        self.duplicates.fetch_add(duplicates, Ordering::Relaxed);
    }

    pub(super) fn called(&self, works: bool, took_ms: u64) {
        let count = if works { &self.succeeded } else { &self.failed };
        count.fetch_add(1, Ordering::Relaxed);
        let step = STEPS.iter().position(|limit| took_ms <= *limit).unwrap_or(STEPS.len());
        if let Some(step) = self.durations.get(step) {
            step.fetch_add(1, Ordering::Relaxed);
        }
        self.duration_ms.fetch_add(took_ms, Ordering::Relaxed);
    }

    pub(super) fn disabled(&self, reason: DisabledReason) {
        let count = match reason {
            DisabledReason::Gone => &self.disabled_gone,
            DisabledReason::Exhausted { .. } => &self.disabled_exhausted,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn totals(&self) -> Totals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let limits = STEPS.iter().map(|limit| Some(Duration::from_millis(*limit))).chain([None]);
        Totals {
            events: read(&self.events),
            duplicates: read(&self.duplicates),
            succeeded: read(&self.succeeded),
            failed: read(&self.failed),
            durations: limits.zip(self.durations.iter().map(read)).collect(),
            duration_sum: Duration::from_millis(read(&self.duration_ms)),
            disabled: [("exhausted", read(&self.disabled_exhausted)), ("gone", read(&self.disabled_gone))],
        }
    }
}
