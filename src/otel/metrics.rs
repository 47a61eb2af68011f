//! Exports the metrics of `/metrics`: the same text, converted, so that nothing is counted twice and a new metric needs no line here.
//!
//! Names are unaltered, as the specification of OpenTelemetry says for metrics that come from Prometheus, except that a counter lacks
//! `_total`, which is not part of the name of its family.

use std::{
    io::Write,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use flate2::{Compression, write::GzEncoder};
use opentelemetry_http::{Bytes, HttpClient, Request};
use opentelemetry_proto::{
    tonic::{
        collector::metrics::v1::ExportMetricsServiceRequest,
        common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value},
        metrics::v1::{
            AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
            metric, number_data_point,
        },
        resource,
    },
    transform::common::tonic::ResourceAttributesWithSchema,
};
use opentelemetry_sdk::Resource;
use prost::Message;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::otel::{
    error::OtelError,
    exposition::{Family, Sample, families},
    losses::{Losses, Signal},
    settings::{SCOPE, Target},
    transport::Transport,
};

/// Exports metrics regularly.
pub(super) struct MetricsExport {
    target: Target,
    pause: Duration,
    resource: resource::v1::Resource,
    transport: Transport,
    losses: Arc<Losses>,
    began: u64,
}

impl MetricsExport {
    pub(super) fn new(
        target: &Target,
        pause: Duration,
        resource: &Resource,
        transport: Transport,
        losses: Arc<Losses>,
    ) -> Result<Self, OtelError> {
        let mut target = target.clone();
        target
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        if target.compresses {
            target.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Request::post(target.url.as_str())
            .body(())
            .map_err(|error| target.error(error.to_string()))?;
        Ok(Self {
            target,
            pause,
            resource: resource::v1::Resource {
                attributes: ResourceAttributesWithSchema::from(resource).attributes.0,
                ..resource::v1::Resource::default()
            },
            transport,
            losses,
            began: now(),
        })
    }

    /// Exports until `stop` is cancelled, and once more then.
    pub(super) async fn run<R, F>(self, read: R, stop: CancellationToken)
    where
        R: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Option<String>> + Send,
    {
        let mut ticks = interval_at(Instant::now() + self.pause, self.pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            self.export(read().await).await;
        }
        self.export(read().await).await;
    }

    async fn export(&self, text: Option<String>) {
        // The database does not answer, which is logged elsewhere.
        let Some(text) = text else { return };
        let metrics: Vec<Metric> = families(&text)
            .iter()
            .filter_map(|family| converted(family, self.began, now()))
            .collect();
        let count = metrics.len();
        let message = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                resource: Some(self.resource.clone()),
                scope_metrics: vec![ScopeMetrics {
                    scope: Some(InstrumentationScope {
                        name: SCOPE.to_owned(),
                        ..InstrumentationScope::default()
                    }),
                    metrics,
                    ..ScopeMetrics::default()
                }],
                ..ResourceMetrics::default()
            }],
        };
        let sent = self.send(message.encode_to_vec()).await;
        if let Err(error) = sent {
            self.losses.count(Signal::Metrics, count);
            self.losses.complain(Signal::Metrics, &error);
        }
    }

    async fn send(&self, message: Vec<u8>) -> Result<(), String> {
        let body = if self.target.compresses {
            gzip(&message).map_err(|error| error.to_string())?
        } else {
            message
        };
        let mut request = Request::post(self.target.url.as_str())
            .body(Bytes::from(body))
            .map_err(|error| error.to_string())?;
        *request.headers_mut() = HeaderMap::clone(&self.target.headers);
        let response = self.transport.send_bytes(request).await.map_err(|error| error.to_string())?;
        if response.status().is_success() {
            Ok(())
        } else {
            Err(format!("the collector answered {}", response.status()))
        }
    }
}

fn gzip(message: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(message)?;
    encoder.finish()
}

/// Nanoseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The metrics of one name. `None` for a type that this program does not write.
fn converted(family: &Family<'_>, began: u64, now: u64) -> Option<Metric> {
    let points = |start| -> Vec<NumberDataPoint> { family.samples.iter().map(|sample| point(sample, start, now)).collect() };
    let temporality = AggregationTemporality::Cumulative.into();
    let data = match family.kind {
        "counter" => metric::Data::Sum(Sum {
            data_points: points(began),
            aggregation_temporality: temporality,
            is_monotonic: true,
        }),
        "gauge" => metric::Data::Gauge(Gauge { data_points: points(0) }),
        "histogram" => metric::Data::Histogram(Histogram {
            data_points: histograms(family, began, now),
            aggregation_temporality: temporality,
        }),
        _ => return None,
    };
    Some(Metric {
        name: family.name.to_owned(),
        description: family.help.clone(),
        // Units are those of UCUM.
        unit: match family.unit {
            "seconds" => "s",
            "bytes" => "By",
            unit => unit,
        }
        .to_owned(),
        data: Some(data),
        ..Metric::default()
    })
}

