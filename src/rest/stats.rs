//! `GET /webhooks/{id}/stats` and `GET /stats`.

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
    let rule = Rule::Key(Action::ReadCallbacks);
    Routes::new()
        .get("/webhooks/{id}/stats", rule, read)
        .get("/stats", rule, read_total)
}

/// `GET /webhooks/{id}/stats`
async fn read(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    Params(params): Params<StatsParams>,
) -> Result<Json<Stats>, Problem> {
    let (from, to) = range(&params)?;
    Ok(Json(webhooks::stats(&app, &by, id, from, to, params.period).await?))
}

/// `GET /stats`
async fn read_total(State(app): State<AppState>, Caller(by): Caller, Params(params): Params<StatsParams>) -> Result<Json<Stats>, Problem> {
    let (from, to) = range(&params)?;
    Ok(Json(webhooks::total_stats(&app, &by, from, to, params.period).await?))
}

/// The time range: by default the last 24 hours before `to`, which is by default now.
fn range(params: &StatsParams) -> Result<(Timestamp, Timestamp), Problem> {
    let to = moment("to", params.to.as_deref())?.unwrap_or_else(Timestamp::now);
    let from = moment("from", params.from.as_deref())?.unwrap_or_else(|| to.minus(USUAL));
    Ok((from, to))
}
