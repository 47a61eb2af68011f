//! `GET /webhooks/{id}/stats` and `GET /stats`.

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
    let rule = Rule::Key(Action::ReadCallbacks);
    Routes::new()
        .operation(
            Method::GET,
            "/webhooks/{id}/stats",
            rule,
            read,
            Operation::new("getWebhookStats", Tag::Webhooks, "Read the statistics of a webhook")
                .text("Numbers of attempts by hour or day, and percentiles of their duration.")
                .refuses(422, "The range is not valid; `errors` says why (`invalid`)."),
        )
        .operation(
            Method::GET,
            "/stats",
            rule,
            read_total,
            Operation::new("getStats", Tag::Callbacks, "Read the statistics of all webhooks")
                .text(
                    "Numbers of attempts of all webhooks together by hour or day, also of deleted ones, and percentiles of their duration.",
                )
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
