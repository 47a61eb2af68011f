//! OpenTelemetry: traces, metrics and logs over OTLP/HTTP, off unless `OTEL_EXPORTER_OTLP_ENDPOINT` or the endpoint of a signal is set.
//!
//! A collector that hangs or refuses must not delay anything else: spans and log lines wait in queues with a limit and are sent by threads of
//! the SDK, metrics by a task. What is lost is counted ([`Losses`]).

mod bounded;
mod error;
mod exposition;
mod losses;
mod metrics;
mod settings;
mod spans;
mod tls;
mod transport;

use std::{sync::Arc, time::Duration};

use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, SpanExporter, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    logs::{BatchLogProcessor, SdkLogger, SdkLoggerProvider},
    trace::{BatchSpanProcessor, SdkTracer, SdkTracerProvider},
};
use prometheus_client::metrics::counter::Counter;
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use self::{
    bounded::{Bounded, BoundedProcessor, Queue},
    losses::{Losses, Signal},
    metrics::MetricsExport,
    settings::{SCOPE, Settings},
    transport::Transport,
};
pub use self::{
    error::OtelError,
    spans::{Attempt, EventFacts, PublishSpan, StoreSpan},
};
use crate::domain::id::NodeId;

/// How long the shutdown waits for a collector.
const SHUTDOWN: Duration = Duration::from_secs(3);
/// Crates that log what sending does. Exporting their lines would cause more of them.
const TRANSPORT_CRATES: [&str; 6] = ["h2", "hyper", "hyper_util", "opentelemetry", "reqwest", "rustls"];

/// What the rest of the program uses: it begins spans, and adds the losses to the metrics. Cheap to clone. The default is off.
#[derive(Clone, Debug, Default)]
pub struct Otel(Option<Arc<On>>);

#[derive(Debug)]
struct On {
    tracer: Option<SdkTracer>,
    losses: Arc<Losses>,
}

impl Otel {
    /// The tracer, if traces are exported.
    fn tracer(&self) -> Option<&SdkTracer> {
        self.0.as_ref()?.tracer.as_ref()
    }

    /// The numbers of spans, log lines and metrics that could not be sent, by signal. `None` while nothing is exported.
    pub fn losses(&self) -> Option<[(&'static str, Counter); 3]> {
        Some(self.0.as_ref()?.losses.counters())
    }
}

/// The exporters. They have to be stopped at the end, or what still waits is lost.
pub struct Exporters {
    handle: Otel,
    traces: Option<SdkTracerProvider>,
    logs: Option<SdkLoggerProvider>,
    metrics: Option<MetricsExport>,
    metrics_task: Option<JoinHandle<()>>,
    stop: CancellationToken,
    destinations: String,
}

impl Exporters {
    /// Starts the exporters that the environment asks for. `None` if it asks for none. Must be called inside of a Tokio runtime.
    ///
    /// # Errors
    /// If a variable is not valid.
    pub fn start(node: NodeId) -> Result<Option<Self>, OtelError> {
        let Some(settings) = Settings::of(|name| std::env::var(name).ok())? else {
            return Ok(None);
        };
        let resource = resource(node);
        let losses = Arc::new(Losses::default());
        let transport = |signal, target| Transport::new(signal, target, losses.clone());

        let traces = match &settings.traces {
            None => None,
            Some(target) => {
                let exporter = SpanExporter::builder().with_http();
                let exporter = exporter.with_http_client(transport(Signal::Traces, target)?);
                let exporter = exporter.build().map_err(|error| target.error(error.to_string()))?;
                let queue = Queue::new(Signal::Traces, settings.spans_max, losses.clone());
                let processor = BatchSpanProcessor::builder(Bounded::new(exporter, &queue)).build();
                let provider = SdkTracerProvider::builder().with_resource(resource.clone());
                Some(provider.with_span_processor(BoundedProcessor::new(processor, queue)).build())
            }
        };
        let logs = match &settings.logs {
            None => None,
            Some(target) => {
                let exporter = LogExporter::builder().with_http();
                let exporter = exporter.with_http_client(transport(Signal::Logs, target)?);
                let exporter = exporter.build().map_err(|error| target.error(error.to_string()))?;
                let queue = Queue::new(Signal::Logs, settings.log_lines_max, losses.clone());
                let processor = BatchLogProcessor::builder(Bounded::new(exporter, &queue)).build();
                let provider = SdkLoggerProvider::builder().with_resource(resource.clone());
                Some(provider.with_log_processor(BoundedProcessor::new(processor, queue)).build())
            }
        };
        let metrics = match &settings.metrics {
            None => None,
            Some(target) => {
                let transport = transport(Signal::Metrics, target)?;
                Some(MetricsExport::new(target, settings.interval, &resource, transport, losses.clone())?)
            }
        };
        let tracer = traces.as_ref().map(|provider| provider.tracer(SCOPE));
        Ok(Some(Self {
            handle: Otel(Some(Arc::new(On { tracer, losses }))),
            traces,
            logs,
            metrics,
            metrics_task: None,
            stop: CancellationToken::new(),
            destinations: settings.destinations(),
        }))
    }

