//! The actions of the form of an event type: what each button does, and the response.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use event_schema::EventSchema;
use leptos::prelude::*;

use super::{
    addresses::segment,
    entry_texts::pretty,
    form::{ChangeEventType, CreateEventType, EventTypeForm, Intent, Saved},
    form_view::{EditPage, EditPageProps, NewPage, NewPageProps},
    load_draft::read_example,
    load_form::{Posted, load, load_new},
    report::{FindingView, ReportView, StoredView},
};
use crate::{
    auth::rules::Action,
    console::{
        ConsoleError,
        error_view::ErrorView,
        page_action::PageAction,
        page_response::PageResponse,
        server::{action_error, caller, set_status},
        viewer::lang,
    },
    domain::timestamp::Timestamp,
    messages::{Lang, event_types as say, number, validation::ValidationError},
    request::form::LARGE_FORM_BYTES_MAX,
    routes::{Rule, Ruled},
    services::{
        compatibility::{Incompatible, SchemaChange},
        error::{FieldError, UseCaseError},
        event_types::{self, EventTypeInput},
    },
};

/// The maximum that the error of a retention names, in days. The rule itself is in `services::event_types`.
const DAYS_MAX: u64 = 36_500;

/// The fields in the order of the page. The first one with an error gets the focus.
const ORDER: [&str; 8] = ["type", "name", "group", "description", "schema", "example", "retention", "masked"];

/// The error of an example that cannot be read, by its place.
fn example_error(at: usize, FindingView { pointer, detail }: FindingView) -> ErrorView {
    ErrorView {
        field: format!("example-{at}"),
        detail: if pointer.is_empty() {
            detail
        } else {
            format!("{pointer}: {detail}")
        },
    }
}

/// The result of a button that changes only the form. `None` for other buttons.
fn edited(form: &EventTypeForm) -> Result<Option<Saved>, ConsoleError> {
    let mut form = Posted::new(form.clone()).form;
    let field = match form.intent {
        Intent::AddExample => {
            form.example.push(String::new());
            format!("example-{}", form.example.len() - 1)
        }
        Intent::RemoveExample(at) => {
            if at < form.example.len() {
                form.example.remove(at);
            }
            format!("example-{}", at.min(form.example.len().saturating_sub(1)))
        }
        Intent::Infer => {
            form.schema = inferred(&form.example)?;
            "schema".to_owned()
        }
        Intent::Check => return Ok(Some(Saved::Checked)),
        Intent::Save => return Ok(None),
    };
    Ok(Some(Saved::Edited {
        form: Box::new(form),
        field,
    }))
}

/// The schema of these examples, as text.
fn inferred(examples: &[String]) -> Result<String, ConsoleError> {
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for (at, text) in examples.iter().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        match read_example(text, lang()) {
            Ok(value) => values.push(value),
            Err(wrong) => errors.push(example_error(at, wrong)),
        }
    }
    if !errors.is_empty() {
        return Err(ConsoleError::Invalid { errors });
    }
    if values.is_empty() {
        return Ok(String::new());
    }
    Ok(pretty(&event_schema::infer::schema_of(&values)))
}

/// The error of a use case, with the errors of schema and examples at their fields of the form.
fn failed(error: UseCaseError) -> ConsoleError {
    let UseCaseError::Invalid(errors) = error else {
        return action_error(error);
    };
    set_status(StatusCode::UNPROCESSABLE_ENTITY);
    let lang = lang();
    let errors = errors.iter().map(|error| {
        let (field, rest) = place(&error.pointer);
        let text = error.text(lang);
        ErrorView {
            field,
            detail: if rest.is_empty() { text } else { format!("{rest}: {text}") },
        }
    });
    ConsoleError::Invalid { errors: errors.collect() }
}

