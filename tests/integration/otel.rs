//! What a collector of OpenTelemetry receives: the trace of an event, metrics and log lines.

use std::collections::BTreeSet;

use clearhook::catalogue::BuiltIn;
use opentelemetry_proto::tonic::{
    metrics::v1::{metric, number_data_point},
    trace::v1::{Span, span::SpanKind, status::StatusCode},
};
use reqwest::{Response, StatusCode as HttpStatus};
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, cloud_event},
    collector::{Collector, Manner, hex, text, texts},
    database::TestDatabase,
    node::Node,
    on_both,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

on_both! {
    an_event_is_one_trace_across_a_retry a_retry_after_a_restart_is_in_the_same_trace
    an_event_of_another_trace_stays_in_it_and_is_linked metrics_and_log_lines_are_those_of_the_service
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01";
const OWN: &str = "00-11111111111111111111111111111111-2222222222222222-01";
const STATE: &str = "rojo=00f067aa0ba902b7";

/// A service that sends everything to this collector, soon.
pub(super) fn observed<'a>(database: &'a TestDatabase, url: &str) -> Node<'a> {
    Node::new(database)
        .with("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        .with("OTEL_BSP_SCHEDULE_DELAY", "100")
        .with("OTEL_BLRP_SCHEDULE_DELAY", "100")
        .with("OTEL_METRIC_EXPORT_INTERVAL", "200")
}

pub(super) async fn publish(node: &Node<'_>, url: &str, event: &Value, headers: &[(&str, &str)]) -> Response {
    let mut request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header("content-type", "application/cloudevents+json");
    request.body(event.to_string()).send().await.unwrap()
}

fn of_kind(spans: &[Span], kind: SpanKind) -> Vec<&Span> {
    spans.iter().filter(|span| span.kind() == kind).collect()
}

/// The `traceparent` that names this span as the parent.
fn parent(span: &Span) -> String {
    format!("00-{}-{}-01", hex(&span.trace_id), hex(&span.span_id))
}

async fn an_event_is_one_trace_across_a_retry(database: TestDatabase) {
    let (collector, receiver) = (Collector::start(Manner::Accepts).await, Receiver::start([Reply::status(503)]).await);
    let node = observed(&database, &collector.url);
    let (service, url) = node.start().await;
    let webhook = node.webhook(&url, &format!("{}?token=planted", receiver.url)).await;
    let event = cloud_event(BuiltIn::IdentityCreated, "1");
    let response = publish(&node, &url, &event, &[("traceparent", PARENT), ("tracestate", STATE)]).await;
    assert_eq!(response.status(), HttpStatus::ACCEPTED);
    let id = response.json_value().await["events"][0]["id"].as_str().unwrap().to_owned();
    let seen = receiver.wait(2).await;

    let spans = collector.spans(4).await;
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE), "{spans:#?}");
    let [request] = of_kind(&spans, SpanKind::Server)[..] else {
        panic!("{spans:#?}");
    };
    let [stored] = of_kind(&spans, SpanKind::Internal)[..] else {
        panic!("{spans:#?}");
    };
    let [first, second] = of_kind(&spans, SpanKind::Client)[..] else {
        panic!("{spans:#?}");
    };
    assert_eq!(
        (request.name.as_str(), hex(&request.parent_span_id)),
        ("POST /api/v1/events", "b9c7c989f97918e1".to_owned())
    );
    let attributes = texts(&request.attributes);
    for (name, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/api/v1/events"),
        ("http.response.status_code", "202"),
    ] {
        assert_eq!(attributes[name], value, "{name}");
    }
    assert_eq!((stored.name.as_str(), &stored.parent_span_id), ("store event", &request.span_id));
    let attributes = texts(&stored.attributes);
    let system = if database.url.starts_with("sqlite") {
        "sqlite"
    } else {
        "postgresql"
    };
    for (name, value) in [
        ("cloudevents.event_id", "1"),
        ("cloudevents.event_type", "identity.created"),
        ("cloudevents.event_source", event["source"].as_str().unwrap()),
        ("clearhook.event.id", &id),
        ("clearhook.deliveries", "1"),
        ("clearhook.duplicate", "false"),
        ("db.system.name", system),
    ] {
        assert_eq!(attributes[name], value, "{name}");
    }
    let address: http::Uri = receiver.url.parse().unwrap();
    for (number, (span, status)) in [(first, "503"), (second, "202")].into_iter().enumerate() {
        assert_eq!((span.name.as_str(), &span.parent_span_id), ("POST", &stored.span_id));
        assert!(span.start_time_unix_nano < span.end_time_unix_nano);
        let attributes = texts(&span.attributes);
        for (name, value) in [
            ("http.request.method", "POST"),
            ("http.response.status_code", status),
            ("url.full", &format!("{}?REDACTED", receiver.url)),
            ("server.address", "127.0.0.1"),
            ("server.port", &address.port_u16().unwrap().to_string()),
            ("cloudevents.event_type", "identity.created"),
            ("clearhook.event.id", &id),
            ("clearhook.webhook.id", webhook["id"].as_str().unwrap()),
            ("clearhook.attempt", &(number + 1).to_string()),
        ] {
            assert_eq!(attributes[name], value, "{name} of attempt {}", number + 1);
        }
        // The receiver continues the trace below the attempt.
        assert_eq!(seen[number].headers["traceparent"], parent(span).as_str());
        assert_eq!(seen[number].headers["tracestate"], STATE);
        let is_error = span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error);
        assert_eq!(is_error, number == 0);
        assert_eq!(attributes.get("error.type").map(String::as_str), (number == 0).then_some("503"));
        assert_eq!(
            attributes.get("http.request.resend_count").map(String::as_str),
            (number == 1).then_some("1")
        );
    }
    let resources = collector.resources();
    assert!(resources.iter().all(|resource| resource["service.name"] == "clearhook"
        && resource["service.version"] == env!("CARGO_PKG_VERSION")
        && !resource["service.instance.id"].is_empty()));

    repetition_and_refusal_are_measured(&node, &url, &event, &collector).await;
    assert_eq!(service.terminate().await, Some(0));
}