    /// The handle for the rest of the program.
    pub fn handle(&self) -> Otel {
        self.handle.clone()
    }

    /// Where what is sent, for the log.
    pub fn destinations(&self) -> &str {
        &self.destinations
    }

    /// The layer that exports log lines, if they are exported.
    pub fn log_layer<S>(&self) -> Option<impl Layer<S> + Send + Sync + use<S>>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let logs = self.logs.as_ref()?;
        let bridge: OpenTelemetryTracingBridge<SdkLoggerProvider, SdkLogger> = OpenTelemetryTracingBridge::new(logs);
        Some(bridge.with_filter(filter_fn(is_exported)))
    }

    /// Starts to export metrics, if they are exported: `read` returns them in the format of `OpenMetrics`, or `None` if they cannot be read now.
    pub fn start_metrics<R, F>(&mut self, read: R)
    where
        R: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Option<String>> + Send + 'static,
    {
        if let Some(metrics) = self.metrics.take() {
            self.metrics_task = Some(tokio::spawn(metrics.run(read, self.stop.clone())));
        }
    }

    /// Sends what still waits, but does not wait for a collector longer than [`SHUTDOWN`].
    pub async fn stop(self) {
        let Self {
            traces,
            logs,
            metrics_task,
            stop,
            ..
        } = self;
        stop.cancel();
        // The SDK waits for its threads, so it must not be called on a thread that runs tasks.
        let traces = traces.map(|traces| tokio::task::spawn_blocking(move || traces.shutdown_with_timeout(SHUTDOWN)));
        let logs = logs.map(|logs| tokio::task::spawn_blocking(move || logs.shutdown_with_timeout(SHUTDOWN)));
        if let Some(task) = metrics_task {
            let abort = task.abort_handle();
            if timeout(SHUTDOWN, task).await.is_err() {
                abort.abort();
            }
        }
        // What could not be sent in time is lost; the log of the export itself says why.
        for task in [traces, logs].into_iter().flatten() {
            let _ = task.await;
        }
    }
}

/// Whether log lines of this target are exported.
fn is_exported(metadata: &Metadata<'_>) -> bool {
    let name = metadata.target().split("::").next().unwrap_or_default();
    !TRANSPORT_CRATES.contains(&name)
}

/// The resource: name and version of the service and the id of the node, unless the environment gives others.
fn resource(node: NodeId) -> Resource {
    let given = Resource::builder().build();
    let is_missing = |name: &'static str| {
        given
            .get(&name.into())
            .is_none_or(|value| value.as_str().starts_with("unknown_service"))
    };
    let defaults = [
        ("service.name", "clearhook".to_owned()),
        ("service.version", env!("CARGO_PKG_VERSION").to_owned()),
        ("service.instance.id", node.to_string()),
    ];
    let missing = defaults.into_iter().filter(|(name, _)| is_missing(name));
    Resource::builder()
        .with_attributes(missing.map(|(name, value)| KeyValue::new(name, value)))
        .build()
}
