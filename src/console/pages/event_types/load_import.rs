//! Checks and imports a document for the page of the import.

use super::{
    import::ImportForm,
    import_view::{ImportResult, ImportView, ItemView},
    report::FindingView,
};
use crate::{
    app::AppState,
    auth::principal::Principal,
    problem::Problem,
    services::{
        error::{FieldError, UseCaseError},
        event_types::{self, Import, ImportRequest},
    },
};

/// Says what the import of a document would do.
pub(super) async fn check(app: &AppState, by: &Principal, form: ImportForm) -> Result<ImportView, Problem> {
    let result = match import(app, by, &form, true).await {
        Ok(found) => result_view(found),
        Err(UseCaseError::Invalid(errors)) => rejected(errors),
        Err(error) => return Err(error.into()),
    };
    Ok(view(form, result))
}

/// Imports a document. `None` if that was done; otherwise what is in its way.
pub(super) async fn apply(app: &AppState, by: &Principal, form: ImportForm) -> Result<Option<ImportView>, Problem> {
    match import(app, by, &form, false).await {
        Ok(_) => Ok(None),
        Err(UseCaseError::Invalid(errors)) => Ok(Some(view(form, rejected(errors)))),
        // Not wanted, or others have changed the types since the check.
        Err(UseCaseError::Incompatible(_) | UseCaseError::Stale) => check(app, by, form).await.map(Some),
        Err(error) => Err(error.into()),
    }
}

async fn import(app: &AppState, by: &Principal, form: &ImportForm, dry_run: bool) -> Result<Import, UseCaseError> {
    let request = ImportRequest {
        dry_run,
        breaking: form.breaking,
        group: None,
        file_name: Some(form.file_name.clone()).filter(|name| !name.is_empty()),
    };
    event_types::import(app, by, form.document.clone().into_bytes(), request).await
}

fn view(form: ImportForm, result: ImportResult) -> ImportView {
    ImportView {
        document: form.document,
        file_name: form.file_name,
        result: Some(result),
        ..ImportView::default()
    }
}

fn result_view(found: Import) -> ImportResult {
    let plain = |event_type: String| ItemView {
        event_type,
        ..ItemView::default()
    };
    let is_breaking = found.changed.iter().any(|changed| !changed.changes.is_empty());
    let finding = |pointer: String, detail: String| vec![FindingView { pointer, detail }];
    ImportResult {
        new: found.new.into_iter().map(plain).collect(),
        changed: found
            .changed
            .into_iter()
            .map(|changed| ItemView {
                event_type: changed.event_type,
                findings: changed
                    .changes
                    .into_iter()
                    .map(|change| FindingView {
                        pointer: change.pointer,
                        detail: change.detail,
                    })
                    .collect(),
                ..ItemView::default()
            })
            .collect(),
        unchanged: found.unchanged.into_iter().map(plain).collect(),
        rejected: found
            .rejected
            .into_iter()
            .map(|rejected| ItemView {
                event_type: rejected.event_type.unwrap_or_default(),
                findings: finding(rejected.pointer, rejected.detail),
                ..ItemView::default()
            })
            .collect(),
        is_breaking,
    }
}

/// A document that cannot be imported at all.
fn rejected(errors: Vec<FieldError>) -> ImportResult {
    let item = |error: FieldError| ItemView {
        findings: vec![FindingView {
            pointer: error.pointer,
            detail: error.detail,
        }],
        ..ItemView::default()
    };
    ImportResult {
        rejected: errors.into_iter().map(item).collect(),
        ..ImportResult::default()
    }
}
