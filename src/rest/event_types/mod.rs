//! `/event-types`: list, create, read, change, archive, check.

mod downloads;
mod entity_tag;
mod import;
mod versions;
mod view;

use axum::{
    Json,
    extract::{DefaultBodyLimit, Path, State},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{patch, post},
};
use serde::Deserialize;

use self::{
    entity_tag::{EntityTag, IfMatch},
    view::{EventTypeView, FullView},
};
use crate::{
    app::AppState,
    auth::rules::Action,
    domain::event_type::{EventTypeState, Origin},
    problem::Problem,
    registry::Entry,
    rest::{
        extract::{Body, Caller, List, NoParams, PageView, Params, limit, named},
        webhook_body::Patch,
    },
    routes::{Routes, Rule},
    services::{
        error::UseCaseError,
        event_types::{self, CheckInput, CheckResult, EventTypeFilter, EventTypeInput},
    },
};

/// Maximum size of a body with a schema and examples, in bytes.
const BODY_BYTES_MAX: usize = 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParams {
    q: Option<String>,
    group: Option<String>,
    state: Option<String>,
    origin: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// The routes of this folder.
pub(super) fn routes() -> Routes<AppState> {
    let (read_rule, write_rule) = (Rule::Key(Action::ReadCatalogue), Rule::Key(Action::WriteEventTypes));
    let large = || DefaultBodyLimit::max(BODY_BYTES_MAX);
    Routes::new()
        .get("/event-types", read_rule, list)
        .route(Method::POST, "/event-types", write_rule, post(create).layer(large()))
        .get("/event-types/{type}", read_rule, read)
        .route(Method::PATCH, "/event-types/{type}", write_rule, patch(change).layer(large()))
        .delete("/event-types/{type}", write_rule, archive)
        .route(Method::POST, "/event-types/{type}/check", write_rule, post(check).layer(large()))
        .merge(downloads::routes())
        .merge(versions::routes())
        .merge(import::routes())
}

/// `GET /event-types`
async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    list: List,
    Params(params): Params<ListParams>,
) -> Result<Response, Problem> {
    let filter = EventTypeFilter {
        q: params.q,
        group: params.group,
        state: named::<EventTypeState>("state", params.state.as_deref())?,
        origin: named::<Origin>("origin", params.origin.as_deref())?,
    };
    let (after, limit) = (list.cursor(params.cursor.as_deref())?, limit(params.limit)?);
    let page = event_types::list(&app, &by, &filter, after, limit).await?;
    Ok(PageView::of(&list, page, |entry| EventTypeView::of(&entry)))
}

/// `POST /event-types`
async fn create(
    State(app): State<AppState>,
    Caller(by): Caller,
    _: Params<NoParams>,
    Body(input): Body<EventTypeInput, BODY_BYTES_MAX>,
) -> Result<Response, Problem> {
    let entry = event_types::create(&app, &by, input).await?;
    let location = format!("/api/v1/event-types/{}", entry.event_type().in_path());
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], full(&entry)).into_response())
}

/// `GET /event-types/{type}`
async fn read(State(app): State<AppState>, Caller(by): Caller, Path(name): Path<String>, _: Params<NoParams>) -> Result<Response, Problem> {
    Ok(full(&*find(event_types::get(&app, &by, &name).await, &name)?))
}

/// `PATCH /event-types/{type}`
async fn change(
    State(app): State<AppState>,
    Caller(by): Caller,
    Path(name): Path<String>,
    _: Params<NoParams>,
    if_match: IfMatch,
    Body(patch): Body<Patch<EventTypeInput>, BODY_BYTES_MAX>,
) -> Result<Response, Problem> {
    let edit = |input: EventTypeInput| patch.apply(&input);
    let changed = match if_match.seen(&*find(event_types::get(&app, &by, &name).await, &name)?)? {
        Some(seen) => event_types::replace(&app, &by, &name, seen, edit)
            .await
            .map_err(entity_tag::stale)?,
        None => event_types::patch(&app, &by, &name, edit).await?,
    };
    Ok(full(&changed))
}

/// `DELETE /event-types/{type}`, which archives it.
async fn archive(
    State(app): State<AppState>,
    Caller(by): Caller,
    Path(name): Path<String>,
    _: Params<NoParams>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let seen = if_match.seen(&*find(event_types::get(&app, &by, &name).await, &name)?)?;
    event_types::archive(&app, &by, &name, seen).await.map_err(|error| match seen {
        Some(_) => entity_tag::stale(error),
        None => error.into(),
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /event-types/{type}/check`
async fn check(
    State(app): State<AppState>,
    Caller(by): Caller,
    Path(name): Path<String>,
    _: Params<NoParams>,
    Body(input): Body<CheckInput, BODY_BYTES_MAX>,
) -> Result<Json<CheckResult>, Problem> {
    Ok(Json(find(event_types::check(&app, &by, &name, input).await, &name)?))
}

/// A response with everything about an event type.
fn full(entry: &Entry) -> Response {
    ([(header::ETAG, EntityTag::of(entry).to_string())], Json(FullView::of(entry))).into_response()
}

/// Names the event type in the error if there is none.
fn find<T>(found: Result<T, UseCaseError>, name: &str) -> Result<T, Problem> {
    found.map_err(|error| match error {
        UseCaseError::NotFound => {
            let name: String = name.chars().take(200).collect();
            Problem::not_found(format!("there is no event type `{name}`."))
        }
        error => error.into(),
    })
}
