//! The versions of an event type's schema.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequestParts, Path, State},
    http::{Method, request::Parts},
};
use schemars::JsonSchema;
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
        extract::{Caller, List, NoParams, PageView, Params, TypeInPath, limit},
    },
    routes::{Input, Operation, Parameter, Routes, Rule, Single, Tag, schema_of},
    services::{error::UseCaseError, event_types},
    storage::event_types::EventTypeVersion,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct VersionParams {
    limit: Option<u64>,
    cursor: Option<String>,
}

/// The variables of the path of a version, as text.
#[derive(Deserialize)]
struct VersionInPath {
    #[serde(rename = "type")]
    event_type: String,
    version: String,
}

impl<S: Send + Sync> FromRequestParts<S> for VersionInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let found = Path::<Self>::from_request_parts(parts, state).await;
        found
            .map(|Path(found)| found)
            .map_err(|_| Problem::not_found("There is no such version."))
    }
}

impl Input for VersionInPath {
    fn describe(operation: &mut Operation) {
        TypeInPath::describe(operation);
        operation.parameters.push(Parameter::Path(Single {
            name: "version",
            description: "The number of the version, from 1.",
            schema: schema_of::<u32>,
        }));
    }
}

/// A version of the schema of an event type.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EventTypeVersion")]
struct VersionView {
    /// The event type.
    #[serde(rename = "type")]
    event_type: EventType,
    /// The number of the version.
    #[schemars(example = 1)]
    version: u32,
    /// Whether it is the current version.
    current: bool,
    /// The JSON Schema of `data`. Null permits any JSON.
    schema: Option<Value>,
    /// The first example of `data`.
    example: Option<Value>,
    /// All examples of `data`.
    examples: Vec<Value>,
    /// When it became the current version.
    created_at: Timestamp,
}

pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::ReadCatalogue);
    Routes::new()
        .operation(
            Method::GET,
            "/event-types/{type}/versions",
            rule,
            list,
            Operation::new("listEventTypeVersions", Tag::EventTypes, "List the versions of an event type")
                .text("The versions of the schema, newest first."),
        )
        .operation(
            Method::GET,
            "/event-types/{type}/versions/{version}",
            rule,
            read,
            Operation::new("getEventTypeVersion", Tag::EventTypes, "Read a version of an event type"),
        )
}

/// `GET /event-types/{type}/versions`
async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    TypeInPath(name): TypeInPath,
    list: List,
    Params(params): Params<VersionParams>,
) -> Result<PageView<VersionView>, Problem> {
    let (after, limit) = (list.cursor(params.cursor.as_deref())?, limit(params.limit)?);
    let (entry, page) = find(event_types::versions(&app, &by, &name, after, limit).await, &name)?;
    Ok(PageView::of(&list, page, |version| view(&entry, &version)))
}

/// `GET /event-types/{type}/versions/{version}`
async fn read(
    State(app): State<AppState>,
    Caller(by): Caller,
    VersionInPath { event_type, version }: VersionInPath,
    _: Params<NoParams>,
) -> Result<Json<VersionView>, Problem> {
    let (entry, version) = one(&app, &by, &event_type, &version).await?;
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
