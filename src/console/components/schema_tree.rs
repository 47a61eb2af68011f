//! The fields of a callback's body as a tree. It is the same for everybody who reads one language, so it is written once.

use std::{
    collections::HashMap,
    sync::{LazyLock, OnceLock},
};

use leptos::prelude::*;

use crate::{
    catalogue::{
        EventType,
        fields::{Field, FieldValue, fields},
    },
    console::{components::inline_code::Ticks, viewer::lang},
    messages::{self, Lang, event_types as say},
};

/// How deep the tree is open at first: what an event is about is seen, what that is made of is a click away.
const OPEN: usize = 2;

/// The tree.
#[component]
pub(in crate::console) fn SchemaTree(
    /// Of which event.
    event: EventType,
) -> impl IntoView {
    view! { <div class="schema" inner_html=written(event, lang())></div> }
}

fn written(event: EventType, lang: Lang) -> &'static str {
    static TREES: [[OnceLock<String>; EventType::ALL.len()]; Lang::ALL.len()] =
        [const { [const { OnceLock::new() }; EventType::ALL.len()] }; Lang::ALL.len()];
    // Marks between texts are for hydration, which this never sees.
    TREES[lang as usize][event.index()].get_or_init(|| branch(fields(event), 0, lang).to_html().replace("<!>", ""))
}

fn branch(fields: &'static [Field], depth: usize, lang: Lang) -> AnyView {
    let each = |field: &'static Field| {
        let within = (!field.fields.is_empty()).then(|| {
            view! {
                <details open=depth < OPEN>
                    <summary>{say::within(lang, field.fields.len() as u64)}</summary>
                    {branch(&field.fields, depth + 1, lang)}
                </details>
            }
        });
        view! {
            <li>
                {line(field, lang)} <p>
                    <Ticks text=meaning(&field.description, lang) />
                </p> {values(&field.values, lang)} {within}
            </li>
        }
    };
    view! { <ul>{fields.iter().map(each).collect_view()}</ul> }.into_any()
}

fn line(field: &'static Field, lang: Lang) -> AnyView {
    let kind = match &field.format {
        Some(format) => format!("{} · {format}", field.kind),
        None => field.kind.clone(),
    };
    view! {
        <code>{field.name.as_str()}</code>
        " "
        <span>{kind}</span>
        {field.required.then(|| view! { " " <em>{say::required(lang)}</em> })}
    }
    .into_any()
}

fn values(values: &'static [FieldValue], lang: Lang) -> Option<AnyView> {
    let value = |value: &'static FieldValue| {
        view! {
            <li>
                <code>{value.value.as_str()}</code>
                " "
                {meaning(&value.meaning, lang)}
            </li>
        }
    };
    (!values.is_empty()).then(|| view! { <ul class="values">{values.iter().map(value).collect_view()}</ul> }.into_any())
}

/// What a schema says, in the language of who reads it. Schemas speak English.
fn meaning(english: &'static str, lang: Lang) -> &'static str {
    static KNOWN: LazyLock<HashMap<&str, usize>> =
        LazyLock::new(|| messages::fields::ALL.iter().map(|said| said(Lang::En)).zip(0..).collect());
    KNOWN.get(english).map_or(english, |at| messages::fields::ALL[*at](lang))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn texts(fields: &'static [Field], all: &mut HashSet<&'static str>) {
        for field in fields {
            all.insert(&field.description);
            all.extend(field.values.iter().map(|value| value.meaning.as_str()));
            texts(&field.fields, all);
        }
    }

    #[test]
    fn what_schemas_say_is_said_in_every_language() {
        let mut said = HashSet::new();
        for event in EventType::ALL {
            texts(fields(event), &mut said);
        }
        said.remove("");
        let known: HashSet<_> = messages::fields::ALL.iter().map(|text| text(Lang::En)).collect();
        assert_eq!(known, said);
        for lang in Lang::ALL {
            let tree = written(EventType::VisitCreated, lang);
            for said in [messages::fields::visit_host, messages::fields::status_checked_in] {
                assert!(tree.contains(said(lang)), "{tree}");
            }
        }
    }
}
