//! Is it alive, can it work.

use axum::{extract::State, http::StatusCode};

use crate::{rest::Problem, state::AppState};

/// The process lives.
pub(super) async fn alive() -> StatusCode {
    StatusCode::OK
}

/// The database can be reached.
pub(super) async fn ready(State(app): State<AppState>) -> Result<StatusCode, Problem> {
    app.store.ping().await?;
    Ok(StatusCode::OK)
}
