//! `GET /audit-log/export`: the entries that the filters select.

use axum::{
    Extension,
    extract::{Request, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{check, sentence};
use crate::{
    app::AppState,
    auth::principal::{Principal, SignedIn},
    console::{pages::audit_log::AuditQuery, server::viewer::zone_of},
    domain::{
        audit::{AuditAction, ObjectKind},
        timestamp::Timestamp,
    },
    messages::validation::ValidationError,
    problem::Problem,
    rest::{
        Params,
        export::{Format, file},
    },
    services::audit,
    services::error::FieldError,
    storage::audit::AuditFilter,
    web::viewer::{Subject, Viewer},
};

/// The query: the filters of the page. The place in the list and the open entry are ignored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportParams {
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
    /// The filter. Values that the page would ignore are errors.
    fn checked(self, headers: &HeaderMap) -> Result<(Format, AuditFilter), Vec<FieldError>> {
        let zone = zone_of(headers);
        let mut errors = Vec::new();
        for (name, given) in [("from", &self.from), ("to", &self.to)] {
            let given = given.as_deref().filter(|text| !text.is_empty());
            if given.is_some_and(|text| Timestamp::parse_local(text, &zone).is_err()) {
                errors.push(FieldError::new(format!("/{name}"), ValidationError::Moment));
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
        match query.filter(&zone) {
            Ok(AuditFilter {
                from: Some(from),
                to: Some(to),
                ..
            }) if from >= to => Err(vec![FieldError::new("/to", ValidationError::RangeBackwards)]),
            Ok(filter) if errors.is_empty() => Ok((self.format, filter)),
            _ => Err(errors),
        }
    }
}

/// Streams the entries.
pub(super) async fn export(
    State(app): State<AppState>,
    Extension(who): Extension<SignedIn>,
    Params(params): Params<ExportParams>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    match params.checked(&parts.headers) {
        Ok((format, filter)) => {
            let pages = audit::all(app.store.clone(), Principal::User(who), filter);
            file(app, Viewer::of(&parts, Subject::AuditLog), format, "audit-log", pages)
        }
        Err(errors) => Problem::invalid(errors).into_response(),
    }
}
