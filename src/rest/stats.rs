//! `GET /webhooks/{id}/stats`.

use std::time::Duration;

use axum::{Json, extract::State};
use serde::Deserialize;

use crate::{
    app::AppState,
    domain::{id::WebhookId, timestamp::Timestamp},
    rest::{
        Problem,
        extract::{Caller, Id, Params, moment},
    },
    services::webhooks::{self, Period, Stats},
};

/// The default time range.
const USUAL: Duration = Duration::from_secs(24 * 3_600);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatsParams {
    from: Option<String>,
    to: Option<String>,
    #[serde(default)]
    period: Period,
}

/// `GET /webhooks/{id}/stats`
pub(super) async fn read(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    Params(params): Params<StatsParams>,
) -> Result<Json<Stats>, Problem> {
    let to = moment("to", params.to.as_deref())?.unwrap_or_else(Timestamp::now);
    let from = moment("from", params.from.as_deref())?.unwrap_or_else(|| to.minus(USUAL));
    Ok(Json(webhooks::stats(&app, &by, id, from, to, params.period).await?))
}