/// The field of the form for a pointer into the input, and the rest of the pointer, which leads to a place within the field.
fn place(pointer: &str) -> (String, &str) {
    let pointer = pointer.trim_start_matches('/');
    let (first, rest) = pointer
        .split_once('/')
        .map_or((pointer, ""), |(first, _)| (first, &pointer[first.len()..]));
    match first {
        "example" => ("example-0".to_owned(), rest),
        "examples" => {
            let inner = rest.trim_start_matches('/');
            let number = inner.split('/').next().unwrap_or_default();
            let at = number.parse::<usize>().unwrap_or(0);
            (format!("example-{at}"), inner.get(number.len()..).unwrap_or_default())
        }
        "masked" => ("masked".to_owned(), ""),
        other => (other.to_owned(), rest),
    }
}

/// The fields of the form as input of the use case. `present` are the stored fields of a type that is changed.
fn input(form: &EventTypeForm, present: EventTypeInput) -> Result<EventTypeInput, UseCaseError> {
    let mut errors = Vec::new();
    let schema = match form.schema.trim() {
        "" => None,
        text => match EventSchema::parse(text) {
            Ok(schema) => Some(schema.value().clone()),
            Err(found) => {
                errors.extend(
                    found
                        .into_iter()
                        .map(|error| FieldError::new(format!("/schema{}", error.pointer), error.detail)),
                );
                None
            }
        },
    };
    let mut examples = Vec::new();
    for (at, text) in form.example.iter().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        match read_example(text, lang()) {
            Ok(value) => examples.push(value),
            Err(wrong) => errors.push(FieldError::new(format!("/examples/{at}{}", wrong.pointer), wrong.detail)),
        }
    }
    let retention = match form.retention.trim() {
        "" => None,
        days => days.parse().ok().or_else(|| {
            errors.push(FieldError::new("/retention", ValidationError::Rate { max: DAYS_MAX }));
            None
        }),
    };
    if !errors.is_empty() {
        return Err(UseCaseError::Invalid(errors));
    }
    let masked = form.masked.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(EventTypeInput {
        name: Some(form.name.trim().to_owned()).filter(|name| !name.is_empty()),
        description: form.description.replace("\r\n", "\n"),
        group: Some(form.group.clone()),
        schema,
        example: None,
        examples,
        retention,
        masked: masked.map(str::to_owned).collect(),
        breaking: form.breaking,
        ..present
    })
}

/// Handles the form of a new type.
pub(super) async fn create(form: EventTypeForm) -> Result<Saved, ConsoleError> {
    let (app, by) = caller()?;
    if let Some(edited) = edited(&form)? {
        return Ok(edited);
    }
    let new = EventTypeInput {
        event_type: form.event_type.trim().to_owned(),
        ..EventTypeInput::default()
    };
    let created = async { event_types::create(&app, &by, input(&form, new)?).await };
    match created.await {
        Ok(_) => Ok(Saved::Created),
        // There is such a type already.
        Err(UseCaseError::Conflict(wrong)) => Err(failed(UseCaseError::Invalid(vec![FieldError::new("/type", wrong)]))),
        Err(error) => Err(failed(error)),
    }
}

/// Handles the form of a type.
pub(super) async fn change(form: EventTypeForm) -> Result<Saved, ConsoleError> {
    let (app, by) = caller()?;
    if let Some(edited) = edited(&form)? {
        return Ok(edited);
    }
    let edit = |present| input(&form, present);
    let changed = match form.seen {
        Some(seen) => event_types::replace(&app, &by, &form.event_type, Timestamp(seen), edit).await,
        None => event_types::patch(&app, &by, &form.event_type, edit).await,
    };
    match changed {
        Ok(_) => Ok(Saved::Changed),
        Err(UseCaseError::Incompatible(found)) => {
            set_status(StatusCode::CONFLICT);
            let report = report_view(&found, lang());
            Ok(Saved::Incompatible { report })
        }
        Err(error) => Err(failed(error)),
    }
}

