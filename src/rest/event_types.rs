//! The catalogue: `GET /event-types`, `GET /event-types/{type}` and `GET /event-types/{type}/schema`.

use axum::{
    Json,
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    app::AppState,
    auth::rules::Action,
    catalogue::{
        BuiltIn,
        example::example_body,
        schema::{callback_schema, schema_file_name},
    },
    problem::Problem,
    rest::extract::{NoParams, Params},
    routes::{Routes, Rule},
};

#[derive(Serialize)]
struct EventTypeView {
    #[serde(rename = "type")]
    event_type: BuiltIn,
    name: &'static str,
    description: &'static str,
    example: Value,
}

impl From<BuiltIn> for EventTypeView {
    fn from(event_type: BuiltIn) -> Self {
        Self {
            event_type,
            name: event_type.name(),
            description: event_type.description(),
            example: example_body(event_type),
        }
    }
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::ReadCatalogue);
    Routes::new()
        .get("/event-types", rule, list)
        .get("/event-types/{type}", rule, read)
        .get("/event-types/{type}/schema", rule, schema)
}

/// The whole catalogue.
async fn list(_: Params<NoParams>) -> Result<Json<Value>, Problem> {
    let items: Vec<EventTypeView> = BuiltIn::ALL.into_iter().map(EventTypeView::from).collect();
    Ok(Json(json!({ "items": items, "next_cursor": null })))
}

/// One event type.
async fn read(Path(name): Path<String>, _: Params<NoParams>) -> Result<Json<EventTypeView>, Problem> {
    Ok(Json(find(&name)?.into()))
}

/// The schema of an event type's callback body.
async fn schema(Path(name): Path<String>, _: Params<NoParams>) -> Result<Response, Problem> {
    Ok(schema_file(find(&name)?))
}

/// The schema as a download.
fn schema_file(event_type: BuiltIn) -> Response {
    let disposition = format!("attachment; filename=\"{}\"", schema_file_name(event_type));
    let headers = [
        (header::CONTENT_TYPE, "application/schema+json".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, format!("{:#}\n", callback_schema(event_type))).into_response()
}

fn find(name: &str) -> Result<BuiltIn, Problem> {
    name.parse().map_err(|unknown| Problem::not_found(format!("{unknown}.")))
}