/// After an event with two attempts: what is published again or refused has spans, too.
async fn repetition_and_refusal_are_measured(node: &Node<'_>, url: &str, event: &Value, collector: &Collector) {
    // The same event again is stored once: the span says so, and no callback follows.
    let again = publish(node, url, event, &[]).await;
    assert_eq!(again.json_value().await["events"][0]["duplicate"], true);
    let spans = collector.spans(6).await;
    let stored = of_kind(&spans, SpanKind::Internal);
    let duplicate = texts(&stored[1].attributes);
    assert_eq!(
        (duplicate["clearhook.duplicate"].as_str(), of_kind(&spans, SpanKind::Client).len()),
        ("true", 2)
    );
    assert_ne!(hex(&stored[1].trace_id), TRACE, "a request without a context begins a trace");
    // A request that is refused is measured, too.
    assert_eq!(publish(node, url, &json!({}), &[]).await.status(), 422);
    let spans = collector.spans(7).await;
    assert!(spans.iter().any(|span| {
        texts(&span.attributes)
            .get("http.response.status_code")
            .is_some_and(|status| status == "422")
    }));
}

async fn a_retry_after_a_restart_is_in_the_same_trace(database: TestDatabase) {
    let (collector, receiver) = (Collector::start(Manner::Accepts).await, Receiver::start([Reply::status(500)]).await);
    let node = observed(&database, &collector.url).with("CLEARHOOK_RETRY_SCHEDULE", "3s");
    let (service, url) = node.start().await;
    node.webhook(&url, &receiver.url).await;
    // No context is given: the service begins the trace.
    let event = cloud_event(BuiltIn::IdentityCreated, "1");
    assert_eq!(publish(&node, &url, &event, &[]).await.status(), 202);
    let before = collector.spans(3).await;
    wait_for("the first callback to be logged", async || {
        (database.count("callbacks").await == 1).then_some(())
    })
    .await;
    service.kill();
    // On PostgreSQL another node sends the retry.
    let other = database.url.starts_with("postgres").then(|| observed(&database, &collector.url));
    let (service, _) = other.as_ref().unwrap_or(&node).start().await;
    let seen = receiver.wait(2).await;
    let spans = collector.spans(4).await;
    let stored = of_kind(&before, SpanKind::Internal)[0];
    let attempts = of_kind(&spans, SpanKind::Client);
    assert_eq!(attempts.len(), 2);
    for (span, seen) in attempts.iter().zip(&seen) {
        assert_eq!((&span.trace_id, &span.parent_span_id), (&stored.trace_id, &stored.span_id));
        assert_eq!(seen.headers["traceparent"], parent(span).as_str());
    }
    assert_eq!(service.terminate().await, Some(0));
}

