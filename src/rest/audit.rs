//! The audit log: `GET /audit` and `GET /audit/{id}`.

use std::str::FromStr;

use axum::{Json, extract::State, http::Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::{
        audit::{AuditAction, ObjectKind},
        timestamp::Timestamp,
    },
    problem::Problem,
    rest::extract::{Caller, Id, List, NoParams, PageView, Params, limit, moment, named},
    routes::{Operation, Routes, Rule, Tag},
    services::{audit, error::FieldError},
    storage::audit::{AuditFilter, AuditRecord},
};

/// The query of the list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AuditParams {
    /// The earliest time, inclusive.
    #[schemars(with = "Option<Timestamp>")]
    from: Option<String>,
    /// The latest time, exclusive.
    #[schemars(with = "Option<Timestamp>")]
    to: Option<String>,
    /// A part of the actor's name, ignoring case, or the actor's id.
    actor: Option<String>,
    /// The kind of the changed object.
    #[schemars(with = "Option<ObjectKind>")]
    kind: Option<String>,
    /// A part of the object's name, ignoring case, or the object's id.
    object: Option<String>,
    /// The action, such as `webhook.created`.
    #[schemars(with = "Option<AuditAction>")]
    action: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// The filters as they are in a query.
pub(super) struct AuditQuery {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) actor: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) object: Option<String>,
    pub(super) action: Option<String>,
}

/// An entry of the audit log.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
struct EntryView {
    /// Its id.
    #[schemars(with = "EntryId")]
    id: Uuid,
    /// The time of the change.
    time: Timestamp,
    /// `user`, `api_key`, `command_line`, `broker` or `clearhook`.
    #[schemars(example = &"user")]
    actor_kind: String,
    /// The id of the user or of the API key.
    #[schemars(with = "Option<EntryId>")]
    actor_id: Option<Uuid>,
    /// The user's email address or the name of the API key.
    #[schemars(example = &"ada@example.com")]
    actor: String,
    /// The IP address of the request.
    #[schemars(example = &"192.0.2.7")]
    address: Option<String>,
    /// What was done.
    #[schemars(example = &"webhook.created")]
    action: String,
    /// The kind of the changed object.
    #[schemars(example = &"webhook")]
    object_kind: String,
    /// The id of the changed object.
    #[schemars(with = "Option<EntryId>")]
    object_id: Option<Uuid>,
    /// The name of the changed object.
    object: String,
    /// The object before the change. Secrets are hidden.
    before: Option<Value>,
    /// The object after the change. Secrets are hidden.
    after: Option<Value>,
}

/// The id of an entry.
#[derive(JsonSchema)]
#[schemars(inline, extend("format" = "uuid"), example = &"01912d68-783e-7a03-8467-5661c1243ad4")]
struct EntryId(#[schemars(with = "String")] Uuid);

impl FromStr for EntryId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::ReadAuditLog);
    Routes::new()
        .operation(
            Method::GET,
            "/audit",
            rule,
            list,
            Operation::new("listAuditEntries", Tag::Administration, "List the audit log")
                .text("Who changed what, newest first. Secrets are hidden."),
        )
        .operation(
            Method::GET,
            "/audit/{id}",
            rule,
            read,
            Operation::new("getAuditEntry", Tag::Administration, "Read an entry of the audit log"),
        )
}

/// `GET /audit`
async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    list: List,
    Params(params): Params<AuditParams>,
) -> Result<PageView<EntryView>, Problem> {
    let query = AuditQuery {
        from: params.from,
        to: params.to,
        actor: params.actor,
        kind: params.kind,
        object: params.object,
        action: params.action,
    };
    let filter = audit_filter(&query)?;
    let (after, limit) = (list.cursor(params.cursor.as_deref())?, limit(params.limit)?);
    let page = audit::list(&app.store, &by, &filter, after, limit).await?;
    Ok(PageView::of(&list, page, view))
}

/// `GET /audit/{id}`
async fn read(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(EntryId(id)): Id<EntryId>,
    _: Params<NoParams>,
) -> Result<Json<EntryView>, Problem> {
    Ok(Json(view(audit::entry(&app.store, &by, id).await?)))
}

/// The filter that a query selects. Errors name the parameters.
pub(super) fn audit_filter(query: &AuditQuery) -> Result<AuditFilter, Problem> {
    let (from, to) = (moment("from", query.from.as_deref())?, moment("to", query.to.as_deref())?);
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        let detail = "This must be later than `from`.";
        return Err(Problem::invalid(vec![FieldError::new("/to", detail)]));
    }
    Ok(AuditFilter {
        from,
        to,
        actor: query.actor.clone(),
        kind: named("kind", query.kind.as_deref())?,
        object: query.object.clone(),
        action: named("action", query.action.as_deref())?,
    })
}

/// An entry as one line of JSON.
pub(super) fn entry_json(entry: AuditRecord) -> String {
    // Serializing this struct cannot fail.
    serde_json::to_string(&view(entry)).unwrap_or_default()
}

fn view(entry: AuditRecord) -> EntryView {
    EntryView {
        id: entry.id,
        time: entry.at,
        actor_kind: entry.actor_kind,
        actor_id: entry.actor_id,
        actor: entry.actor_name,
        address: entry.address,
        action: entry.action,
        object_kind: entry.object_kind,
        object_id: entry.object_id,
        object: entry.object_name,
        before: entry.before,
        after: entry.after,
    }
}
