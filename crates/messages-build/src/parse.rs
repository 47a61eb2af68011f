//! Reads messages, and compiles each into statements that build its text.

use std::{collections::BTreeMap, fmt::Write as _};

use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey},
    parser,
};

use crate::{Messages, generate::identifier};

/// The type of a variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Text,
    Number,
}

/// The variables of a message, by their names.
pub(crate) type Variables = BTreeMap<String, Kind>;

/// A message in one language.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) variables: Variables,
    /// The text, if the message has no variables.
    pub(crate) constant: Option<String>,
    /// Statements that append the text to a `String` named `text`.
    pub(crate) statements: String,
}

/// The messages of a file.
pub(crate) fn messages(language: &str, text: &str) -> Result<Messages, String> {
    let text = with_french_spaces(language, text);
    let resource = parser::parse(text.as_str()).map_err(|(_, errors)| format!("{errors:?}"))?;
    let mut messages = Messages::new();
    for entry in resource.body {
        match entry {
            Entry::Message(message) => {
                let id = message.id.name.to_owned();
                let pattern = message.value.ok_or_else(|| format!("{id} has no text"))?;
                if !message.attributes.is_empty() {
                    return Err(format!("{id} has attributes, which are not supported"));
                }
                let compiled = compile(&pattern).map_err(|error| format!("{id}: {error}"))?;
                if messages.insert(id.clone(), compiled).is_some() {
                    return Err(format!("{id} is defined twice"));
                }
            }
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
            Entry::Term(_) | Entry::Junk { .. } => return Err("only messages and comments are supported".to_owned()),
        }
    }
    Ok(messages)
}

/// In French no line is broken before these signs nor inside quotation marks. The files contain ordinary spaces, which are visible in
/// an editor; they become no-break spaces here.
fn with_french_spaces(language: &str, text: &str) -> String {
    const WIDE: char = '\u{a0}';
    const NARROW: char = '\u{202f}';
    if language != "fr" {
        return text.to_owned();
    }
    let before = [(':', WIDE), ('»', WIDE), ('%', WIDE), (';', NARROW), ('!', NARROW), ('?', NARROW)];
    let text = before.iter().fold(text.to_owned(), |text, (sign, space)| {
        text.replace(&format!(" {sign}"), &format!("{space}{sign}"))
    });
    text.replace("« ", &format!("«{WIDE}"))
}

fn compile(pattern: &Pattern<&str>) -> Result<Message, String> {
    let mut variables = Variables::new();
    let statements = statements(pattern, &mut variables)?;
    let constant = variables.is_empty().then(|| constant(pattern));
    Ok(Message {
        variables,
        constant,
        statements,
    })
}

/// The text of a pattern without variables, which consists of text and literals only.
fn constant(pattern: &Pattern<&str>) -> String {
    let literal = |element: &PatternElement<&str>| match element {
        PatternElement::TextElement { value }
        | PatternElement::Placeable {
            expression: Expression::Inline(InlineExpression::StringLiteral { value }),
        } => (*value).to_owned(),
        PatternElement::Placeable { .. } => String::new(),
    };
    pattern.elements.iter().map(literal).collect()
}

fn statements(pattern: &Pattern<&str>, variables: &mut Variables) -> Result<String, String> {
    let mut code = String::new();
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => append(&mut code, &format!("{value:?}")),
            PatternElement::Placeable { expression } => match expression {
                Expression::Inline(InlineExpression::StringLiteral { value }) => append(&mut code, &format!("{value:?}")),
                Expression::Inline(InlineExpression::VariableReference { id }) => {
                    add_variable(variables, id.name, Kind::Text)?;
                    append(&mut code, &format!("&isolated({})", identifier(id.name)));
                }
                Expression::Inline(InlineExpression::FunctionReference { id, arguments }) if id.name == "NUMBER" => {
                    let [InlineExpression::VariableReference { id }] = arguments.positional.as_slice() else {
                        return Err("NUMBER takes one variable".to_owned());
                    };
                    add_variable(variables, id.name, Kind::Number)?;
                    append(&mut code, &format!("&number(lang, {})", identifier(id.name)));
                }
                Expression::Select { selector, variants } => {
                    let InlineExpression::VariableReference { id } = selector else {
                        return Err("only a variable can select a variant".to_owned());
                    };
                    code.push_str(&selection(id.name, variants, variables)?);
                }
                Expression::Inline(_) => return Err("this kind of placeable is not supported".to_owned()),
            },
        }
    }
    Ok(code)
}

/// Writing to a `String` cannot fail.
fn append(code: &mut String, argument: &str) {
    let _ = writeln!(code, "text.push_str({argument});");
}

fn selection(name: &str, variants: &[Variant<&str>], variables: &mut Variables) -> Result<String, String> {
    let by_number = variants.iter().all(|variant| {
        matches!(
            variant.key,
            VariantKey::NumberLiteral { .. } | VariantKey::Identifier { name: "one" | "other" }
        )
    });
    add_variable(variables, name, if by_number { Kind::Number } else { Kind::Text })?;
    let mut code = format!("match {} {{\n", identifier(name));
    let (default, named): (Vec<_>, Vec<_>) = variants.iter().partition(|variant| variant.default);
    for variant in named.into_iter().chain(default) {
        let key = match &variant.key {
            _ if variant.default => "_".to_owned(),
            VariantKey::NumberLiteral { value } => (*value).to_owned(),
            VariantKey::Identifier { .. } if by_number => "n if is_one(lang, n)".to_owned(),
            VariantKey::Identifier { name } => format!("{name:?}"),
        };
        let _ = writeln!(code, "{key} => {{ {} }}", statements(&variant.value, variables)?);
    }
    code.push_str("}\n");
    Ok(code)
}

fn add_variable(variables: &mut Variables, name: &str, kind: Kind) -> Result<(), String> {
    match variables.insert(name.to_owned(), kind) {
        Some(other) if other != kind => Err(format!(
            "${name} is a number in one place and a text in another; write NUMBER(${name})"
        )),
        _ => Ok(()),
    }
}