async fn an_event_of_another_trace_stays_in_it_and_is_linked(database: TestDatabase) {
    let (collector, receiver) = (Collector::start(Manner::Accepts).await, Receiver::start([]).await);
    let node = observed(&database, &collector.url);
    let (service, url) = node.start().await;
    node.webhook(&url, &receiver.url).await;
    let mut event = cloud_event(BuiltIn::IdentityCreated, "1");
    event["traceparent"] = OWN.into();
    assert_eq!(publish(&node, &url, &event, &[("traceparent", PARENT)]).await.status(), 202);
    let seen = receiver.wait(1).await;
    let spans = collector.spans(3).await;
    let (request, stored) = (of_kind(&spans, SpanKind::Server)[0], of_kind(&spans, SpanKind::Internal)[0]);
    assert_eq!(hex(&request.trace_id), TRACE);
    assert_eq!(
        (hex(&stored.trace_id), hex(&stored.parent_span_id)),
        ("1".repeat(32), "2".repeat(16))
    );
    assert_eq!((stored.links.len(), &stored.links[0].span_id), (1, &request.span_id));
    let attempt = of_kind(&spans, SpanKind::Client)[0];
    assert_eq!((&attempt.trace_id, &attempt.parent_span_id), (&stored.trace_id, &stored.span_id));
    // The extension attribute of the event is not changed; the header is that of the attempt.
    assert_eq!(seen[0].headers["traceparent"], parent(attempt).as_str());
    let body: Value = serde_json::from_str(&seen[0].body).unwrap();
    assert_eq!(body["extensions"]["traceparent"], OWN);

    // Without a context of the request, the request is in the trace of its event.
    event["id"] = "2".into();
    assert_eq!(publish(&node, &url, &event, &[]).await.status(), 202);
    let spans = collector.spans(6).await;
    let request = of_kind(&spans, SpanKind::Server)[1];
    assert_eq!(hex(&request.trace_id), "1".repeat(32));
    assert!(of_kind(&spans, SpanKind::Internal)[1].links.is_empty());
    // What the publisher does not sample is not measured, and the receiver learns of it.
    event["id"] = "3".into();
    event["traceparent"] = Value::Null;
    let unsampled = PARENT.replace("-01", "-00");
    assert_eq!(publish(&node, &url, &event, &[("traceparent", &unsampled)]).await.status(), 202);
    let last = receiver.wait(3).await.pop().unwrap();
    let given = last.headers["traceparent"].to_str().unwrap();
    assert!(given.starts_with(&format!("00-{TRACE}-")) && given.ends_with("-00"), "{given}");
    assert_eq!(service.terminate().await, Some(0));
    assert_eq!(collector.all_spans().len(), 6);
}

