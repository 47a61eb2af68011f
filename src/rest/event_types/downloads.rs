//! Files of event types: JSON Schema, example, TypeScript, and an archive of all.

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    problem::Problem,
    registry::Entry,
    rest::{
        event_types::{find, versions},
        extract::{Caller, Params},
    },
    routes::{Routes, Rule},
    services::event_types::{
        self,
        downloads::{self, File},
    },
    storage::event_types::EventTypeVersion,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DownloadParams {
    version: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchiveParams {
    /// Names of types and patterns, separated by commas.
    types: Option<String>,
}

pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::ReadCatalogue);
    Routes::new()
        .get("/event-types/{type}/schema", rule, schema)
        .get("/event-types/{type}/example", rule, example)
        .get("/event-types/{type}/typescript", rule, typescript)
        .get("/event-types.zip", rule, archive)
}

/// `GET /event-types/{type}/schema`: the schema of the body of callbacks.
async fn schema(
    State(app): State<AppState>,
    Caller(by): Caller,
    Path(name): Path<String>,
    Params(params): Params<DownloadParams>,
) -> Result<Response, Problem> {
    file_of(&app, &by, &name, &params, downloads::schema).await
}

/// `GET /event-types/{type}/example`: an example of the body of a callback.
async fn example(
    State(app): State<AppState>,
    Caller(by): Caller,
    Path(name): Path<String>,
    Params(params): Params<DownloadParams>,
) -> Result<Response, Problem> {
    file_of(&app, &by, &name, &params, downloads::example).await
}

/// `GET /event-types/{type}/typescript`: a declaration of the body of callbacks.
async fn typescript(
    State(app): State<AppState>,
    Caller(by): Caller,
    Path(name): Path<String>,
    Params(params): Params<DownloadParams>,
) -> Result<Response, Problem> {
    file_of(&app, &by, &name, &params, downloads::typescript).await
}

/// `GET /event-types.zip`: the files of all event types, or of some.
async fn archive(State(app): State<AppState>, Caller(by): Caller, Params(params): Params<ArchiveParams>) -> Result<Response, Problem> {
    Ok(download(event_types::archive_file(&app, &by, params.types.as_deref()).await?))
}

/// The file of the present version, or of the one in the query.
async fn file_of(
    app: &AppState,
    by: &Principal,
    name: &str,
    params: &DownloadParams,
    file: fn(&Entry, Option<&EventTypeVersion>) -> File,
) -> Result<Response, Problem> {
    let (entry, version) = match &params.version {
        None => (find(event_types::get(app, by, name).await, name)?, None),
        Some(number) => {
            let (entry, version) = versions::one(app, by, name, number).await?;
            (entry, Some(version))
        }
    };
    Ok(download(file(&entry, version.as_ref())))
}

/// A file as a download.
fn download(file: File) -> Response {
    let headers = [
        (header::CONTENT_TYPE, file.media.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
    ];
    (headers, file.content).into_response()
}
