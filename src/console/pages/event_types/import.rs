//! The import of event types from a file: a check that shows what would happen, and then the import.

use axum::{
    extract::{FromRequest, Multipart, Request, State, multipart::MultipartError},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;

use super::{
    addresses::LIST,
    import_view::{ImportPage, ImportPageProps, ImportView},
    load_import::{apply, check},
};
use crate::{
    app::AppState,
    auth::principal::{Principal, SignedIn},
    console::{page_response::PageResponse, server::caller},
    problem::Problem,
};

/// Maximum size of an imported file, in bytes. The page that shows the result of the check contains the file again.
pub(super) const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Maximum size of the form: the file, and a little for the other fields.
pub(super) const FORM_BYTES_MAX: usize = FILE_BYTES_MAX + 64 * 1024;

/// What the form sends.
#[derive(Clone, Debug, Default)]
pub(super) struct ImportForm {
    /// The name of the chosen file. It names a JSON Schema that has no other name.
    pub(super) file_name: String,
    /// The content of the file, or what was pasted.
    pub(super) document: String,
    /// Whether the types are to be stored, and not only checked.
    pub(super) apply: bool,
    /// Whether incompatible changes are wanted.
    pub(super) breaking: bool,
}

/// The page.
#[component]
pub fn ImportEventTypes() -> impl IntoView {
    let view = caller().map(|_| ImportView::default());
    view! { <ImportPage view /> }
}

/// `POST /event-types/import`
pub(super) async fn submit(State(app): State<AppState>, request: Request) -> Response {
    answer(&app, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(app: &AppState, request: Request) -> Result<Response, Problem> {
    let who = request
        .extensions()
        .get::<SignedIn>()
        .cloned()
        .ok_or_else(Problem::unauthenticated)?;
    let by = Principal::User(who);
    let form = read(request).await?;
    if form.document.trim().is_empty() {
        let view = ImportView {
            is_missing: true,
            ..ImportView::default()
        };
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, view));
    }
    if !form.apply {
        let view = check(app, &by, form).await?;
        let status = if view.is_rejected() {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        return Ok(page(status, view));
    }
    Ok(match apply(app, &by, form).await? {
        None => Redirect::to(&format!("{LIST}?imported=1")).into_response(),
        Some(view) if view.is_rejected() => page(StatusCode::UNPROCESSABLE_ENTITY, view),
        Some(view) => page(StatusCode::CONFLICT, view),
    })
}

fn page(status: StatusCode, view: ImportView) -> Response {
    PageResponse::framed(status, move || ImportPage(ImportPageProps { view: Ok(view.clone()) }).into_any())
}

async fn read(request: Request) -> Result<ImportForm, Problem> {
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| Problem::unsupported_media("Send the form as multipart/form-data."))?;
    let mut form = ImportForm::default();
    while let Some(field) = parts.next_field().await.map_err(unreadable)? {
        let (name, file) = (field.name().unwrap_or_default().to_owned(), field.file_name().map(str::to_owned));
        let bytes = field.bytes().await.map_err(unreadable)?;
        if bytes.is_empty() {
            continue;
        }
        let text =
            String::from_utf8(bytes.into()).map_err(|_| Problem::malformed("The file is not text in UTF-8. Save it in this encoding."))?;
        match name.as_str() {
            "file" => (form.file_name, form.document) = (file.unwrap_or_default(), text),
            "document" if form.document.is_empty() => form.document = text,
            "file_name" if form.file_name.is_empty() => form.file_name = text,
            "intent" => form.apply = text == "apply",
            "breaking" => form.breaking = text == "true",
            _ => {}
        }
    }
    Ok(form)
}

fn unreadable(error: MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_large(FILE_BYTES_MAX)
    } else {
        Problem::malformed("The form cannot be read. Choose the file again.")
    }
}
