//! `GET /webhooks/{id}/stats`.

use std::time::Duration;

use axum::{Json, extract::State, http::Method};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::{id::WebhookId, timestamp::Timestamp},
    problem::Problem,
    rest::extract::{Caller, Id, Params, moment},
    routes::{Operation, Routes, Rule, Tag},
    services::webhooks::{self, Period, Stats},
};

/// The default time range.
const USUAL: Duration = Duration::from_secs(24 * 3_600);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StatsParams {
    /// The beginning of the range. By default, 24 hours before `to`.
    #[schemars(with = "Option<Timestamp>")]
    from: Option<String>,
    /// The end of the range. By default, now. At most 31 days after `from` by hours, 366 days by days.
    #[schemars(with = "Option<Timestamp>")]
    to: Option<String>,
    /// The length of each bucket.
    #[serde(default)]
    period: Period,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    Routes::new().operation(
        Method::GET,
        "/webhooks/{id}/stats",
        Rule::Key(Action::ReadCallbacks),
        read,
        Operation::new("getWebhookStats", Tag::Webhooks, "Read the statistics of a webhook")
            .text("Numbers of attempts by hour or day, and percentiles of their duration.")
            .refuses(422, "The range is not valid; `errors` says why (`invalid`)."),
    )
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
