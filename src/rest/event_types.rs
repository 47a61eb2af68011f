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
    auth::rules::Action,
    catalogue::{
        EventType,
        example::example_body,
        schema::{callback_schema, schema_file_name},
    },
    rest::{
        Problem,
        extract::{Caller, NoParams, Params},
    },
};

#[derive(Serialize)]
pub(super) struct EventTypeView {
    #[serde(rename = "type")]
    event_type: EventType,
    name: &'static str,
    description: &'static str,
    example: Value,
}

impl From<EventType> for EventTypeView {
    fn from(event_type: EventType) -> Self {
        Self {
            event_type,
            name: event_type.name(),
            description: event_type.description(),
            example: example_body(event_type),
        }
    }
}

/// The whole catalogue.
pub(super) async fn list(Caller(by): Caller, _: Params<NoParams>) -> Result<Json<Value>, Problem> {
    by.may(Action::ReadCatalogue, false)?;
    let items: Vec<EventTypeView> = EventType::ALL.into_iter().map(EventTypeView::from).collect();
    Ok(Json(json!({ "items": items, "next_cursor": null })))
}

/// One event type.
pub(super) async fn read(Caller(by): Caller, Path(name): Path<String>, _: Params<NoParams>) -> Result<Json<EventTypeView>, Problem> {
    by.may(Action::ReadCatalogue, false)?;
    Ok(Json(find(&name)?.into()))
}

/// The schema of an event type's callback body.
pub(super) async fn schema(Caller(by): Caller, Path(name): Path<String>, _: Params<NoParams>) -> Result<Response, Problem> {
    by.may(Action::ReadCatalogue, false)?;
    Ok(schema_file(find(&name)?))
}

/// The schema as a download.
pub fn schema_file(event_type: EventType) -> Response {
    let disposition = format!("attachment; filename=\"{}\"", schema_file_name(event_type));
    let headers = [
        (header::CONTENT_TYPE, "application/schema+json".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, format!("{:#}\n", callback_schema(event_type))).into_response()
}

fn find(name: &str) -> Result<EventType, Problem> {
    name.parse().map_err(|unknown| Problem::not_found(format!("{unknown}.")))
}