/// The operator chooses what is recorded (`OTEL_TRACES_SAMPLER`).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traces_are_sampled_as_the_environment_says() {
    // Of two events, the second one is in a trace that its publisher samples.
    for (sampler, argument, sampled) in [
        ("always_on", "", [true, true]),
        ("always_off", "", [false, false]),
        ("traceidratio", "0", [false, false]),
        ("parentbased_always_off", "", [false, true]),
        ("parentbased_traceidratio", "0", [false, true]),
        ("parentbased_traceidratio", "1", [true, true]),
    ] {
        let database = TestDatabase::sqlite();
        let (collector, receiver) = (Collector::start(Manner::Accepts).await, Receiver::start([]).await);
        let node = observed(&database, &collector.url)
            .with("OTEL_TRACES_SAMPLER", sampler)
            .with("OTEL_TRACES_SAMPLER_ARG", argument);
        let (service, url) = node.start().await;
        node.webhook(&url, &receiver.url).await;
        for (id, headers) in [("1", &[][..]), ("2", &[("traceparent", PARENT)][..])] {
            let event = cloud_event(BuiltIn::IdentityCreated, id);
            assert_eq!(publish(&node, &url, &event, headers).await.status(), 202);
            receiver.wait(id.parse().unwrap()).await;
        }
        assert_eq!(service.terminate().await, Some(0));
        let spans = collector.all_spans();
        let of_publisher = spans.iter().filter(|span| hex(&span.trace_id) == TRACE).count();
        // The request, the event and the callback.
        let expected = sampled.map(|sampled| if sampled { 3 } else { 0 });
        assert_eq!([spans.len() - of_publisher, of_publisher], expected, "{sampler} {argument}");
        let flags = receiver
            .seen()
            .iter()
            .map(|seen| seen.headers["traceparent"].to_str().unwrap().ends_with("-01"))
            .collect::<Vec<_>>();
        assert_eq!(flags, sampled, "{sampler} {argument}");
    }
}

async fn metrics_and_log_lines_are_those_of_the_service(database: TestDatabase) {
    let (collector, receiver) = (Collector::start(Manner::Accepts).await, Receiver::start([Reply::status(500)]).await);
    let node = observed(&database, &collector.url)
        .with("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
        .with("OTEL_EXPORTER_OTLP_HEADERS", "api-key=planted%20key")
        .with("OTEL_SERVICE_NAME", "hooks")
        .with("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
        // The transport logs much at this level, and none of it may be exported.
        .with("CLEARHOOK_LOG", "debug");
    let (service, url) = node.start().await;
    node.webhook(&url, &receiver.url).await;
    let event = cloud_event(BuiltIn::IdentityCreated, "1");
    assert_eq!(publish(&node, &url, &event, &[]).await.status(), 202);
    receiver.wait(2).await;

    let outcome = |name: &str| {
        let metric = collector.metrics().remove("clearhook_callbacks")?;
        let Some(metric::Data::Sum(sum)) = metric.data else {
            panic!("{metric:?}")
        };
        let point = sum
            .data_points
            .into_iter()
            .find(|point| texts(&point.attributes)["outcome"] == name)?;
        point.value
    };
    wait_for("the metrics to count both callbacks", async || {
        let one = Some(number_data_point::Value::AsInt(1));
        (outcome("succeeded") == one && outcome("failed") == one).then_some(())
    })
    .await;
    // Every metric of Prometheus is exported, by the same name.
    let scraped = node.http.get(format!("{url}/metrics")).bearer_auth(&node.key).send().await.unwrap();
    let scraped = scraped.text().await.unwrap();
    let expected: BTreeSet<String> = scraped
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .map(|line| line.split(' ').next().unwrap().trim_end_matches("_total").to_owned())
        .collect();
    let exported: BTreeSet<String> = collector.metrics().into_keys().collect();
    assert_eq!(exported, expected);
    assert!(expected.contains("clearhook_telemetry_lost"), "{expected:?}");

    let logs = collector.logs();
    let line = logs.iter().find(|log| text(log.body.as_ref()).starts_with("listening on "));
    let line = line.unwrap_or_else(|| panic!("{logs:?}"));
    assert_eq!(
        (line.severity_text.as_str(), texts(&line.attributes).contains_key("address")),
        ("INFO", true)
    );
    for resource in collector.resources() {
        assert_eq!(
            (resource["service.name"].as_str(), resource["deployment.environment.name"].as_str()),
            ("hooks", "test")
        );
    }
    for headers in collector.headers() {
        assert_eq!(
            (&headers["api-key"], &headers["content-encoding"]),
            (&"planted key".parse().unwrap(), &"gzip".parse().unwrap())
        );
    }
    // An idle service does not export log lines about its own exports.
    let exports = collector.headers().len();
    wait_for("more exports", async || (collector.headers().len() > exports + 5).then_some(())).await;
    let more = &collector.logs()[logs.len()..];
    assert!(more.iter().all(|log| !text(log.body.as_ref()).contains("/v1/")), "{more:?}");
    assert_eq!(service.terminate().await, Some(0));
}
