//! Loads the entries of the audit log as the page shows them.

use jiff::tz::TimeZone;
use serde_json::Value;

use super::AuditQuery;
use super::field_labels::label;
use crate::{
    app::AppState,
    auth::principal::Principal,
    console::{
        ConsoleError,
        components::{time::TimeView, unseen::has_unseen},
        href::href,
        server::{caller, cell_view, console_error, lang, zone},
    },
    domain::{
        audit::ObjectKind,
        page::{ListId, Page},
        timestamp::Timestamp,
    },
    messages::{Lang, audit as say},
    services::{audit, error::UseCaseError},
    storage::audit::{AuditFilter, AuditRecord},
};

/// Maximum number of entries on a page.
const ROWS: u64 = 50;
/// Maximum number of characters of a value in a row.
const SHORT: usize = 24;

/// A row of the audit log. Kinds and actions are their names in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRowView {
    /// Its id.
    pub id: String,
    /// The time.
    pub at: TimeView,
    /// The kind of actor.
    pub actor_kind: String,
    /// The name of the actor.
    pub actor: String,
    /// The address of the client.
    pub address: Option<String>,
    /// The action.
    pub action: String,
    /// The kind of the object.
    pub kind: String,
    /// The name of the object.
    pub object: String,
    /// The fields that were changed, with their values if these are short: "Enabled: yes → no".
    pub changed: Vec<String>,
}

/// The values of a field before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DifferenceView {
    /// The name of the field.
    pub field: String,
    /// The value before.
    pub before: Option<String>,
    /// The value after.
    pub after: Option<String>,
}

/// An entry with its details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenEntryView {
    /// The row.
    pub row: AuditRowView,
    /// The id of the object.
    pub object_id: Option<String>,
    /// The fields that differ.
    pub differences: Vec<DifferenceView>,
    /// Whether the values of the object were recorded.
    pub has_values: bool,
}

/// A page of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditView {
    /// The rows of this page.
    pub rows: Vec<AuditRowView>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// The name of the viewer's time zone.
    pub zone: String,
    /// Why the filters are invalid.
    pub error: Option<String>,
    /// The open entry.
    pub open: Option<OpenEntryView>,
}

/// Loads the page.
pub(super) async fn load(query: &AuditQuery) -> Result<AuditView, ConsoleError> {
    let (app, by) = caller()?;
    page(&app, &by, query).await.map_err(console_error)
}

async fn page(app: &AppState, by: &Principal, query: &AuditQuery) -> Result<AuditView, UseCaseError> {
    let (zone, lang) = (zone(), lang());
    let list = list(query);
    let after = list.cursor(query.after.as_deref());
    let found = match query.filter(&zone) {
        Ok(filter) => audit::list(&app.store, by, &filter, after, ROWS).await,
        Err(wrong) => Err(UseCaseError::Conflict(wrong)),
    };
    let (page, error) = match found {
        Ok(page) => (page, None),
        Err(UseCaseError::Conflict(wrong)) => (no_entries(), Some(wrong.text(lang))),
        Err(UseCaseError::Invalid(errors)) => (no_entries(), errors.first().map(|error| error.text(lang))),
        Err(other) => return Err(other),
    };
    let open = match query.entry.as_deref().and_then(|entry| entry.parse().ok()) {
        Some(entry) => audit::entry(&app.store, by, entry).await.ok(),
        None => None,
    };
    Ok(AuditView {
        next: page.next.map(|next| next.encode(&list)),
        rows: page.items.iter().map(|entry| row(entry, &zone, lang)).collect(),
        error,
        open: open.map(|entry| opened(&entry, &zone, lang)),
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
    })
}

/// The audit log with these filters.
fn list(query: &AuditQuery) -> ListId {
    ListId::new("audit", [("query", href("", &query.filters()).as_str())])
}

/// The changes of an object after this moment, oldest first.
pub async fn changes_since(
    app: &AppState,
    by: &Principal,
    (kind, id): (ObjectKind, String),
    seen: Timestamp,
) -> Result<Vec<OpenEntryView>, UseCaseError> {
    let filter = AuditFilter {
        from: Some(Timestamp(seen.0.saturating_add(1))),
        kind: Some(kind),
        object: Some(id),
        ..AuditFilter::default()
    };
    let (zone, lang) = (zone(), lang());
    let page = audit::list(&app.store, by, &filter, None, ROWS).await?;
    let mut changes: Vec<_> = page.items.iter().map(|entry| opened(entry, &zone, lang)).collect();
    changes.retain(|change| !change.differences.is_empty());
    changes.reverse();
    Ok(changes)
}

fn opened(entry: &AuditRecord, zone: &TimeZone, lang: Lang) -> OpenEntryView {
    OpenEntryView {
        row: row(entry, zone, lang),
        object_id: entry.object_id.map(|id| id.to_string()),
        differences: differences(entry, lang),
        has_values: entry.before.is_some() || entry.after.is_some(),
    }
}

fn no_entries() -> Page<AuditRecord> {
    Page {
        items: Vec::new(),
        next: None,
    }
}

