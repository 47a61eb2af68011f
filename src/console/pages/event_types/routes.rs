//! The routes of the forms, downloads and server functions of event types.

use axum::{
    extract::{DefaultBodyLimit, FromRequestParts},
    http::{Method, request::Parts},
    routing::post,
};

use super::{
    addresses::{ARCHIVE, IMPORT, NEW},
    downloads,
    draft::CheckEventTypeDraft,
    form::{ChangeEventType, CreateEventType},
    import,
    set_state::SetEventTypeState,
};
use crate::{
    app::AppState,
    auth::{
        principal::{Principal, SignedIn},
        rules::Action,
    },
    console::page_action::{call_within, page_action},
    problem::Problem,
    request::{PublicReader, form::LARGE_FORM_BYTES_MAX},
    routes::{Routes, Rule, Ruled},
};

/// The routes.
pub fn routes() -> Routes<AppState> {
    let write = Rule::Session(Action::WriteEventTypes);
    Routes::new()
        .get("/event-types/{type}/schema", Rule::Catalogue, downloads::schema)
        .get("/event-types/{type}/example", Rule::Catalogue, downloads::example)
        .get("/event-types/{type}/typescript", Rule::Catalogue, downloads::types)
        .get(ARCHIVE, Rule::Catalogue, downloads::archive)
        .post(NEW, CreateEventType::RULE, page_action::<CreateEventType>)
        .server_fn::<CreateEventType, _>(page_action::<CreateEventType>)
        .post("/event-types/{type}/edit", ChangeEventType::RULE, page_action::<ChangeEventType>)
        .server_fn::<ChangeEventType, _>(page_action::<ChangeEventType>)
        .post("/event-types/{type}", SetEventTypeState::RULE, page_action::<SetEventTypeState>)
        .server_fn::<SetEventTypeState, _>(page_action::<SetEventTypeState>)
        .route(
            Method::POST,
            IMPORT,
            write,
            post(import::submit).layer(DefaultBodyLimit::max(import::FORM_BYTES_MAX)),
        )
        .server_fn::<CheckEventTypeDraft, _>(call_within::<{ LARGE_FORM_BYTES_MAX }>)
}

/// Extractor of the caller of a page or download of the catalogue: a user, or anybody if the catalogue is public.
pub(super) struct Reader(pub(super) Principal);

impl<S: Sync> FromRequestParts<S> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if let Some(who) = parts.extensions.get::<SignedIn>() {
            return Ok(Self(Principal::User(who.clone())));
        }
        let is_public = parts.extensions.get::<PublicReader>().is_some();
        is_public.then_some(Self(Principal::Public)).ok_or_else(Problem::unauthenticated)
    }
}
