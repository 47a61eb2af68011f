//! `POST /erase`.

use axum::{Json, extract::State, http::Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::{id::EventId, page::Cursor},
    problem::Problem,
    rest::extract::{Body, Caller, NoParams, Params},
    routes::{Operation, Routes, Rule, Tag},
    services::{erase, error::FieldError},
};

/// Which events are erased: `subject`, or `source` and `id`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Erase")]
struct EraseBody {
    /// All events with this `subject`.
    #[schemars(example = &"identities/42")]
    subject: Option<String>,
    /// Events with this `source`, and with the given `id`.
    source: Option<String>,
    /// Events with this CloudEvents `id`, and with the given `source`.
    id: Option<String>,
    /// The `next` of the answer before, if it has one.
    after: Option<EventId>,
}

/// What was erased.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Erased")]
struct ErasedView {
    /// Events whose payload was erased.
    #[schemars(example = 12)]
    events: u64,
    /// Callbacks whose response body was erased.
    #[schemars(example = 14)]
    callbacks: u64,
    /// Deliveries that waited and were cancelled by this request.
    #[schemars(example = 1)]
    deliveries: u64,
    /// Deliveries that a node was sending or about to send. If there are any, send the first request again after a second, until there are none:
    /// it erases the responses that were logged in the meantime. Those that were not sent yet are cancelled.
    #[schemars(example = 0)]
    in_flight: u64,
    /// Whether nothing of it is left in free space of the database. If it is false in the last answer, vacuum the database.
    overwritten: bool,
    /// If it is not null, there are more events: send it as `after`.
    next: Option<EventId>,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    Routes::new().operation(
        Method::POST,
        "/erase",
        Rule::Key(Action::EraseData),
        run,
        Operation::new("eraseData", Tag::Events, "Erase the data of a person")
            .text(
                "Removes the payloads of events, and the response bodies in the log of their callbacks, for good. The rows stay, without these. \
                 Deliveries that wait are cancelled. A request works for a few seconds; if `next` is not null, send another one.",
            )
            .example(json!({ "subject": "identities/42" })),
    )
}

/// `POST /erase`
async fn run(
    State(app): State<AppState>,
    Caller(by): Caller,
    _: Params<NoParams>,
    Body(body): Body<EraseBody>,
) -> Result<Json<ErasedView>, Problem> {
    let what = erase::selection(body.subject, body.source, body.id)?;
    let after = match body.after {
        Some(id) => Some(position(&app, id).await?),
        None => None,
    };
    let erased = erase::erase(&app, &by, &what, after).await?;
    Ok(Json(ErasedView {
        events: erased.events,
        callbacks: erased.callbacks,
        deliveries: erased.deliveries,
        in_flight: erased.in_flight,
        overwritten: erased.is_gone,
        next: erased.rest.map(|cursor| EventId(cursor.id)),
    }))
}

/// The position of this event in the order in which events are erased.
async fn position(app: &AppState, id: EventId) -> Result<Cursor, Problem> {
    let detail = "There is no event with this id; send the request without `after`.";
    let unknown = || Problem::invalid(vec![FieldError::new("/after", detail)]);
    app.store.event_position(id).await?.ok_or_else(unknown)
}
