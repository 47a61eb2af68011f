//! Is it alive, can it work.

use axum::{extract::State, http::StatusCode};

use crate::{rest::Problem, state::AppState};

/// The process lives.
pub(super) async fn alive() -> StatusCode {
    StatusCode::OK
}

/// The database can be reached, and the dispatcher makes progress.
pub(super) async fn ready(State(app): State<AppState>) -> Result<StatusCode, Problem> {
    app.store.ping().await?;
    app.dispatcher.progress().map_err(|why| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not-ready",
            "Not ready",
            format!("Callbacks are not sent: {why}."),
        )
    })?;
    Ok(StatusCode::OK)
}
