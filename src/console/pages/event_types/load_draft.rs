//! Checks the form of an event type.

use std::sync::Arc;

use event_schema::{
    EventSchema,
    compatibility::{Breaks, compare},
    fields,
};
use serde_json::Value;

use super::report::{DraftView, FindingView, ReportView};
use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{components::schema_tree, server::lang},
    messages::{Lang, event_types as say},
    registry::Entry,
    services::error::UseCaseError,
};

/// Checks a schema and examples as they are typed. `event_type` is the type that is edited, or empty for a new one.
pub(super) async fn load(
    app: &AppState,
    by: &Principal,
    event_type: &str,
    schema: &str,
    examples: &[String],
) -> Result<DraftView, UseCaseError> {
    by.may(Action::WriteEventTypes, false)?;
    let present = app.event_types.current().await?.get(event_type).cloned();
    let (lang, schema, examples) = (lang(), schema.to_owned(), examples.to_owned());
    // A large schema takes some milliseconds.
    let checked = tokio::task::spawn_blocking(move || check(present.as_ref(), &schema, &examples, lang)).await;
    Ok(checked.unwrap_or_default())
}

fn check(present: Option<&Arc<Entry>>, schema: &str, examples: &[String], lang: Lang) -> DraftView {
    let mut draft = DraftView::default();
    let parsed = match schema.trim() {
        "" => Some(None),
        text => match EventSchema::parse(text) {
            Ok(schema) => Some(Some(schema)),
            Err(errors) => {
                draft.schema = errors.into_iter().map(|error| finding(error.pointer, error.detail)).collect();
                None
            }
        },
    };
    let usable = parsed.as_ref().and_then(Option::as_ref);
    draft.examples = examples.iter().map(|text| example(usable, text, lang)).collect();
    if let (Some(new), Some(present)) = (&parsed, present) {
        draft.report = report(present, new.as_ref());
    }
    let mut count = 0;
    if let Some(schema) = usable {
        let listed = fields::fields(schema.value());
        count = listed.len() as u64;
        draft.tree = schema_tree::html_of(&listed, lang);
    }
    draft.is_valid = parsed.is_some() && draft.examples.iter().all(Vec::is_empty);
    draft.verdict = verdict(&draft, usable.is_some(), count, examples, lang);
    draft
}

/// What is wrong with an example. An empty text is no example.
fn example(schema: Option<&EventSchema>, text: &str, lang: Lang) -> Vec<FindingView> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let value = match read_example(text, lang) {
        Ok(value) => value,
        Err(wrong) => return vec![wrong],
    };
    let errors = schema.map_or_else(Vec::new, |schema| schema.errors(&value));
    errors.into_iter().map(|error| finding(error.pointer, error.detail)).collect()
}

/// Reads the text of an example. It is refused if reading it would change it.
pub(super) fn read_example(text: &str, lang: Lang) -> Result<Value, FindingView> {
    let value = serde_json::from_str(text).map_err(|error| finding(String::new(), say::not_json(lang, &error.to_string())))?;
    match event_schema::ambiguity(text) {
        Some(found) => Err(finding(found.pointer, found.detail)),
        None => Ok(value),
    }
}

/// What is not compatible with the current schema.
fn report(present: &Entry, new: Option<&EventSchema>) -> ReportView {
    let mut report = ReportView::default();
    for change in compare(present.schema().schema(), new) {
        let found = finding(change.pointer, change.detail);
        match change.breaks {
            Breaks::Publishers => report.rejected.push(found),
            Breaks::Receivers => report.sent.push(found),
        }
    }
    report
}

fn verdict(draft: &DraftView, has_schema: bool, fields: u64, examples: &[String], lang: Lang) -> String {
    if !draft.is_valid {
        return say::draft_invalid(lang).to_owned();
    }
    let given = examples.iter().filter(|text| !text.trim().is_empty()).count() as u64;
    let fit = if given == 0 {
        say::draft_no_example(lang).to_owned()
    } else {
        say::draft_fits(lang, given)
    };
    if has_schema {
        say::draft_valid(lang, fields, &fit)
    } else {
        say::draft_any(lang, &fit)
    }
}

fn finding(pointer: String, detail: String) -> FindingView {
    FindingView { pointer, detail }
}
