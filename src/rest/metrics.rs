//! `/metrics`: metrics of the service for Prometheus.

use axum::{
    Router,
    extract::State,
    http::{
        HeaderMap, Method,
        header::{ACCEPT, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{
    encoding::{prometheus_text, text as openmetrics},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::Registry,
};

use crate::{
    app::AppState,
    auth::rules::Action,
    delivery::Labelled,
    domain::webhook::Status,
    problem::Problem,
    rest::health,
    routes::{Operation, Routes, Rule, Tag},
};

/// `OpenMetrics` 1.0, section "Content-Type".
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    Routes::new().operation(
        Method::GET,
        "/metrics",
        Rule::Key(Action::ReadMetrics),
        read,
        Operation::new("getMetrics", Tag::Service, "Read the metrics")
            .text("Metrics for Prometheus, as text or, if it is preferred, as OpenMetrics.")
            .answers_file("text/plain", "The metrics.")
            .answers_file("application/openmetrics-text", "The metrics."),
    )
}

/// `GET /metrics` on the main listener. Requires an API key.
async fn read(State(app): State<AppState>, headers: HeaderMap) -> Result<Response, Problem> {
    metrics(&app, &headers).await
}

/// `GET /metrics` on a separate listener, without a key. It also serves the health checks, because client connections cannot exhaust the
/// connection limit of this listener.
pub fn alone(app: AppState) -> Router {
    let read = async |State(app): State<AppState>, headers: HeaderMap| metrics(&app, &headers).await;
    Router::new()
        .route("/metrics", get(read))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .with_state(app)
}

/// The metrics in the format that the client prefers.
async fn metrics(app: &AppState, headers: &HeaderMap) -> Result<Response, Problem> {
    let registry = registry(app).await?;
    let mut text = String::new();
    let (content_type, written) = if prefers_openmetrics(headers) {
        (OPENMETRICS, openmetrics::encode(&mut text, &registry))
    } else {
        (prometheus_text::CONTENT_TYPE, prometheus_text::encode(&mut text, &registry))
    };
    written.map_err(|error| Problem::internal(&error))?;
    Ok(([(CONTENT_TYPE, content_type), (VARY, "accept")], text).into_response())
}

/// The counters of this node, and values that are read for this response.
async fn registry(app: &AppState) -> Result<Registry, Problem> {
    let (load, unfinished) = (app.dispatcher.load(), app.store.unfinished().await?);
    let standings = app.store.standings(None).await?;
    let (statements, commits) = app.store.counts();
    let mut registry = Registry::with_prefix("clearhook");
    app.dispatcher.counters().register(&mut registry);
    app.brokers.register(&mut registry);
    let mut gauge = |name: &str, help: &str, value: usize| registry.register(name, help, ConstGauge::new(value));
    gauge("attempts_in_flight", "Attempts in flight on this node", load.in_flight);
    gauge(
        "deliveries_in_memory",
        "Deliveries that wait in the memory of this node",
        load.waiting,
    );
    gauge(
        "breakers_open",
        "Webhooks whose circuit breaker is open on this node: only probes are sent",
        load.open_breakers,
    );
    gauge(
        "events_waiting",
        "Published events that wait to be stored",
        app.dispatcher.journal().waiting(),
    );
    let mut states: Vec<(String, ConstGauge<u64>)> = unfinished
        .into_iter()
        .map(|(state, count)| (state.to_string(), ConstGauge::new(count)))
        .collect();
    states.sort_by(|(a, _), (b, _)| a.cmp(b));
    registry.register("deliveries", "Unfinished deliveries, by state", Labelled::new("state", states));
    let states = [
        ("working", Status::Enabled),
        ("failing", Status::Failing),
        ("disabled", Status::Disabled),
    ];
    let states = states.map(|(state, status)| (state, ConstGauge::new(standings.get(&status).copied().unwrap_or(0))));
    registry.register("webhooks", "Webhooks, by state", Labelled::new("state", states));
    registry.register(
        "database_statements",
        "SQL statements executed by this node",
        ConstCounter::new(statements),
    );
    registry.register(
        "database_commits",
        "Groups of publishes and results stored",
        ConstCounter::new(commits),
    );
    Ok(registry)
}

/// Whether the client names `OpenMetrics` and gives it no smaller weight than the text format (RFC 9110, section 12.5.1). A wildcard means
/// the text format, which every scraper reads.
fn prefers_openmetrics(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let (mut openmetrics, mut text) = (0.0_f32, 0.0_f32);
    for range in lists.flat_map(|list| list.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let parameters: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
        let value = |wanted: &str| {
            let found = parameters.iter().find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.trim().trim_matches('"'))
        };
        let weight = value("q").map_or(1.0, |q| q.parse().unwrap_or(0.0));
        match name.as_str() {
            "application/openmetrics-text" if matches!(value("version"), None | Some("0.0.1" | "1.0.0")) => {
                openmetrics = openmetrics.max(weight);
            }
            "text/plain" => text = text.max(weight),
            _ => {}
        }
    }
    openmetrics > 0.0 && openmetrics >= text
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn openmetrics_is_sent_only_to_clients_that_prefer_it() {
        for (accept, expected) in [
            // What Prometheus 3 sends.
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,\
                 text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                true,
            ),
            ("application/openmetrics-text", true),
            ("Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8", true),
            ("text/plain;version=0.0.4, application/openmetrics-text", true),
            ("text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.5", false),
            ("application/openmetrics-text;q=0", false),
            ("application/openmetrics-text;q=none", false),
            ("application/openmetrics-text;version=2.0.0", false),
            ("text/plain;version=0.0.4", false),
            ("*/*", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(prefers_openmetrics(&headers), expected, "{accept}");
        }
        assert!(!prefers_openmetrics(&HeaderMap::new()));
    }
}
