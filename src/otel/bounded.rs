//! Limits the spans and log lines that wait for the collector, and counts those that are lost. The queues of the SDK have the same limits, but
//! do not tell how much they drop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use opentelemetry::{Context, InstrumentationScope, logs::Severity};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    logs::{LogBatch, LogExporter, LogProcessor, SdkLogRecord},
    trace::{Span, SpanData, SpanExporter, SpanProcessor},
};

use crate::otel::losses::{Losses, Signal};

/// The places for items that wait or are being sent.
#[derive(Debug)]
pub(super) struct Queue {
    signal: Signal,
    most: usize,
    occupied: AtomicUsize,
    losses: Arc<Losses>,
    /// The number of losses when one was last reported.
    reported: AtomicU64,
}

impl Queue {
    pub(super) fn new(signal: Signal, most: usize, losses: Arc<Losses>) -> Arc<Self> {
        Arc::new(Self {
            signal,
            most,
            occupied: AtomicUsize::new(0),
            losses,
            reported: AtomicU64::new(0),
        })
    }

    /// Takes a place for an item. If there is none, counts it as lost.
    fn take(&self) -> bool {
        let free = self.occupied.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |occupied| {
            (occupied < self.most).then_some(occupied + 1)
        });
        if free.is_err() {
            self.losses.count(self.signal, 1);
        }
        free.is_ok()
    }

    /// Releases the places of a batch after it was sent or not.
    fn sent(&self, items: usize, result: &OTelSdkResult) {
        self.occupied.fetch_sub(items, Ordering::Relaxed);
        if let Err(error) = result {
            self.losses.count(self.signal, items);
            self.losses.complain(self.signal, &error.to_string());
        } else if self.losses.of(self.signal) > self.reported.load(Ordering::Relaxed) {
            self.losses.complain(self.signal, "more arise than the collector takes");
        }
        self.reported.store(self.losses.of(self.signal), Ordering::Relaxed);
    }
}

/// An exporter that reports to a queue what it has sent.
#[derive(Debug)]
pub(super) struct Bounded<E> {
    exporter: E,
    queue: Arc<Queue>,
}

impl<E> Bounded<E> {
    pub(super) fn new(exporter: E, queue: &Arc<Queue>) -> Self {
        Self {
            exporter,
            queue: queue.clone(),
        }
    }
}

impl<E: SpanExporter> SpanExporter for Bounded<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let items = batch.len();
        let result = self.exporter.export(batch).await;
        self.queue.sent(items, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: LogExporter> LogExporter for Bounded<E> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let items = batch.iter().count();
        let result = self.exporter.export(batch).await;
        self.queue.sent(items, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// A processor that passes on the spans or log lines that have a place in the queue.
#[derive(Debug)]
pub(super) struct BoundedProcessor<P> {
    processor: P,
    queue: Arc<Queue>,
}

impl<P> BoundedProcessor<P> {
    pub(super) fn new(processor: P, queue: Arc<Queue>) -> Self {
        Self { processor, queue }
    }
}

impl<P: SpanProcessor> SpanProcessor for BoundedProcessor<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.processor.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.queue.take() {
            self.processor.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.processor.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }
}

impl<P: LogProcessor> LogProcessor for BoundedProcessor<P> {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        if self.queue.take() {
            self.processor.emit(record, scope);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.processor.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(timeout)
    }

    fn event_enabled(&self, level: Severity, target: &str, name: Option<&str>) -> bool {
        self.processor.event_enabled(level, target, name)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_sdk::error::OTelSdkError;

    use super::*;

    #[test]
    fn what_finds_no_place_or_is_not_sent_is_counted() {
        let losses = Arc::new(Losses::default());
        let queue = Queue::new(Signal::Traces, 3, losses.clone());
        let taken = (0..5).filter(|_| queue.take()).count();
        assert_eq!((taken, losses.of(Signal::Traces), losses.of(Signal::Logs)), (3, 2, 0));
        queue.sent(2, &Ok(()));
        assert!(queue.take() && queue.take() && !queue.take());
        queue.sent(3, &Err(OTelSdkError::InternalFailure("refused".to_owned())));
        assert_eq!(losses.of(Signal::Traces), 6);
        assert!(queue.take());
    }
}
