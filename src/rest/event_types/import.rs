//! `POST /event-types/import`.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, State},
    http::{HeaderMap, Method, header},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    app::AppState,
    auth::rules::Action,
    problem::Problem,
    request::form::check_length,
    rest::extract::{Caller, Params, body_problem, describe_body},
    routes::{Operation, Routes, Rule, Tag},
    services::{
        event_types::{self, Import, ImportRequest},
        events::content_coding::ContentCoding,
    },
};

/// Maximum size of a document, in bytes. The published `OpenAPI` document of a large service has 12 MB.
const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ImportParams {
    /// Only say what would be new, changed or rejected.
    #[serde(default)]
    dry_run: bool,
    /// Accept schemas that break publishers or receivers.
    #[serde(default)]
    breaking: bool,
    /// The group of types for which the document names none.
    group: Option<String>,
    /// The name of the file, from which a type gets its name if the document has none.
    file_name: Option<String>,
}

pub(super) fn routes() -> Routes<AppState> {
    let mut operation = Operation::new("importEventTypes", Tag::EventTypes, "Import event types")
        .text(
            "Reads an OpenAPI 3.0 or 3.1 or AsyncAPI 2 or 3 document, a JSON Schema, or examples, in JSON or YAML. All types are imported, or \
             none. The media type does not matter, because the format is found from the content.",
        )
        .body::<Value>(
            "application/json",
            json!({ "$id": "https://example.com/invoice.paid", "title": "Invoice paid", "type": "object" }),
        )
        .file_body("application/yaml", json!("$id: https://example.com/invoice.paid\ntitle: Invoice paid\ntype: object\n"))
        .body_bytes_max(BODY_BYTES_MAX)
        .refuses(409, "A schema is not compatible with the current one (`incompatible`), or others change the types too often (`changed-meanwhile`).")
        .once();
    describe_body(&mut operation);
    Routes::new().operation(
        Method::POST,
        "/event-types/import",
        Rule::Key(Action::WriteEventTypes),
        import,
        operation,
    )
}

/// Imports a document. Its format is found out from its content, JSON or YAML, so any media type is accepted except that of forms with files.
async fn import(
    State(app): State<AppState>,
    Caller(by): Caller,
    Params(params): Params<ImportParams>,
    request: Request,
) -> Result<Json<Import>, Problem> {
    check_media(request.headers())?;
    check_length(request.headers(), BODY_BYTES_MAX)?;
    let body = Bytes::from_request(request, &app)
        .await
        .map_err(|rejection| body_problem(&rejection, BODY_BYTES_MAX))?;
    let request = ImportRequest {
        dry_run: params.dry_run,
        breaking: params.breaking,
        group: params.group,
        file_name: params.file_name,
    };
    Ok(Json(event_types::import(&app, &by, body.to_vec(), request).await?))
}

fn check_media(headers: &HeaderMap) -> Result<(), Problem> {
    let media = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if media.to_ascii_lowercase().starts_with("multipart/") {
        return Err(Problem::unsupported_media(
            "Send the document itself as the body: curl --data-binary @openapi.json.",
        ));
    }
    if ContentCoding::of(headers) != Ok(ContentCoding::Identity) {
        return Err(Problem::unsupported_media("Send the body without Content-Encoding."));
    }
    Ok(())
}
