//! `/metrics`: metrics of the service for Prometheus.

mod figures;

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
use prometheus_client::encoding::{prometheus_text, text as openmetrics};

use crate::{
    app::AppState,
    auth::rules::Action,
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
    let registry = figures::registry(app).await;
    let mut text = String::new();
    let (content_type, written) = if prefers_openmetrics(headers) {
        (OPENMETRICS, openmetrics::encode(&mut text, &registry))
    } else {
        (prometheus_text::CONTENT_TYPE, prometheus_text::encode(&mut text, &registry))
    };
    written.map_err(|error| Problem::internal(&error))?;
    Ok(([(CONTENT_TYPE, content_type), (VARY, "accept")], text).into_response())
}

/// The metrics as `OpenMetrics`, for the export by OpenTelemetry.
pub async fn exposition(app: &AppState) -> Option<String> {
    let mut text = String::new();
    openmetrics::encode(&mut text, &figures::registry(app).await).ok()?;
    Some(text)
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
