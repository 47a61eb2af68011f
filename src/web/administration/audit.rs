//! The audit log as a file: what the page's filters leave, streamed some entries at a time.

use std::io;

use axum::{
    Extension,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::json;

use crate::{
    app::AppState,
    auth::principal::{Principal, SignedIn},
    console::{
        calls::AuditQuery,
        server::{administration::audit::filter, viewer::zone_of},
    },
    domain::{
        audit::{AuditAction, ObjectKind},
        timestamp::Timestamp,
    },
    messages::wrong::Wrong,
    rest::{Params, Problem},
    services::audit,
    services::error::FieldError,
    storage::audit::{AuditFilter, AuditRecord},
    web::{
        csv,
        export::{Format, check, sentence},
    },
};

const COLUMNS: [&str; 11] = [
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

/// What the address of a file may say: the page's own filters. Where the page begins and which entry is open makes no difference.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct ExportParams {
    #[serde(default)]
    format: Format,
    from: Option<String>,
    to: Option<String>,
    actor: Option<String>,
    kind: Option<String>,
    object: Option<String>,
    action: Option<String>,
    #[serde(rename = "after")]
    _after: Option<String>,
    #[serde(rename = "entry")]
    _entry: Option<String>,
}

impl ExportParams {
    /// The filters. Whatever the page would pass over is an error here.
    fn checked(self, headers: &HeaderMap) -> Result<(Format, AuditFilter), Vec<FieldError>> {
        let zone = zone_of(headers);
        let mut errors = Vec::new();
        for (name, given) in [("from", &self.from), ("to", &self.to)] {
            let given = given.as_deref().filter(|text| !text.is_empty());
            if given.is_some_and(|text| Timestamp::parse_local(text, &zone).is_err()) {
                errors.push(FieldError::new(format!("/{name}"), Wrong::Moment));
            }
        }
        check::<ObjectKind>(&mut errors, "kind", self.kind.as_deref(), sentence);
        check::<AuditAction>(&mut errors, "action", self.action.as_deref(), sentence);
        let query = AuditQuery {
            from: self.from,
            to: self.to,
            actor: self.actor,
            kind: self.kind,
            object: self.object,
            action: self.action,
            ..AuditQuery::default()
        };
        match filter(&query, &zone) {
            Ok(AuditFilter {
                from: Some(from),
                to: Some(to),
                ..
            }) if from >= to => Err(vec![FieldError::new("/to", Wrong::RangeBackwards)]),
            Ok(filter) if errors.is_empty() => Ok((self.format, filter)),
            _ => Err(errors),
        }
    }
}

/// `GET /audit-log/export`
pub(in crate::web) async fn export(
    State(app): State<AppState>,
    Extension(who): Extension<SignedIn>,
    headers: HeaderMap,
    Params(params): Params<ExportParams>,
) -> Response {
    let (format, filter) = match params.checked(&headers) {
        Ok(checked) => checked,
        Err(errors) => return Problem::invalid(errors).into_response(),
    };
    let head = match format {
        Format::Csv => csv::line(COLUMNS),
        Format::JsonLines => String::new(),
    };
    let entries = audit::all(app.store.clone(), Principal::User(who), filter);
    let texts = entries.map_ok(move |entries| Bytes::from(entries.iter().map(|entry| text(entry, format)).collect::<String>()));
    let texts = texts.map_err(|error| {
        tracing::error!(%error, "an export of the audit log is incomplete because the database failed: {error}");
        io::Error::other(error.to_string())
    });
    let head = stream::once(std::future::ready(Ok(Bytes::from(head))));
    format.file("text/csv; charset=utf-8", "audit-log", head.chain(texts))
}

fn text(entry: &AuditRecord, format: Format) -> String {
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string());
    match format {
        Format::Csv => csv::line([
            entry.at.rfc3339().as_str(),
            &entry.actor_kind,
            &id(entry.actor_id).unwrap_or_default(),
            &entry.actor_name,
            entry.address.as_deref().unwrap_or_default(),
            &entry.action,
            &entry.object_kind,
            &id(entry.object_id).unwrap_or_default(),
            &entry.object_name,
            &entry.before.as_ref().map(ToString::to_string).unwrap_or_default(),
            &entry.after.as_ref().map(ToString::to_string).unwrap_or_default(),
        ]),
        Format::JsonLines => {
            let line = json!({
                "time": entry.at, "actor_kind": entry.actor_kind, "actor_id": id(entry.actor_id), "actor": entry.actor_name,
                "address": entry.address, "action": entry.action, "object_kind": entry.object_kind, "object_id": id(entry.object_id),
                "object": entry.object_name, "before": entry.before, "after": entry.after,
            });
            format!("{line}\n")
        }
    }
}
