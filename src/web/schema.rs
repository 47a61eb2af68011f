//! "Download schema" of the console.

use axum::{extract::Path, response::Response};

use crate::{
    catalogue::EventType,
    rest::{Problem, schema_file},
};

/// The schema of an event type's callback body, as a file to keep.
pub(super) async fn download(Path(name): Path<String>) -> Result<Response, Problem> {
    let event: EventType = name.parse().map_err(|unknown| Problem::not_found(format!("{unknown}.")))?;
    Ok(schema_file(event))
}
