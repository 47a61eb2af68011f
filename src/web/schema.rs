//! "Download schema" and "Download example" of the console.

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    catalogue::{EventType, example::example_text},
    rest::{Problem, schema_file},
};

/// The schema of an event type's callback body, as a file to keep.
pub(super) async fn download(Path(name): Path<String>) -> Result<Response, Problem> {
    let event: EventType = name.parse().map_err(|unknown| Problem::not_found(format!("{unknown}.")))?;
    Ok(schema_file(event))
}

/// The example of an event type's callback body, as a file to keep.
pub(super) async fn example(Path(name): Path<String>) -> Result<Response, Problem> {
    let event: EventType = name.parse().map_err(|unknown| Problem::not_found(format!("{unknown}.")))?;
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{event}.example.json\""),
        ),
    ];
    Ok((headers, example_text(event)).into_response())
}