/// What is not compatible, for the page.
fn report_view(found: &Incompatible, lang: Lang) -> ReportView {
    let of = |breaks: &str| {
        let changes = found.changes.iter().filter(|change| change.breaks == breaks);
        let finding = |change: &SchemaChange| FindingView {
            pointer: change.pointer.clone(),
            detail: change.detail.clone(),
        };
        changes.map(finding).collect()
    };
    let stored = found
        .stored_events
        .as_ref()
        .filter(|stored| stored.checked > 0)
        .map(|stored| StoredView {
            summary: if stored.rejected == 0 {
                say::report_stored_none(lang, stored.checked)
            } else {
                say::report_stored(lang, stored.checked, stored.rejected)
            },
            reasons: stored
                .reasons
                .iter()
                .map(|reason| FindingView {
                    pointer: reason.pointer.clone(),
                    detail: format!("{} ({})", reason.detail, number(lang, reason.events)),
                })
                .collect(),
        });
    ReportView {
        rejected: of("publishers"),
        sent: of("receivers"),
        stored,
    }
}

impl Ruled for CreateEventType {
    const RULE: Rule = Rule::Session(Action::WriteEventTypes);
}

impl Ruled for ChangeEventType {
    const RULE: Rule = Rule::Session(Action::WriteEventTypes);
}

impl PageAction for CreateEventType {
    type Form = EventTypeForm;

    const BYTES_MAX: usize = LARGE_FORM_BYTES_MAX;

    async fn answer(form: EventTypeForm, result: Result<Saved, ConsoleError>) -> Result<Response, ConsoleError> {
        answer(form, result, true).await
    }
}

impl PageAction for ChangeEventType {
    type Form = EventTypeForm;

    const BYTES_MAX: usize = LARGE_FORM_BYTES_MAX;

    async fn answer(form: EventTypeForm, result: Result<Saved, ConsoleError>) -> Result<Response, ConsoleError> {
        answer(form, result, false).await
    }
}

/// Redirects to the page of the type, or answers with the form as it was typed.
async fn answer(form: EventTypeForm, result: Result<Saved, ConsoleError>, is_new: bool) -> Result<Response, ConsoleError> {
    let key = form.event_type.clone();
    let redirect = |saved: &str| Ok(Redirect::to(&format!("/event-types/{}?saved={saved}", segment(key.trim()))).into_response());
    let (status, posted) = match result {
        Ok(Saved::Created) => return redirect("created"),
        Ok(Saved::Changed) => return redirect("changed"),
        Ok(Saved::Checked) => (StatusCode::OK, Posted::new(form)),
        Ok(Saved::Edited { form, field }) => {
            let posted = Posted {
                edited: Some(field),
                ..Posted::new(*form)
            };
            (StatusCode::OK, posted)
        }
        Ok(Saved::Incompatible { report }) => {
            let posted = Posted {
                report: Some(report),
                ..Posted::new(form)
            };
            (StatusCode::CONFLICT, posted)
        }
        Err(ConsoleError::Invalid { errors }) => {
            let posted = Posted {
                errors: sorted(errors),
                ..Posted::new(form)
            };
            (StatusCode::UNPROCESSABLE_ENTITY, posted)
        }
        Err(ConsoleError::Stale) => {
            let posted = Posted {
                is_stale: true,
                ..Posted::new(form)
            };
            (StatusCode::CONFLICT, posted)
        }
        Err(other) => return Err(other),
    };
    page(&key, status, posted, is_new).await
}

/// The page of the form. Its data is loaded before the response starts, so that an error of the database is answered by a page with what was
/// typed.
async fn page(key: &str, status: StatusCode, posted: Posted, is_new: bool) -> Result<Response, ConsoleError> {
    let (app, by) = caller()?;
    if is_new {
        let form = load_new(&app, &by, Some(posted)).await.map_err(action_error)?;
        return Ok(PageResponse::framed(status, move || {
            NewPage(NewPageProps { form: Ok(form.clone()) }).into_any()
        }));
    }
    let form = load(&app, &by, key, Some(posted)).await.map_err(action_error)?;
    Ok(PageResponse::framed(status, move || {
        EditPage(EditPageProps { form: Ok(form.clone()) }).into_any()
    }))
}

/// The errors of fields in the order of the page. Errors of the retention are at their field of the form.
fn sorted(mut errors: Vec<ErrorView>) -> Vec<ErrorView> {
    errors.sort_by_key(|error| ORDER.iter().position(|part| error.field.starts_with(part)).unwrap_or(ORDER.len()));
    errors
}