fn row(entry: &AuditRecord, zone: &TimeZone, lang: Lang) -> AuditRowView {
    AuditRowView {
        id: entry.id.to_string(),
        at: cell_view(entry.at, zone, lang),
        actor_kind: entry.actor_kind.clone(),
        actor: entry.actor_name.clone(),
        address: entry.address.clone(),
        action: entry.action.clone(),
        kind: entry.object_kind.clone(),
        object: entry.object_name.clone(),
        changed: match (&entry.before, &entry.after) {
            (Some(before), Some(after)) => {
                let differing = differing(before, after).into_iter();
                differing
                    .map(|(field, before, after)| changed(&field, before, after, lang))
                    .collect()
            }
            _ => Vec::new(),
        },
    }
}

/// The name of a field, with the values before and after if they fit into the row.
fn changed(field: &str, before: Option<&Value>, after: Option<&Value>, lang: Lang) -> String {
    let name = label(field, lang);
    let value = |value: Option<&Value>| {
        let text = value.map_or_else(|| say::empty_value(lang).to_owned(), |value| shown(value, lang));
        // What is not on one line, or has characters that cannot be seen, is shown in the entry alone.
        Some(text).filter(|text| text.chars().count() <= SHORT && !text.contains('\n') && !has_unseen(text))
    };
    match value(before).zip(value(after)) {
        Some((before, after)) => say::changed_from_to(lang, &after, &before, &name),
        None => name,
    }
}

fn differences(entry: &AuditRecord, lang: Lang) -> Vec<DifferenceView> {
    let none = Value::Null;
    let differing = differing(entry.before.as_ref().unwrap_or(&none), entry.after.as_ref().unwrap_or(&none));
    let shown = |value: Option<&Value>| value.map(|value| shown(value, lang));
    let views = differing.into_iter().map(|(field, before, after)| DifferenceView {
        before: shown(before),
        after: shown(after),
        field: label(&field, lang),
    });
    views.collect()
}

/// The fields in which two snapshots differ, in the order of the newer one. A value that is not an object counts as one field.
fn differing<'a>(before: &'a Value, after: &'a Value) -> Vec<(String, Option<&'a Value>, Option<&'a Value>)> {
    if let (None, None) = (before.as_object(), after.as_object()) {
        let given = |value: &'a Value| Some(value).filter(|value| !value.is_null());
        let (before, after) = (given(before), given(after));
        return if before == after {
            Vec::new()
        } else {
            vec![(String::new(), before, after)]
        };
    }
    let mut names: Vec<&String> = Vec::new();
    for object in [after, before].into_iter().filter_map(Value::as_object) {
        for name in object.keys() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let both = names.into_iter().map(|name| (name.clone(), before.get(name), after.get(name)));
    both.filter(|(_, before, after)| before != after).collect()
}

/// The text of a value: lists have one line per item, headers are `name: value`.
fn shown(value: &Value, lang: Lang) -> String {
    match value {
        Value::Null => say::empty_value(lang).to_owned(),
        Value::Bool(true) => say::yes(lang).to_owned(),
        Value::Bool(false) => say::no(lang).to_owned(),
        Value::String(text) if text.is_empty() => say::empty_value(lang).to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => say::empty_value(lang).to_owned(),
        Value::Array(items) => items.iter().map(|item| shown(item, lang)).collect::<Vec<_>>().join("\n"),
        Value::Object(fields) => match (fields.get("name"), fields.get("value")) {
            (Some(Value::String(name)), Some(Value::String(value))) => {
                let secret = fields.get("secret") == Some(&Value::Bool(true));
                let mark = if secret {
                    format!(" {}", say::secret_header(lang))
                } else {
                    String::new()
                };
                format!("{name}: {value}{mark}")
            }
            _ => match (
                fields.get("per_second").and_then(Value::as_u64),
                fields.get("burst").and_then(Value::as_u64),
            ) {
                (Some(rate), Some(burst)) => say::rate(lang, &burst.to_string(), &rate.to_string()),
                _ => value.to_string(),
            },
        },
        Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_values_are_in_the_row() {
        let of = |before: Value, after: Value| changed("enabled", Some(&before), Some(&after), Lang::En);
        assert_eq!(of(json!(true), json!(false)), "Enabled: yes → no");
        assert_eq!(of(json!("a"), json!("")), "Enabled: a → empty");
        for long in [json!("x".repeat(25)), json!(["a", "b"]), json!("a\u{202e}b")] {
            assert_eq!(of(json!("a"), long), "Enabled");
        }
        assert_eq!(
            changed("description", None, Some(&json!("new")), Lang::En),
            "Description: empty → new"
        );
    }

    #[test]
    fn only_fields_that_differ_are_shown() {
        let before = json!({ "name": "A", "url": "https://a.example/", "events": ["visit_event.created"], "gone": 1 });
        let after = json!({ "name": "A", "url": "https://b.example/", "events": [], "headers": [{ "name": "X", "value": "••••••" }] });
        let found: Vec<_> = differing(&before, &after)
            .into_iter()
            .map(|(field, before, after)| {
                let text = |value: Option<&Value>| value.map(|value| shown(value, Lang::En));
                (field, text(before), text(after))
            })
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [
                ("url".to_owned(), some("https://a.example/"), some("https://b.example/")),
                ("events".to_owned(), some("visit_event.created"), some("empty")),
                ("headers".to_owned(), None, some("X: ••••••")),
                ("gone".to_owned(), some("1"), None),
            ]
        );
        assert!(differing(&before, &before).is_empty());
        assert_eq!(differing(&Value::Null, &json!("a reason")).len(), 1);
    }
}
