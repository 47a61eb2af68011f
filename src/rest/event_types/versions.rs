//! The versions of an event type's schema.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{event_type::EventType, timestamp::Timestamp},
    problem::Problem,
    registry::Entry,
    rest::{
        event_types::find,
        extract::{Caller, List, NoParams, PageView, Params, limit},
    },
    routes::{Routes, Rule},
    services::{error::UseCaseError, event_types},
    storage::event_types::EventTypeVersion,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionParams {
    limit: Option<u64>,
    cursor: Option<String>,
}

/// A version in the API's format.
#[derive(Serialize)]
struct VersionView {
    #[serde(rename = "type")]
    event_type: EventType,
    version: u32,
    /// Whether it is the present version.
    current: bool,
    /// The JSON Schema of `data`. Null permits any JSON.
    schema: Option<Value>,
    example: Option<Value>,
    examples: Vec<Value>,
    created_at: Timestamp,
}

pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::ReadCatalogue);
    Routes::new()
        .get("/event-types/{type}/versions", rule, list)
        .get("/event-types/{type}/versions/{version}", rule, read)
}

/// `GET /event-types/{type}/versions`
async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    Path(name): Path<String>,
    list: List,
    Params(params): Params<VersionParams>,
) -> Result<Response, Problem> {
    let (after, limit) = (list.cursor(params.cursor.as_deref())?, limit(params.limit)?);
    let (entry, page) = find(event_types::versions(&app, &by, &name, after, limit).await, &name)?;
    Ok(PageView::of(&list, page, |version| view(&entry, &version)))
}

/// `GET /event-types/{type}/versions/{version}`
async fn read(
    State(app): State<AppState>,
    Caller(by): Caller,
    Path((name, version)): Path<(String, String)>,
    _: Params<NoParams>,
) -> Result<Json<VersionView>, Problem> {
    let (entry, version) = one(&app, &by, &name, &version).await?;
    Ok(Json(view(&entry, &version)))
}

/// One version by its number as text.
pub(super) async fn one(app: &AppState, by: &Principal, name: &str, version: &str) -> Result<(Arc<Entry>, EventTypeVersion), Problem> {
    let entry = find(event_types::get(app, by, name).await, name)?;
    let none = || {
        Problem::not_found(format!(
            "The event type {name} has no version {}.",
            version.chars().take(20).collect::<String>()
        ))
    };
    let number = version.parse().map_err(|_| none())?;
    match event_types::version(app, by, name, number).await {
        Ok(found) => Ok(found),
        Err(UseCaseError::NotFound) => Err(none()),
        Err(error) => find(Err(error), entry.event_type().as_str()),
    }
}

fn view(entry: &Entry, version: &EventTypeVersion) -> VersionView {
    let examples: Vec<Value> = serde_json::from_str(&version.content.examples).unwrap_or_default();
    VersionView {
        event_type: entry.event_type().clone(),
        version: version.version,
        current: version.version == entry.record.version,
        schema: version.content.schema.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        example: examples.first().cloned(),
        examples,
        created_at: version.created_at,
    }
}
