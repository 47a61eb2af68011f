//! Responses of the API. Their types describe them in the `OpenAPI` document.

use axum::{
    Json,
    body::Bytes,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    rest::entity_tag::{Tagged, tag_of_content},
    routes::{Operation, Output, schema_of},
};

/// 201: something was created.
pub(super) struct Created<T> {
    /// Its address.
    pub(super) location: String,
    pub(super) created: Tagged<T>,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, [(header::LOCATION, self.location)], self.created).into_response()
    }
}

impl<T: JsonSchema> Output for Created<T> {
    fn describe(operation: &mut Operation) {
        operation.add_answer(201, "Created.", Some(("application/json", Some(schema_of::<T>))));
        operation.add_answer_header("Location", "The path of what was created.");
        operation.add_answer_header("ETag", "Its version, for `If-Match`.");
    }
}

/// A response that contains a credential, such as a signing secret or the value of a header. It is not compressed, because the compressed
/// length would tell something about the credential to whoever chooses another part of the response (BREACH).
pub(super) struct Confidential<T>(pub(super) T);

/// The extension of such a response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HoldsCredential;

impl<T: IntoResponse> IntoResponse for Confidential<T> {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        response.extensions_mut().insert(HoldsCredential);
        response
    }
}

impl<T: Output> Output for Confidential<T> {
    fn describe(operation: &mut Operation) {
        T::describe(operation);
    }
}

/// 202: stored durably, to be sent soon.
pub(super) struct Accepted<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self.0)).into_response()
    }
}

impl<T: JsonSchema> Output for Accepted<T> {
    fn describe(operation: &mut Operation) {
        operation.add_answer(
            202,
            "Stored durably, and sent soon.",
            Some(("application/json", Some(schema_of::<T>))),
        );
    }
}

/// 204: done, and there is nothing to say.
pub(super) struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl Output for NoContent {
    fn describe(operation: &mut Operation) {
        operation.add_answer(204, "Done.", None);
    }
}

/// A file with an entity tag. Its route describes it with [`Operation::answers_file`].
pub(super) fn file(media: &'static str, name: &str, content: Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::ETAG, tag_of_content(&content)),
    ];
    (headers, content).into_response()
}
