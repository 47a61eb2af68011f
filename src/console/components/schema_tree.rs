//! The fields of a JSON Schema as a tree.

use std::{
    collections::HashMap,
    fmt::{self, Write},
    sync::{Arc, LazyLock, OnceLock},
};

use event_schema::fields::{Field, FieldValue, fields};
use leptos::prelude::RenderHtml;
use serde_json::Value;

use crate::{
    catalogue::BuiltIn,
    console::{
        components::{
            inline_code::write_inline_code,
            unseen::{has_unseen, written_out},
        },
        raw_text::raw_text,
    },
    messages::{self, Lang, event_types as say},
    registry::Entry,
};

/// The number of levels that are open at first.
const OPEN: usize = 2;

/// The HTML of the tree of the body of a type's callbacks. That of a type of the pack depends only on the type and the language, so it is
/// written once.
pub(in crate::console) fn html_of_entry(entry: &Entry, lang: Lang) -> Arc<str> {
    static TREES: [[OnceLock<Arc<str>>; BuiltIn::ALL.len()]; Lang::ALL.len()] =
        [const { [const { OnceLock::new() }; BuiltIn::ALL.len()] }; Lang::ALL.len()];
    let write = || html(entry.callback_schema(), lang).into();
    match entry.built_in {
        Some(built_in) => TREES[lang as usize][built_in.index()].get_or_init(write).clone(),
        None => write(),
    }
}

/// The HTML of the tree of a schema. It is plain text instead of a view, because nothing in it is ever hydrated: leptos would mark the end of
/// each list and text.
pub(in crate::console) fn html(schema: &Value, lang: Lang) -> String {
    html_of(&fields(schema), lang)
}

/// The HTML of the tree of these fields.
pub(in crate::console) fn html_of(fields: &[Field], lang: Lang) -> String {
    let mut html = String::new();
    if !fields.is_empty() {
        // Writing to a String cannot fail.
        let _ = write_branch(&mut html, fields, 0, lang);
    }
    html
}

fn write_branch(html: &mut String, fields: &[Field], depth: usize, lang: Lang) -> fmt::Result {
    html.push_str("<ul>");
    for field in fields {
        html.push_str("<li>");
        write_line(html, field, lang)?;
        write_description(html, field, lang)?;
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
    write!(html, "<code>{}</code> <span>{}", shown(&field.name), shown(&field.kind))?;
    if let Some(format) = &field.format {
        write!(html, " · {}", shown(format))?;
    }
    html.push_str("</span>");
    if field.required {
        write!(html, " <em>{}</em>", raw_text(say::required(lang)))?;
    }
    Ok(())
}

fn write_description(html: &mut String, field: &Field, lang: Lang) -> fmt::Result {
    let description = translated(&field.description, lang);
    if !description.is_empty() {
        html.push_str(" <p dir=\"auto\">");
        if has_unseen(description) {
            html.push_str(&shown(description));
        } else {
            write_inline_code(html, description)?;
        }
        html.push_str("</p>");
    }
    if let Some(definition) = &field.repeats {
        write!(html, " <p>{}</p>", raw_text(&say::repeats(lang, definition)))?;
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
        write!(
            html,
            "<li><code>{}</code> {}</li>",
            shown(&value.value),
            shown(translated(&value.meaning, lang))
        )?;
    }
    html.push_str("</ul>");
    Ok(())
}

/// The HTML of a text from users, with escapes in place of invisible characters.
fn shown(text: &str) -> String {
    if has_unseen(text) {
        written_out(text).to_html()
    } else {
        raw_text(text)
    }
}

/// A text of a schema of the pack `clearid` in the viewer's language. The schemas themselves are in English.
fn translated(english: &str, lang: Lang) -> &str {
    static KNOWN: LazyLock<HashMap<&str, usize>> =
        LazyLock::new(|| messages::catalogue::ALL.iter().map(|said| said(Lang::En)).zip(0..).collect());
    KNOWN.get(english).map_or(english, |at| messages::catalogue::ALL[*at](lang))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;

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
        let missing: Vec<_> = said.difference(&known).collect();
        let unused: Vec<_> = known.difference(&said).collect();
        assert!(
            missing.is_empty() && unused.is_empty(),
            "without translation: {missing:?}; unused: {unused:?}"
        );
        for lang in Lang::ALL {
            let tree = html(callback_schema(BuiltIn::VisitEventCreated), lang);
            for said in [messages::catalogue::visit_event_host, messages::catalogue::status_checked_in] {
                assert!(tree.contains(said(lang)), "{tree}");
            }
        }
    }

    #[test]
    fn texts_of_own_schemas_are_escaped() {
        let schema = json!({ "type": "object", "properties": {
            "<b>name": { "type": "string", "format": "<i>", "description": "<script>alert(1)</script>\u{202e}" },
            "list": { "type": "string", "enum": ["<u>", "a"], "description": "one of `<u>` and `a`" },
        } });
        let tree = html(&schema, Lang::En);
        assert!(
            !tree.contains("<b>") && !tree.contains("<i>") && !tree.contains("<script>") && !tree.contains("<u>"),
            "{tree}"
        );
        assert!(tree.contains("&lt;script&gt;") && tree.contains("\\u{202E}"), "{tree}");
        assert_eq!(html(&json!(true), Lang::En), "");
    }
}
