//! `GET /webhooks/{id}/stats`.

use std::time::Duration;

use axum::{Json, extract::State};
use serde::Deserialize;

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::{id::WebhookId, timestamp::Timestamp},
    problem::Problem,
    rest::extract::{Caller, Id, Params, moment},
    routes::{Routes, Rule},
    services::webhooks::{self, Period, Stats},
};

/// The default time range.
const USUAL: Duration = Duration::from_secs(24 * 3_600);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatsParams {
    from: Option<String>,
    to: Option<String>,
    #[serde(default)]
    period: Period,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    Routes::new().get("/webhooks/{id}/stats", Rule::Key(Action::ReadCallbacks), read)
}

/// `GET /webhooks/{id}/stats`
async fn read(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    Params(params): Params<StatsParams>,
) -> Result<Json<Stats>, Problem> {
    let to = moment("to", params.to.as_deref())?.unwrap_or_else(Timestamp::now);
    let from = moment("from", params.from.as_deref())?.unwrap_or_else(|| to.minus(USUAL));
    Ok(Json(webhooks::stats(&app, &by, id, from, to, params.period).await?))
}
