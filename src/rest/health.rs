//! Health checks: `/healthz` and `/readyz`.

use std::time::Duration;

use axum::{extract::State, http::StatusCode};

use crate::{app::AppState, problem::Problem};

/// Timeout of the database ping.
const PING: Duration = Duration::from_secs(2);

/// Liveness: the process runs.
pub(super) async fn alive() -> StatusCode {
    StatusCode::OK
}

/// Readiness: the service is not shutting down, the database is reachable, and the dispatcher makes progress.
pub(super) async fn ready(State(app): State<AppState>) -> Result<StatusCode, Problem> {
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
    Ok(StatusCode::OK)
}

fn not_ready(detail: &str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "Not ready", detail)
}
