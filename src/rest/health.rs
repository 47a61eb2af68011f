//! Health checks: `/healthz` and `/readyz`.

use std::time::Duration;

use axum::{
    extract::State,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};

use crate::{
    app::AppState,
    problem::{Problem, ProblemCode},
    routes::{Operation, Routes, Rule, Tag},
};

/// Timeout of the database ping.
const PING: Duration = Duration::from_secs(2);

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .operation(
            Method::GET,
            "/healthz",
            Rule::Open,
            alive,
            Operation::new("getHealth", Tag::Service, "Whether the process lives").answers_nothing(200, "It does."),
        )
        .operation(
            Method::GET,
            "/readyz",
            Rule::Open,
            ready,
            Operation::new("getReadiness", Tag::Service, "Whether the service works")
                .text("The database is reachable and migrated, the dispatcher makes progress, and the service is not stopping.")
                .answers_nothing(200, "It does."),
        )
}

/// Liveness: the process runs.
pub(super) async fn alive() -> Response {
    StatusCode::OK.into_response()
}

/// Readiness: the service is not shutting down, the database is reachable, and the dispatcher makes progress.
pub(super) async fn ready(State(app): State<AppState>) -> Result<Response, Problem> {
    if app.draining.is_cancelled() {
        return Err(not_ready("The service is stopping."));
    }
    app.dispatcher
        .progress()
        .map_err(|why| not_ready(&format!("The service cannot work: {why}.")))?;
    let store = app.store.within(PING);
    // A pooled connection may have been lost since its last use, so the ping is repeated once on another one.
    if store.ping().await.is_err() {
        store.ping().await?;
    }
    Ok(StatusCode::OK.into_response())
}

fn not_ready(detail: &str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, ProblemCode::NotReady, "Not ready", detail)
}
