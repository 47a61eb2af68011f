//! `/event-types`: list, create, read, change, archive, check.

mod downloads;
mod import;
mod versions;
mod view;

use axum::{Json, extract::State, http::Method};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use self::view::{EventTypeView, FullView};
use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        event_type::{EventTypeState, Origin},
        timestamp::Timestamp,
    },
    problem::Problem,
    registry::Entry,
    rest::{
        answer::{Created, NoContent},
        entity_tag::{IfMatch, Tagged, refused},
        extract::{Body, Caller, List, NoParams, PageView, Params, TypeInPath, limit, named},
        webhook_body::Patch,
    },
    routes::{Operation, Routes, Rule, Tag},
    services::{
        error::UseCaseError,
        event_types::{self, CheckInput, CheckResult, EventTypeFilter, EventTypeInput},
    },
};

/// Maximum size of a body with a schema and examples, in bytes.
const BODY_BYTES_MAX: usize = 1024 * 1024;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Only types whose type, name or description contains this text; upper and lower case are the same.
    q: Option<String>,
    /// Only types of this group.
    group: Option<String>,
    /// Only types in this state.
    #[schemars(with = "Option<EventTypeState>")]
    state: Option<String>,
    /// Only types of this origin.
    #[schemars(with = "Option<Origin>")]
    origin: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// The routes of this folder.
pub(super) fn routes() -> Routes<AppState> {
    let (read_rule, write_rule) = (Rule::Key(Action::ReadCatalogue), Rule::Key(Action::WriteEventTypes));
    let example = json!({
        "type": "invoice.paid",
        "name": "Invoice paid",
        "group": "Invoices",
        "schema": { "type": "object", "required": ["amount"], "properties": { "amount": { "type": "integer" } } },
        "example": { "amount": 1999 },
    });
    Routes::new()
        .operation(
            Method::GET,
            "/event-types",
            read_rule,
            list,
            Operation::new("listEventTypes", Tag::EventTypes, "List event types").text("The catalogue, in its order."),
        )
        .operation(
            Method::POST,
            "/event-types",
            write_rule,
            create,
            Operation::new("createEventType", Tag::EventTypes, "Create an event type")
                .text("Adds a type to the catalogue. Without a schema, any JSON is valid data.")
                .example(example)
                .refuses(409, "There is such a type already (`conflict`).")
                .once(),
        )
        .operation(
            Method::GET,
            "/event-types/{type}",
            read_rule,
            read,
            Operation::new("getEventType", Tag::EventTypes, "Read an event type"),
        )
        .operation(
            Method::PATCH,
            "/event-types/{type}",
            write_rule,
            change,
            Operation::new("updateEventType", Tag::EventTypes, "Change an event type")
                .text(
                    "Replaces the fields that are given, each as a whole, and keeps the others. A changed schema becomes a new version. One \
                     that would break publishers or receivers needs `breaking`.",
                )
                .example(json!({ "description": "An invoice was paid in full." }))
                .refuses(
                    409,
                    "The schema is not compatible (`incompatible`), the type comes from a pack (`conflict`), or others change it too often \
                     (`changed-meanwhile`).",
                ),
        )
        .operation(
            Method::DELETE,
            "/event-types/{type}",
            write_rule,
            archive,
            Operation::new("archiveEventType", Tag::EventTypes, "Archive an event type")
                .text("Its events are not accepted any more. Its history is kept.")
                .refuses(409, "Others change the event type so often that it could not be archived (`changed-meanwhile`)."),
        )
        .operation(
            Method::POST,
            "/event-types/{type}/check",
            write_rule,
            check,
            Operation::new("checkEventType", Tag::EventTypes, "Check an example or a schema")
                .text(
                    "Compares an example with the schema; or a new schema with the current one, the examples and the newest stored events. \
                     Nothing is stored.",
                )
                .example(json!({ "example": { "amount": 1999 } })),
        )
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
) -> Result<PageView<EventTypeView>, Problem> {
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
) -> Result<Created<FullView>, Problem> {
    let entry = event_types::create(&app, &by, input).await?;
    let location = format!("/api/v1/event-types/{}", entry.event_type().in_path());
    let created = full(&entry);
    Ok(Created { location, created })
}

/// `GET /event-types/{type}`
async fn read(
    State(app): State<AppState>,
    Caller(by): Caller,
    TypeInPath(name): TypeInPath,
    _: Params<NoParams>,
) -> Result<Tagged<FullView>, Problem> {
    Ok(full(&*find(event_types::get(&app, &by, &name).await, &name)?))
}

/// `PATCH /event-types/{type}`
async fn change(
    State(app): State<AppState>,
    Caller(by): Caller,
    TypeInPath(name): TypeInPath,
    _: Params<NoParams>,
    if_match: IfMatch,
    Body(patch): Body<Patch<EventTypeInput>, BODY_BYTES_MAX>,
) -> Result<Tagged<FullView>, Problem> {
    let edit = |input: EventTypeInput| patch.apply(&input);
    let changed = match seen(&app, &by, &name, &if_match).await? {
        Some(seen) => event_types::replace(&app, &by, &name, seen, edit)
            .await
            .map_err(|error| refused(error, Some(seen)))?,
        None => event_types::patch(&app, &by, &name, edit).await?,
    };
    Ok(full(&changed))
}

/// `DELETE /event-types/{type}`, which archives it.
async fn archive(
    State(app): State<AppState>,
    Caller(by): Caller,
    TypeInPath(name): TypeInPath,
    _: Params<NoParams>,
    if_match: IfMatch,
) -> Result<NoContent, Problem> {
    let seen = seen(&app, &by, &name, &if_match).await?;
    let archived = event_types::archive(&app, &by, &name, seen).await;
    archived.map(|()| NoContent).map_err(|error| refused(error, seen))
}

/// `POST /event-types/{type}/check`
async fn check(
    State(app): State<AppState>,
    Caller(by): Caller,
    TypeInPath(name): TypeInPath,
    _: Params<NoParams>,
    Body(input): Body<CheckInput, BODY_BYTES_MAX>,
) -> Result<Json<CheckResult>, Problem> {
    Ok(Json(find(event_types::check(&app, &by, &name, input).await, &name)?))
}

/// The version of the event type that the request requires, if it requires one.
async fn seen(app: &AppState, by: &Principal, name: &str, if_match: &IfMatch) -> Result<Option<Timestamp>, Problem> {
    let entry = find(event_types::get(app, by, name).await, name)?;
    if_match.seen(entry.record.updated_at)
}

/// A response with everything about an event type.
fn full(entry: &Entry) -> Tagged<FullView> {
    Tagged {
        version: entry.record.updated_at,
        body: FullView::of(entry),
    }
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
