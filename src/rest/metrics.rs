//! `/metrics`: metrics of the service in the text format of Prometheus.

use std::fmt::Write;

use axum::{
    Router,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::webhook::Status,
    rest::{Problem, extract::Caller, health},
};

/// `GET /metrics` on the main listener. Requires an API key.
pub(super) async fn read(State(app): State<AppState>, Caller(by): Caller) -> Result<Response, Problem> {
    by.may(Action::ReadMetrics, false)?;
    text(&app).await
}

/// `GET /metrics` on a separate listener, without a key. It also serves the health checks, because client connections cannot exhaust the
/// connection limit of this listener.
pub fn alone(app: AppState) -> Router {
    Router::new()
        .route("/metrics", get(async |State(app): State<AppState>| text(&app).await))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .with_state(app)
}

async fn text(app: &AppState) -> Result<Response, Problem> {
    let (load, unfinished) = (app.dispatcher.load(), app.store.unfinished().await?);
    let standings = app.store.standings(None).await?;
    let (statements, commits) = app.store.counts();
    let totals = app.dispatcher.totals();
    let mut page = Page(String::new());
    page.family("clearhook_events_accepted_total", "counter", "Events stored.");
    page.value("clearhook_events_accepted_total", "", totals.events);
    page.family(
        "clearhook_events_duplicate_total",
        "counter",
        "Published events that were recognised as duplicates.",
    );
    page.value("clearhook_events_duplicate_total", "", totals.duplicates);
    page.family("clearhook_callbacks_total", "counter", "Callbacks sent by this node, by outcome.");
    page.value("clearhook_callbacks_total", "{outcome=\"succeeded\"}", totals.succeeded);
    page.value("clearhook_callbacks_total", "{outcome=\"failed\"}", totals.failed);
    page.family(
        "clearhook_callback_duration_seconds",
        "histogram",
        "Duration of callbacks, from the start of the attempt to the end of the response headers.",
    );
    let mut sum = 0;
    for (limit, count) in &totals.durations {
        sum += count;
        let label = limit.map_or_else(|| "+Inf".to_owned(), |limit| limit.as_secs_f64().to_string());
        page.value("clearhook_callback_duration_seconds_bucket", &format!("{{le=\"{label}\"}}"), sum);
    }
    page.value("clearhook_callback_duration_seconds_count", "", sum);
    page.value(
        "clearhook_callback_duration_seconds_sum",
        "",
        format_args!("{:.3}", totals.duration_sum.as_secs_f64()),
    );
    page.family("clearhook_attempts_in_flight", "gauge", "Attempts in flight on this node.");
    page.value("clearhook_attempts_in_flight", "", load.in_flight);
    page.family(
        "clearhook_deliveries_in_memory",
        "gauge",
        "Deliveries that wait in the memory of this node.",
    );
    page.value("clearhook_deliveries_in_memory", "", load.waiting);
    page.family(
        "clearhook_breakers_open",
        "gauge",
        "Webhooks whose circuit breaker is open on this node: only probes are sent.",
    );
    page.value("clearhook_breakers_open", "", load.open_breakers);
    page.family("clearhook_events_waiting", "gauge", "Published events that wait to be stored.");
    page.value("clearhook_events_waiting", "", app.dispatcher.journal().waiting());
    page.family("clearhook_deliveries", "gauge", "Unfinished deliveries, by state.");
    for (state, count) in unfinished {
        page.value("clearhook_deliveries", &format!("{{state=\"{state}\"}}"), count);
    }
    page.family("clearhook_webhooks", "gauge", "Webhooks, by state.");
    for (state, status) in [
        ("working", Status::Enabled),
        ("failing", Status::Failing),
        ("disabled", Status::Disabled),
    ] {
        let count = standings.get(&status).copied().unwrap_or(0);
        page.value("clearhook_webhooks", &format!("{{state=\"{state}\"}}"), count);
    }
    page.family(
        "clearhook_webhooks_disabled_total",
        "counter",
        "Webhooks that were disabled automatically because of results of this node, by reason.",
    );
    for (reason, count) in totals.disabled {
        page.value("clearhook_webhooks_disabled_total", &format!("{{reason=\"{reason}\"}}"), count);
    }
    page.family(
        "clearhook_database_statements_total",
        "counter",
        "SQL statements executed by this node.",
    );
    page.value("clearhook_database_statements_total", "", statements);
    page.family(
        "clearhook_database_commits_total",
        "counter",
        "Groups of publishes and results stored.",
    );
    page.value("clearhook_database_commits_total", "", commits);
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, page.0).into_response())
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn value(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}