fn point(sample: &Sample<'_>, start: u64, now: u64) -> NumberDataPoint {
    let whole = sample.value.parse().map(number_data_point::Value::AsInt);
    let value = whole.unwrap_or_else(|_| number_data_point::Value::AsDouble(sample.value.parse().unwrap_or(f64::NAN)));
    NumberDataPoint {
        attributes: attributes(sample, ""),
        start_time_unix_nano: start,
        time_unix_nano: now,
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

/// The labels except for one.
fn attributes(sample: &Sample<'_>, except: &str) -> Vec<KeyValue> {
    let labels = sample.labels.iter().filter(|(name, _)| *name != except);
    let attribute = |(name, value): &(&str, String)| KeyValue {
        key: (*name).to_owned(),
        value: Some(AnyValue {
            value: Some(any_value::Value::StringValue(value.clone())),
        }),
        ..KeyValue::default()
    };
    labels.map(attribute).collect()
}

/// The histograms of a family, one for each combination of the other labels. The buckets of Prometheus count everything up to their bound,
/// those of OpenTelemetry only what is above the bound before.
fn histograms(family: &Family<'_>, began: u64, now: u64) -> Vec<HistogramDataPoint> {
    let mut points: Vec<HistogramDataPoint> = Vec::new();
    for sample in &family.samples {
        let attributes = attributes(sample, "le");
        let at = points.iter().position(|point| point.attributes == attributes).unwrap_or_else(|| {
            points.push(HistogramDataPoint {
                attributes,
                start_time_unix_nano: began,
                time_unix_nano: now,
                ..HistogramDataPoint::default()
            });
            points.len() - 1
        });
        let Some(point) = points.get_mut(at) else { continue };
        match sample.name.strip_prefix(family.name) {
            Some("_count") => point.count = sample.value.parse().unwrap_or(0),
            Some("_sum") => point.sum = sample.value.parse().ok(),
            Some("_bucket") => {
                let bound = sample
                    .labels
                    .iter()
                    .find(|(name, _)| *name == "le")
                    .map(|(_, bound)| bound.as_str());
                if let Some(bound) = bound.filter(|bound| *bound != "+Inf").and_then(|bound| bound.parse().ok()) {
                    point.explicit_bounds.push(bound);
                }
                let up_to: u64 = sample.value.parse().unwrap_or(0);
                let before: u64 = point.bucket_counts.iter().sum();
                point.bucket_counts.push(up_to.saturating_sub(before));
            }
            _ => {}
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP clearhook_callbacks Callbacks sent.\n# TYPE clearhook_callbacks counter\n\
        clearhook_callbacks_total{outcome=\"succeeded\"} 3\nclearhook_callbacks_total{outcome=\"failed\"} 0\n\
        # TYPE clearhook_duration_seconds histogram\n# UNIT clearhook_duration_seconds seconds\n\
        clearhook_duration_seconds_sum 0.75\nclearhook_duration_seconds_count 3\n\
        clearhook_duration_seconds_bucket{le=\"0.1\"} 1\nclearhook_duration_seconds_bucket{le=\"1.0\"} 3\n\
        clearhook_duration_seconds_bucket{le=\"+Inf\"} 3\n# TYPE clearhook_lag_seconds gauge\nclearhook_lag_seconds 1.5\n# EOF\n";

    #[test]
    fn counters_gauges_and_histograms_are_converted() {
        let metrics: Vec<Metric> = families(TEXT).iter().filter_map(|family| converted(family, 1, 2)).collect();
        let [counter, histogram, gauge] = metrics.as_slice() else {
            panic!("{metrics:?}")
        };
        assert_eq!(
            (counter.name.as_str(), counter.description.as_str()),
            ("clearhook_callbacks", "Callbacks sent.")
        );
        let Some(metric::Data::Sum(sum)) = &counter.data else {
            panic!("{counter:?}")
        };
        assert!(sum.is_monotonic && sum.data_points.len() == 2);
        assert_eq!(sum.data_points[0].value, Some(number_data_point::Value::AsInt(3)));
        assert_eq!((sum.data_points[0].start_time_unix_nano, sum.data_points[0].time_unix_nano), (1, 2));
        assert_eq!(
            (histogram.name.as_str(), histogram.unit.as_str()),
            ("clearhook_duration_seconds", "s")
        );
        let Some(metric::Data::Histogram(data)) = &histogram.data else {
            panic!("{histogram:?}")
        };
        let [point] = data.data_points.as_slice() else { panic!("{data:?}") };
        assert_eq!((point.count, point.sum), (3, Some(0.75)));
        assert_eq!(
            (point.explicit_bounds.as_slice(), point.bucket_counts.as_slice()),
            ([0.1, 1.0].as_slice(), [1, 2, 0].as_slice())
        );
        let Some(metric::Data::Gauge(data)) = &gauge.data else {
            panic!("{gauge:?}")
        };
        assert_eq!(data.data_points[0].value, Some(number_data_point::Value::AsDouble(1.5)));
    }
}
