//! Loads the form of an event type.

use super::{
    entry_texts::pretty,
    form::EventTypeForm,
    load_draft,
    report::{DraftView, ReportView},
};
use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        error_view::ErrorView,
        pages::audit_log::{OpenEntryView, changes_since},
    },
    domain::{
        audit::ObjectKind,
        event_type::{EventType, Origin},
        timestamp::Timestamp,
    },
    registry::Entry,
    services::error::UseCaseError,
};

/// A form that was sent and is shown again.
#[derive(Clone, Debug, Default)]
pub(super) struct Posted {
    /// The form as it was typed.
    pub(super) form: EventTypeForm,
    /// The errors of its fields.
    pub(super) errors: Vec<ErrorView>,
    /// The field that gets the focus, because a button changed it.
    pub(super) edited: Option<String>,
    /// What is not compatible, if nothing was saved for that reason.
    pub(super) report: Option<ReportView>,
    /// Whether the type was changed after the form was loaded, so that nothing was saved.
    pub(super) is_stale: bool,
}

/// The form of an event type and what else its page shows.
#[derive(Clone, Debug, Default)]
pub(super) struct FormView {
    /// The type. `None` for a new one.
    pub(super) event_type: Option<EventType>,
    /// The stored name.
    pub(super) title: String,
    /// The fields, as they are stored or were typed.
    pub(super) form: EventTypeForm,
    /// The errors of fields.
    pub(super) errors: Vec<ErrorView>,
    /// The field that gets the focus, because a button changed it.
    pub(super) edited: Option<String>,
    /// What is not compatible, if nothing was saved for that reason.
    pub(super) report: Option<ReportView>,
    /// What a check of the form found.
    pub(super) draft: DraftView,
    /// What others changed after the form was loaded, if nothing was saved for that reason.
    pub(super) changes: Option<Vec<OpenEntryView>>,
    /// The groups of other types.
    pub(super) groups: Vec<String>,
}

impl Posted {
    /// A form without errors.
    pub(super) fn new(mut form: EventTypeForm) -> Self {
        // Forms encode a line break as CR LF (HTML, "form submission"); pages and the database contain LF.
        for text in [&mut form.description, &mut form.schema, &mut form.masked]
            .into_iter()
            .chain(&mut form.example)
        {
            *text = text.replace("\r\n", "\n");
        }
        Self { form, ..Self::default() }
    }
}

impl EventTypeForm {
    /// The form of a stored type.
    fn of(entry: &Entry) -> Self {
        let fields = &entry.record.fields;
        Self {
            event_type: entry.event_type().to_string(),
            seen: Some(entry.record.updated_at.0),
            name: fields.name.clone(),
            group: fields.group.clone().unwrap_or_default(),
            description: fields.description.clone(),
            schema: entry.schema_value().as_ref().map(pretty).unwrap_or_default(),
            example: entry.examples().iter().map(pretty).collect(),
            retention: fields.retention_days.map(|days| days.to_string()).unwrap_or_default(),
            masked: fields.masked.join("\n"),
            ..Self::default()
        }
    }
}

/// Loads the form of a new type, empty or as it was posted.
pub(super) async fn load_new(app: &AppState, by: &Principal, posted: Option<Posted>) -> Result<FormView, UseCaseError> {
    by.may(Action::WriteEventTypes, false)?;
    let view = FormView {
        groups: groups(app),
        ..FormView::default()
    };
    complete(app, by, posted.map_or(view.clone(), |posted| view.with(posted))).await
}

/// Loads the form of a type, as it is stored or was posted. Types of a pack have none.
pub(super) async fn load(app: &AppState, by: &Principal, key: &str, posted: Option<Posted>) -> Result<FormView, UseCaseError> {
    by.may(Action::WriteEventTypes, false)?;
    let catalogue = app.event_types.refreshed().await?;
    let entry = catalogue
        .get(key)
        .filter(|entry| entry.record.origin != Origin::Clearid)
        .ok_or(UseCaseError::NotFound)?;
    let changes_after = posted.as_ref().filter(|posted| posted.is_stale).and_then(|posted| posted.form.seen);
    let view = FormView {
        event_type: Some(entry.event_type().clone()),
        title: entry.record.fields.name.clone(),
        form: EventTypeForm::of(entry),
        groups: groups(app),
        ..FormView::default()
    };
    let mut view = posted.map_or(view.clone(), |posted| view.with(posted));
    if let Some(seen) = changes_after {
        view.changes = Some(changes_since(app, by, (ObjectKind::EventType, entry.record.id.to_string()), Timestamp(seen)).await?);
        // The page shows the changes, so the form may be saved again.
        view.form.seen = Some(entry.record.updated_at.0);
    }
    complete(app, by, view).await
}

/// Adds what a check of the form finds.
async fn complete(app: &AppState, by: &Principal, mut view: FormView) -> Result<FormView, UseCaseError> {
    let event_type = view.event_type.as_ref().map_or("", EventType::as_str);
    view.draft = load_draft::load(app, by, event_type, &view.form.schema, &view.form.example).await?;
    Ok(view)
}

/// The groups that types have, each once, without those of packs.
fn groups(app: &AppState) -> Vec<String> {
    let catalogue = app.event_types.loaded();
    let own = catalogue.all().iter().filter(|entry| entry.built_in.is_none());
    let mut groups: Vec<String> = own.filter_map(|entry| entry.record.fields.group.clone()).collect();
    groups.sort();
    groups.dedup();
    groups
}

impl FormView {
    fn with(self, posted: Posted) -> Self {
        Self {
            form: posted.form,
            errors: posted.errors,
            edited: posted.edited,
            report: posted.report,
            ..self
        }
    }
}
