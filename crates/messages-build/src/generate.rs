//! Writes the code of a module.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    Generator, Messages,
    parse::{Kind, Message, Variables},
};

/// The module of one file, from its messages in each language.
pub(crate) fn module(generator: &Generator<'_>, namespace: &str, all: &[Messages]) -> Result<String, String> {
    let Some(first) = all.first() else { return Ok(String::new()) };
    let mut code =
        format!("/// Messages of `{namespace}.ftl`.\n#[allow(clippy::all, clippy::pedantic)]\npub mod {namespace} {{\nuse super::*;\n");
    for (id, message) in first {
        let translations = all.iter().filter_map(|messages| messages.get(id));
        let translations: Vec<_> = translations.zip(generator.languages.iter().map(|(_, variant)| *variant)).collect();
        code.push_str(&function(id, message, &translations));
    }
    if let Some((_, name)) = generator.enums.iter().find(|(file, _)| *file == namespace) {
        code.push_str(&enumeration(name, first));
    }
    if generator.lists.contains(&namespace) {
        code.push_str(&list(namespace, first)?);
    }
    code.push_str("}\n");
    Ok(code)
}

fn function(id: &str, message: &Message, translations: &[(&Message, &str)]) -> String {
    let name = identifier(id);
    let arms = |body: &dyn Fn(&Message) -> String| -> String {
        let arm = |(message, variant): &(&Message, &str)| format!("Lang::{variant} => {{ {} }}\n", body(message));
        translations.iter().map(arm).collect()
    };
    if let Some(text) = &message.constant {
        let arms = arms(&|message| format!("{:?}", message.constant.as_deref().unwrap_or_default()));
        return format!("#[doc = {text:?}]\npub const fn {name}(lang: Lang) -> &'static str {{ match lang {{ {arms} }} }}\n");
    }
    let parameter = |(name, kind): (&String, &Kind)| format!(", {}: {}", identifier(name), parameter_type(*kind));
    let parameters: String = message.variables.iter().map(parameter).collect();
    let arms = arms(&|message| message.statements.clone());
    format!(
        "/// A text with parameters.\npub fn {name}(lang: Lang{parameters}) -> String {{ let mut text = String::new(); match lang {{ {arms} }} text }}\n"
    )
}

const fn parameter_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "u64",
        Kind::Text => "&str",
    }
}

/// An enum with a variant for each message, which holds the message's variables.
fn enumeration(name: &str, messages: &Messages) -> String {
    let (mut variants, mut arms) = (String::new(), String::new());
    for (id, message) in messages {
        let (variant, function) = (camel_case(id), identifier(id));
        let arguments: String = message.variables.iter().map(argument).collect();
        if message.variables.is_empty() {
            let _ = writeln!(variants, "/// `{id}`\n{variant},");
            let _ = writeln!(arms, "Self::{variant} => {function}(lang).to_owned(),");
        } else {
            let names: Vec<String> = message.variables.keys().map(|name| identifier(name)).collect();
            let _ = writeln!(variants, "/// `{id}`\n{variant} {{ {} }},", fields(&message.variables));
            let _ = writeln!(arms, "Self::{variant} {{ {} }} => {function}(lang{arguments}),", names.join(", "));
        }
    }
    format!(
        "/// A message whose language is chosen later.\n#[derive(Clone, Debug, PartialEq, Eq)]\npub enum {name} {{ {variants} }}\n\
         impl {name} {{ /// One clear sentence.\npub fn text(&self, lang: Lang) -> String {{ match self {{ {arms} }} }} }}\n"
    )
}

fn fields(variables: &Variables) -> String {
    let field = |(name, kind): (&String, &Kind)| {
        let owned = match kind {
            Kind::Number => "u64",
            Kind::Text => "String",
        };
        format!("/// A variable of the message.\n{}: {owned}, ", identifier(name))
    };
    variables.iter().map(field).collect()
}

fn argument((name, kind): (&String, &Kind)) -> String {
    let dereference = if *kind == Kind::Number { "*" } else { "" };
    format!(", {dereference}{}", identifier(name))
}

/// A list of all functions. Their texts are unique, so that a text in one language leads to one text in another.
fn list(namespace: &str, messages: &Messages) -> Result<String, String> {
    let mut texts = BTreeMap::new();
    for (id, message) in messages {
        let Some(text) = message.constant.as_deref() else {
            return Err(format!("{namespace}.ftl: {id} has variables, which a list cannot contain"));
        };
        if let Some(other) = texts.insert(text, id) {
            return Err(format!("{namespace}.ftl: {id} and {other} have the same text"));
        }
    }
    let all = messages.keys().map(|id| identifier(id)).collect::<Vec<_>>().join(", ");
    Ok(format!(
        "/// All messages.\npub const ALL: &[fn(Lang) -> &'static str] = &[{all}];\n"
    ))
}

/// `rate-limit` as a Rust identifier.
pub(crate) fn identifier(id: &str) -> String {
    id.replace('-', "_")
}

/// `rate-limit` as the name of a variant.
fn camel_case(id: &str) -> String {
    let capitalized = |word: &str| {
        let mut characters = word.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(characters).collect::<String>()
    };
    id.split('-').map(capitalized).collect()
}
