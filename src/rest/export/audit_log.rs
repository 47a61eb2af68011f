//! `GET /audit/export`: the entries that the filters of the audit log select.

use axum::{
    extract::State,
    http::{HeaderMap, Method},
    response::Response,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Format, Row, file};
use crate::{
    app::AppState,
    auth::rules::Action,
    domain::{
        audit::{AuditAction, ObjectKind},
        timestamp::Timestamp,
    },
    problem::Problem,
    rest::{
        audit::{AuditQuery, audit_filter, entry_json},
        extract::{Caller, Params},
        key_reader::{KeyReader, Subject},
    },
    routes::{Operation, Routes, Rule, Tag},
    services::audit,
    storage::audit::AuditRecord,
};

/// The query: the filters of `GET /audit`, and the format.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AuditExportParams {
    /// The format of the file.
    #[serde(default)]
    format: Format,
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
}

/// The route of this file.
pub(super) fn routes() -> Routes<AppState> {
    Routes::new().operation(
        Method::GET,
        "/audit/export",
        Rule::Key(Action::ReadAuditLog),
        export,
        Operation::new("exportAuditLog", Tag::Administration, "Export the audit log")
            .text("The entries that the filters select, as a file. If the key is revoked meanwhile, the file breaks off.")
            .answers_file(
                "text/csv",
                "The entries as comma-separated values, or as `application/jsonl` with one JSON object per line.",
            )
            .answers_file("application/jsonl", "The same with one JSON object per line."),
    )
}

/// `GET /audit/export`
async fn export(
    State(app): State<AppState>,
    Caller(by): Caller,
    headers: HeaderMap,
    Params(params): Params<AuditExportParams>,
) -> Result<Response, Problem> {
    let query = AuditQuery {
        from: params.from,
        to: params.to,
        actor: params.actor,
        kind: params.kind,
        object: params.object,
        action: params.action,
    };
    let pages = audit::all(app.store.clone(), by, audit_filter(&query)?);
    Ok(file(
        app,
        KeyReader::of(&headers, Subject::AuditLog),
        params.format,
        "audit-log",
        pages,
    ))
}

impl Row for AuditRecord {
    const COLUMNS: &'static [&'static str] = &[
        "time",
        "actor_kind",
        "actor_id",
        "actor",
        "address",
        "action",
        "object_kind",
        "object_id",
        "object",
        "before",
        "after",
    ];

    fn cells(&self) -> Vec<String> {
        fn text(value: Option<&impl ToString>) -> String {
            value.map(ToString::to_string).unwrap_or_default()
        }
        vec![
            self.at.rfc3339(),
            self.actor_kind.clone(),
            text(self.actor_id.as_ref()),
            self.actor_name.clone(),
            self.address.clone().unwrap_or_default(),
            self.action.clone(),
            self.object_kind.clone(),
            text(self.object_id.as_ref()),
            self.object_name.clone(),
            text(self.before.as_ref()),
            text(self.after.as_ref()),
        ]
    }

    fn json(self) -> String {
        entry_json(self)
    }
}
