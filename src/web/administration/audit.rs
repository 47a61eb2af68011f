//! The audit log as a file: what the page's filters leave, streamed some entries at a time.

use axum::{
    Extension,
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::json;

use crate::{
    administration::audit,
    auth::principal::{Principal, SignedIn},
    console::{
        calls::AuditQuery,
        server::{administration::audit::filter, viewer::zone_of},
    },
    rest::Problem,
    state::AppState,
    storage::audit::AuditRecord,
    web::csv,
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

/// Kind of file.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Csv,
    Jsonl,
}

#[derive(Debug, Deserialize)]
pub(in crate::web) struct ExportParams {
    format: Format,
}

/// `GET /audit-log/export`
pub(in crate::web) async fn export(
    State(app): State<AppState>,
    Extension(who): Extension<SignedIn>,
    headers: HeaderMap,
    params: Result<Query<ExportParams>, axum::extract::rejection::QueryRejection>,
    Query(query): Query<AuditQuery>,
) -> Response {
    let Ok(Query(ExportParams { format })) = params else {
        return Problem::malformed("Choose `format=csv` or `format=jsonl`.").into_response();
    };
    let filter = match filter(&query, &zone_of(&headers)) {
        Ok(filter) => filter,
        Err(wrong) => {
            return Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "Some fields are wrong",
                wrong.to_string(),
            )
            .into_response();
        }
    };
    let (head, media, name) = match format {
        Format::Csv => (csv::line(COLUMNS), "text/csv; charset=utf-8", "audit-log.csv"),
        Format::Jsonl => (String::new(), "application/jsonl", "audit-log.jsonl"),
    };
    let entries = audit::all(app.store.clone(), Principal::User(who), filter);
    let texts = entries.map_ok(move |entries| entries.iter().map(|entry| text(entry, format)).collect::<String>());
    let body = stream::once(async { Ok(head) }).chain(texts.map_err(|error| {
        tracing::error!(%error, "an export of the audit log ends early");
        std::io::Error::other(error.to_string())
    }));
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(header::CONTENT_TYPE, media.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, Body::from_stream(body)).into_response()
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
        Format::Jsonl => {
            let line = json!({
                "time": entry.at, "actor_kind": entry.actor_kind, "actor_id": id(entry.actor_id), "actor": entry.actor_name,
                "address": entry.address, "action": entry.action, "object_kind": entry.object_kind, "object_id": id(entry.object_id),
                "object": entry.object_name, "before": entry.before, "after": entry.after,
            });
            format!("{line}\n")
        }
    }
}
