//! The downloads of an event type: the JSON Schema and an example of the body of its callbacks.

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    catalogue::{
        BuiltIn,
        example::example_text,
        schema::{callback_schema, schema_file_name},
    },
    problem::Problem,
};

/// `GET /event-types/{type}/schema`
pub(super) async fn schema(Path(name): Path<String>) -> Result<Response, Problem> {
    let event = find(&name)?;
    let text = format!("{:#}\n", callback_schema(event));
    Ok(file("application/schema+json", &schema_file_name(event), text))
}

/// `GET /event-types/{type}/example`
pub(super) async fn example(Path(name): Path<String>) -> Result<Response, Problem> {
    let event = find(&name)?;
    Ok(file("application/json", &format!("{event}.example.json"), example_text(event)))
}

fn find(name: &str) -> Result<BuiltIn, Problem> {
    name.parse().map_err(|unknown| Problem::not_found(format!("{unknown}.")))
}

fn file(media: &'static str, name: &str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, text).into_response()
}
