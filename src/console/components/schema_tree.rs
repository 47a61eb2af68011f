//! The fields of a callback's body as a tree. The HTML of a type of the pack depends only on the type and the language, so it is written once.

use std::{
    collections::HashMap,
    fmt::{self, Write},
    sync::{Arc, LazyLock, OnceLock},
};

use event_schema::fields::{Field, FieldValue, fields};
use leptos::prelude::*;

use crate::{
    catalogue::BuiltIn,
    console::{components::inline_code::write_inline_code, raw_text::raw_text, viewer::lang},
    messages::{self, Lang, event_types as say},
    registry::Entry,
};

/// The number of levels that are open at first.
const OPEN: usize = 2;

/// The tree.
#[component]
pub(in crate::console) fn SchemaTree(
    /// The event type.
    entry: Arc<Entry>,
) -> impl IntoView {
    view! { <div class="schema" inner_html=html(&entry, lang())></div> }
}

/// The HTML of the tree. It is plain text instead of a view, because nothing in it is ever hydrated: leptos would mark the end of each list and
/// text.
fn html(entry: &Entry, lang: Lang) -> Arc<str> {
    static TREES: [[OnceLock<Arc<str>>; BuiltIn::ALL.len()]; Lang::ALL.len()] =
        [const { [const { OnceLock::new() }; BuiltIn::ALL.len()] }; Lang::ALL.len()];
    let write = || tree(&fields(entry.callback_schema()), lang);
    match entry.built_in {
        Some(built_in) => TREES[lang as usize][built_in.index()].get_or_init(write).clone(),
        None => write(),
    }
}

fn tree(fields: &[Field], lang: Lang) -> Arc<str> {
    let mut html = String::new();
    // Writing to a String cannot fail.
    let _ = write_branch(&mut html, fields, 0, lang);
    html.into()
}

fn write_branch(html: &mut String, fields: &[Field], depth: usize, lang: Lang) -> fmt::Result {
    html.push_str("<ul>");
    for field in fields {
        html.push_str("<li>");
        write_line(html, field, lang)?;
        html.push_str(" <p>");
        write_inline_code(html, translated(&field.description, lang))?;
        html.push_str("</p>");
        write_values(html, &field.values, lang)?;
        if !field.fields.is_empty() {
            let open = if depth < OPEN { " open" } else { "" };
            let summary = raw_text(&say::within(lang, field.fields.len() as u64));
            write!(html, "<details{open}><summary>{summary}</summary>")?;
            write_branch(html, &field.fields, depth + 1, lang)?;
            html.push_str("</details>");
        }
        html.push_str("</li>");
    }
    html.push_str("</ul>");
    Ok(())
}

/// Name, type and format of a field, and whether it is required.
fn write_line(html: &mut String, field: &Field, lang: Lang) -> fmt::Result {
    write!(html, "<code>{}</code> <span>{}", raw_text(&field.name), raw_text(&field.kind))?;
    if let Some(format) = &field.format {
        write!(html, " · {}", raw_text(format))?;
    }
    html.push_str("</span>");
    if field.required {
        write!(html, " <em>{}</em>", raw_text(say::required(lang)))?;
    }
    Ok(())
}

/// The possible values of a field with their meanings.
fn write_values(html: &mut String, values: &[FieldValue], lang: Lang) -> fmt::Result {
    if values.is_empty() {
        return Ok(());
    }
    html.push_str("<ul class=\"values\">");
    for value in values {
        let meaning = raw_text(translated(&value.meaning, lang));
        write!(html, "<li><code>{}</code> {meaning}</li>", raw_text(&value.value))?;
    }
    html.push_str("</ul>");
    Ok(())
}

/// A text of a schema in the viewer's language. The schemas themselves are in English.
fn translated(english: &str, lang: Lang) -> &str {
    static KNOWN: LazyLock<HashMap<&str, usize>> =
        LazyLock::new(|| messages::catalogue::ALL.iter().map(|said| said(Lang::En)).zip(0..).collect());
    KNOWN.get(english).map_or(english, |at| messages::catalogue::ALL[*at](lang))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::catalogue::schema::callback_schema;

    fn texts(fields: &[Field], all: &mut HashSet<String>) {
        for field in fields {
            all.insert(field.description.clone());
            all.extend(field.values.iter().map(|value| value.meaning.clone()));
            texts(&field.fields, all);
        }
    }

    #[test]
    fn texts_of_schemas_are_translated() {
        let mut said = HashSet::new();
        for event in BuiltIn::ALL {
            texts(&fields(callback_schema(event)), &mut said);
            said.extend([event.name(), event.summary(), event.description(), event.group()].map(str::to_owned));
        }
        said.remove("");
        let known: HashSet<_> = messages::catalogue::ALL.iter().map(|text| text(Lang::En).to_owned()).collect();
        assert_eq!(known, said);
        for lang in Lang::ALL {
            let tree = tree(&fields(callback_schema(BuiltIn::VisitEventCreated)), lang);
            for said in [messages::catalogue::visit_event_host, messages::catalogue::status_checked_in] {
                assert!(tree.contains(said(lang)), "{tree}");
            }
        }
    }
}
