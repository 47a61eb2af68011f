//! The `OpenAPI` 3.1 document, generated from the routes and their types (`routes::Operation`). It is served at `/api/openapi.json`, and
//! `docs/openapi.json` is a copy that a test compares.

mod document;
mod example;
mod schemas;

use std::sync::{Arc, OnceLock};

use axum::{
    body::Bytes,
    http::{Method, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

pub use self::document::document;
use crate::{
    app::AppState,
    rest::entity_tag::tag_of_content,
    routes::{Operation, Routes, Row, Rule, Tag},
};

/// How long a client may use the document without asking again.
const CACHED: &str = "public, max-age=300";

/// The document, which is generated when it is requested first.
#[derive(Default)]
struct Served {
    rows: OnceLock<Vec<Row>>,
    text: OnceLock<(Bytes, String)>,
}

impl Served {
    /// The text and its entity tag.
    fn text(&self) -> &(Bytes, String) {
        self.text.get_or_init(|| {
            let document = document(self.rows.get().map_or(&[], Vec::as_slice));
            let text = printed(&document).into_bytes();
            let tag = tag_of_content(&text);
            (text.into(), tag)
        })
    }
}

/// The document as text.
pub fn printed(document: &Value) -> String {
    format!("{document:#}\n")
}

/// Adds the route of the document that describes these routes and itself.
pub(super) fn with_document(routes: Routes<AppState>) -> Routes<AppState> {
    let served = Arc::new(Served::default());
    let read = {
        let served = served.clone();
        move || std::future::ready(response(&served))
    };
    let routes = routes.operation(
        Method::GET,
        "/api/openapi.json",
        Rule::Open,
        read,
        Operation::new("getOpenApi", Tag::Service, "Read this document")
            .text("The OpenAPI 3.1 document of the API.")
            .answers_file("application/json", "The document.")
            .with("ETag", "A checksum of the document, for `If-None-Match`."),
    );
    // It is empty until here, so it can be set.
    let _ = served.rows.set(routes.rows().to_vec());
    routes
}

fn response(served: &Served) -> Response {
    let (text, tag) = served.text();
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, CACHED),
        (header::ETAG, tag),
    ];
    (headers, text.clone()).into_response()
}
