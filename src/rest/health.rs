//! Is it alive, can it work.

use std::time::Duration;

use axum::{extract::State, http::StatusCode};

use crate::{rest::Problem, state::AppState};

/// How long the database may take to answer.
const PING: Duration = Duration::from_secs(2);

/// The process lives.
pub(super) async fn alive() -> StatusCode {
    StatusCode::OK
}

/// The service is not about to stop, the database can be reached, and the dispatcher makes progress.
pub(super) async fn ready(State(app): State<AppState>) -> Result<StatusCode, Problem> {
    if app.draining.is_cancelled() {
        return Err(not_ready("The service is stopping."));
    }
    app.dispatcher
        .progress()
        .map_err(|why| not_ready(&format!("The service cannot work: {why}.")))?;
    let store = app.store.within(PING);
    // A connection may have been lost since it was last used; then another one answers.
    if store.ping().await.is_err() {
        store.ping().await?;
    }
    Ok(StatusCode::OK)
}

fn not_ready(detail: &str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "Not ready", detail)
}
