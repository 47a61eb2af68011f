//! A collector of OpenTelemetry: it decodes what it receives with the types of the specification, and can hang or refuse.

use std::{
    collections::HashMap,
    io::Read,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{AnyValue, KeyValue, any_value},
    logs::v1::LogRecord,
    metrics::v1::Metric,
    trace::v1::Span,
};
use prost::Message;
use tokio::net::TcpListener;

use crate::support::wait::wait_for;

/// What a collector does with requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Accepts,
    Answers(u16),
    Hangs,
}

#[derive(Default)]
struct Collected {
    spans: Vec<Span>,
    metrics: Vec<Metric>,
    logs: Vec<LogRecord>,
    resources: Vec<HashMap<String, String>>,
    headers: Vec<HeaderMap>,
}

#[derive(Clone)]
struct Shared {
    manner: Manner,
    collected: Arc<Mutex<Collected>>,
}

/// A collector.
pub(crate) struct Collector {
    pub(crate) url: String,
    shared: Shared,
}

impl Collector {
    pub(crate) async fn start(manner: Manner) -> Self {
        let shared = Shared {
            manner,
            collected: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(take).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, shared }
    }

    /// Waits for so many spans, and returns them by the time at which they began.
    pub(crate) async fn spans(&self, count: usize) -> Vec<Span> {
        wait_for(&format!("{count} spans"), async || {
            let mut spans = self.all_spans();
            spans.sort_by_key(|span| span.start_time_unix_nano);
            (spans.len() >= count).then_some(spans)
        })
        .await
    }

    pub(crate) fn all_spans(&self) -> Vec<Span> {
        self.shared.collected.lock().unwrap().spans.clone()
    }

    /// The newest metrics of each name.
    pub(crate) fn metrics(&self) -> HashMap<String, Metric> {
        let metrics = self.shared.collected.lock().unwrap().metrics.clone();
        metrics.into_iter().map(|metric| (metric.name.clone(), metric)).collect()
    }

    pub(crate) fn logs(&self) -> Vec<LogRecord> {
        self.shared.collected.lock().unwrap().logs.clone()
    }

    /// The attributes of the resource of each request.
    pub(crate) fn resources(&self) -> Vec<HashMap<String, String>> {
        self.shared.collected.lock().unwrap().resources.clone()
    }

    pub(crate) fn headers(&self) -> Vec<HeaderMap> {
        self.shared.collected.lock().unwrap().headers.clone()
    }
}

async fn take(State(shared): State<Shared>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    match shared.manner {
        Manner::Accepts => {}
        Manner::Answers(status) => return StatusCode::from_u16(status).unwrap(),
        Manner::Hangs => std::future::pending().await,
    }
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let body = match headers.get("content-encoding") {
        Some(_) => {
            let mut plain = Vec::new();
            GzDecoder::new(&*body).read_to_end(&mut plain).unwrap();
            plain.into()
        }
        None => body,
    };
    let mut collected = shared.collected.lock().unwrap();
    collected.headers.push(headers);
    match uri.path() {
        "/v1/traces" => {
            for part in ExportTraceServiceRequest::decode(body).unwrap().resource_spans {
                collected.resources.push(texts(&part.resource.unwrap().attributes));
                collected.spans.extend(part.scope_spans.into_iter().flat_map(|scope| scope.spans));
            }
        }
        "/v1/metrics" => {
            for part in ExportMetricsServiceRequest::decode(body).unwrap().resource_metrics {
                collected.resources.push(texts(&part.resource.unwrap().attributes));
                collected
                    .metrics
                    .extend(part.scope_metrics.into_iter().flat_map(|scope| scope.metrics));
            }
        }
        "/v1/logs" => {
            for part in ExportLogsServiceRequest::decode(body).unwrap().resource_logs {
                collected.resources.push(texts(&part.resource.unwrap().attributes));
                collected
                    .logs
                    .extend(part.scope_logs.into_iter().flat_map(|scope| scope.log_records));
            }
        }
        other => panic!("{other}"),
    }
    StatusCode::OK
}

/// Attributes as texts.
pub(crate) fn texts(attributes: &[KeyValue]) -> HashMap<String, String> {
    attributes
        .iter()
        .map(|attribute| (attribute.key.clone(), text(attribute.value.as_ref())))
        .collect()
}

/// A value as text.
pub(crate) fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.clone()) {
        Some(any_value::Value::StringValue(text)) => text,
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        Some(any_value::Value::BoolValue(is_true)) => is_true.to_string(),
        Some(any_value::Value::DoubleValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

/// An id in lower-case hexadecimal digits.
pub(crate) fn hex(id: &[u8]) -> String {
    id.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
