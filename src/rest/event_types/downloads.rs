//! Files of event types: JSON Schema, example, TypeScript, and an archive of all.

use axum::{extract::State, http::Method, response::Response};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    problem::Problem,
    registry::Entry,
    rest::{
        answer,
        event_types::{find, versions},
        extract::{Caller, Params, TypeInPath},
    },
    routes::{Operation, Routes, Rule, Tag},
    services::event_types::{
        self,
        downloads::{self, File},
    },
    storage::event_types::EventTypeVersion,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DownloadParams {
    /// The number of a version. By default, the current one.
    #[schemars(with = "Option<u32>")]
    version: Option<String>,
}

/// Which types an archive contains.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ArchiveParams {
    /// Names of types and patterns, separated by commas. By default, all.
    #[schemars(example = &"identity.*,role.created")]
    types: Option<String>,
}

/// What the header `ETag` of a file says.
const FILE_TAG: &str = "A checksum of the file, for `If-None-Match`.";

pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::ReadCatalogue);
    Routes::new()
        .operation(
            Method::GET,
            "/event-types/{type}/schema",
            rule,
            schema,
            Operation::new("getEventTypeSchema", Tag::EventTypes, "Download the schema of callbacks")
                .text("The JSON Schema (2020-12) of the body of callbacks.")
                .answers_file("application/schema+json", "The JSON Schema.")
                .with("ETag", FILE_TAG),
        )
        .operation(
            Method::GET,
            "/event-types/{type}/example",
            rule,
            example,
            Operation::new("getEventTypeExample", Tag::EventTypes, "Download an example of a callback")
                .text("An example of the body of a callback.")
                .answers_file("application/json", "The example.")
                .with("ETag", FILE_TAG),
        )
        .operation(
            Method::GET,
            "/event-types/{type}/typescript",
            rule,
            typescript,
            Operation::new(
                "getEventTypeTypescript",
                Tag::EventTypes,
                "Download the TypeScript type of callbacks",
            )
            .text("A TypeScript declaration of the body of callbacks.")
            .answers_file("application/typescript", "The declaration.")
            .with("ETag", FILE_TAG),
        )
        .operation(
            Method::GET,
            "/event-types.zip",
            rule,
            archive,
            Operation::new("downloadEventTypes", Tag::EventTypes, "Download all event types")
                .text("An archive with schema, example and TypeScript declaration of each event type.")
                .answers_file("application/zip", "The archive.")
                .with("ETag", FILE_TAG),
        )
}

/// `GET /event-types/{type}/schema`: the schema of the body of callbacks.
async fn schema(
    State(app): State<AppState>,
    Caller(by): Caller,
    TypeInPath(name): TypeInPath,
    Params(params): Params<DownloadParams>,
) -> Result<Response, Problem> {
    file_of(&app, &by, &name, &params, downloads::schema).await
}

/// `GET /event-types/{type}/example`: an example of the body of a callback.
async fn example(
    State(app): State<AppState>,
    Caller(by): Caller,
    TypeInPath(name): TypeInPath,
    Params(params): Params<DownloadParams>,
) -> Result<Response, Problem> {
    file_of(&app, &by, &name, &params, downloads::example).await
}

/// `GET /event-types/{type}/typescript`: a declaration of the body of callbacks.
async fn typescript(
    State(app): State<AppState>,
    Caller(by): Caller,
    TypeInPath(name): TypeInPath,
    Params(params): Params<DownloadParams>,
) -> Result<Response, Problem> {
    file_of(&app, &by, &name, &params, downloads::typescript).await
}

/// `GET /event-types.zip`: the files of all event types, or of some.
async fn archive(State(app): State<AppState>, Caller(by): Caller, Params(params): Params<ArchiveParams>) -> Result<Response, Problem> {
    Ok(download(event_types::archive_file(&app, &by, params.types.as_deref()).await?))
}

/// The file of the current version, or of the one in the query.
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
    answer::file(file.media, &file.name, file.content)
}
