//! The downloads of an event type: the JSON Schema of the body of its callbacks, an example, and TypeScript declarations; and all of them in
//! one archive.

use axum::{
    extract::{Path, RawQuery, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{load_event_type::version_of, routes::Reader};
use crate::{
    app::AppState,
    auth::principal::Principal,
    console::href::read_query,
    problem::Problem,
    registry::Entry,
    services::{
        error::UseCaseError,
        event_types::{self, downloads::File},
    },
    storage::event_types::EventTypeVersion,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct VersionQuery {
    /// The version. By default the current one.
    version: Option<u32>,
}

/// Makes a file of a version of an event type.
type Make = fn(&Entry, Option<&EventTypeVersion>) -> File;

async fn file(app: &AppState, by: &Principal, key: &str, query: Option<String>, make: Make) -> Result<Response, UseCaseError> {
    let entry = event_types::get(app, by, key).await?;
    let number = query.and_then(|query| read_query::<VersionQuery>(&query).version);
    let version = match number {
        Some(number) => Some(version_of(app, &entry, number).await?),
        None => None,
    };
    Ok(attachment(make(&entry, version.as_ref())))
}

/// `GET /event-types/{type}/schema`
pub(super) async fn schema(
    State(app): State<AppState>,
    Reader(by): Reader,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Ok(file(&app, &by, &key, query, event_types::downloads::schema).await?)
}

/// `GET /event-types/{type}/example`
pub(super) async fn example(
    State(app): State<AppState>,
    Reader(by): Reader,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Ok(file(&app, &by, &key, query, event_types::downloads::example).await?)
}

/// `GET /event-types/{type}/typescript`
pub(super) async fn types(
    State(app): State<AppState>,
    Reader(by): Reader,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Ok(file(&app, &by, &key, query, event_types::downloads::typescript).await?)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ArchiveQuery {
    /// Names of types and patterns, separated by commas. By default all.
    types: Option<String>,
}

/// `GET /event-types.zip`
pub(super) async fn archive(State(app): State<AppState>, Reader(by): Reader, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let only = query.and_then(|query| read_query::<ArchiveQuery>(&query).types);
    Ok(attachment(event_types::archive_file(&app, &by, only.as_deref()).await?))
}

fn attachment(File { name, media, content }: File) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, content).into_response()
}
