//! Makes Rust of the messages in `locales`: one function a message, whose parameters are the message's variables, in the
//! order of the alphabet. A message that one
//! language lacks, or whose variables differ, ends the build here; nothing is parsed or looked up while the program runs.
//!
//! What is read of Fluent: text, `{ $name }` (text), `{ NUMBER($name) }` (a number, grouped), `{ "literal" }`, and selections by a
//! number (`[0]`, `[one]`, `*[other]`) or by a text.

use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey},
    parser,
};

/// The languages, the first of which the others are measured by.
const LANGUAGES: [(&str, &str); 2] = [("en", "En"), ("fr", "Fr")];
/// The namespace whose messages are values too, so that rules can hand them on.
const AS_VALUES: &str = "wrong";
/// The namespace whose messages are a list too, so that one language's text leads to another's.
const AS_LIST: &str = "fields";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Text,
    Number,
}

type Variables = BTreeMap<String, Kind>;

/// A message of one language.
struct Said {
    variables: Variables,
    /// The text, when there is no variable in it.
    plain: Option<String>,
    /// Statements that push the text, when there is one.
    code: String,
}

/// Writes `messages.rs`.
pub(crate) fn write() {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let locales = manifest.join("locales");
    println!("cargo:rerun-if-changed={}", locales.display());
    let mut code = String::new();
    for space in spaces(&locales.join(LANGUAGES[0].0)) {
        let said = LANGUAGES.map(|(language, _)| read(language, &locales.join(language).join(format!("{space}.ftl"))));
        code.push_str(&module(&space, &said));
    }
    for (language, _) in LANGUAGES {
        println!("cargo:rerun-if-changed={}", locales.join(language).display());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("messages.rs"), code).expect("OUT_DIR can be written");
}

fn spaces(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("there are messages")
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".ftl").map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// French breaks no line before these signs nor inside its quotation marks. Files are written with plain spaces, which one can see.
fn typeset(language: &str, text: String) -> String {
    const WIDE: char = '\u{a0}';
    const NARROW: char = '\u{202f}';
    if language != "fr" {
        return text;
    }
    let before = [(':', WIDE), ('»', WIDE), ('%', WIDE), (';', NARROW), ('!', NARROW), ('?', NARROW)];
    let text = before.iter().fold(text, |text, (sign, space)| {
        text.replace(&format!(" {sign}"), &format!("{space}{sign}"))
    });
    text.replace("« ", &format!("«{WIDE}"))
}

fn read(language: &str, file: &Path) -> BTreeMap<String, Said> {
    println!("cargo:rerun-if-changed={}", file.display());
    let shown = file.display();
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{shown}: {error}"));
    let text = typeset(language, text);
    let resource = parser::parse(text.as_str()).unwrap_or_else(|(_, errors)| panic!("{shown}: {errors:?}"));
    let mut messages = BTreeMap::new();
    for entry in resource.body {
        match entry {
            Entry::Message(message) => {
                let id = message.id.name.to_owned();
                let value = message.value.unwrap_or_else(|| panic!("{shown}: {id} has no text"));
                assert!(message.attributes.is_empty(), "{shown}: {id} has attributes, which are not read");
                let said = said(&value).unwrap_or_else(|wrong| panic!("{shown}: {id}: {wrong}"));
                assert!(messages.insert(id.clone(), said).is_none(), "{shown}: {id} stands twice");
            }
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
            Entry::Term(_) | Entry::Junk { .. } => panic!("{shown}: only messages and comments are read"),
        }
    }
    messages
}

fn said(pattern: &Pattern<&str>) -> Result<Said, String> {
    let mut variables = Variables::new();
    let code = pushes(pattern, &mut variables)?;
    let plain = variables.is_empty().then(|| plain(pattern));
    Ok(Said { variables, plain, code })
}

/// The text of a pattern without variables.
fn plain(pattern: &Pattern<&str>) -> String {
    let literal = |element: &PatternElement<&str>| match element {
        PatternElement::TextElement { value }
        | PatternElement::Placeable {
            expression: Expression::Inline(InlineExpression::StringLiteral { value }),
        } => (*value).to_owned(),
        PatternElement::Placeable { .. } => unreachable!("it has no variables"),
    };
    pattern.elements.iter().map(literal).collect()
}

fn pushes(pattern: &Pattern<&str>, variables: &mut Variables) -> Result<String, String> {
    let mut code = String::new();
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => push(&mut code, &format!("{value:?}")),
            PatternElement::Placeable { expression } => match expression {
                Expression::Inline(InlineExpression::StringLiteral { value }) => push(&mut code, &format!("{value:?}")),
                Expression::Inline(InlineExpression::VariableReference { id }) => {
                    note(variables, id.name, Kind::Text)?;
                    push(&mut code, &format!("&isolated({})", rust(id.name)));
                }
                Expression::Inline(InlineExpression::FunctionReference { id, arguments }) if id.name == "NUMBER" => {
                    let [InlineExpression::VariableReference { id }] = arguments.positional.as_slice() else {
                        return Err("NUMBER takes one variable".to_owned());
                    };
                    note(variables, id.name, Kind::Number)?;
                    push(&mut code, &format!("&number(lang, {})", rust(id.name)));
                }
                Expression::Select { selector, variants } => {
                    let InlineExpression::VariableReference { id } = selector else {
                        return Err("a selection is by a variable".to_owned());
                    };
                    code.push_str(&selection(id.name, variants, variables)?);
                }
                Expression::Inline(_) => return Err("this kind of placeable is not read".to_owned()),
            },
        }
    }
    Ok(code)
}

fn push(code: &mut String, argument: &str) {
    writeln!(code, "text.push_str({argument});").expect("writing to a string");
}

fn selection(name: &str, variants: &[Variant<&str>], variables: &mut Variables) -> Result<String, String> {
    let by_number = variants.iter().all(|variant| {
        matches!(
            variant.key,
            VariantKey::NumberLiteral { .. } | VariantKey::Identifier { name: "one" | "other" }
        )
    });
    note(variables, name, if by_number { Kind::Number } else { Kind::Text })?;
    let mut code = format!("match {} {{\n", rust(name));
    let (usual, named): (Vec<_>, Vec<_>) = variants.iter().partition(|variant| variant.default);
    for variant in named.into_iter().chain(usual) {
        let key = match &variant.key {
            _ if variant.default => "_".to_owned(),
            VariantKey::NumberLiteral { value } => (*value).to_owned(),
            VariantKey::Identifier { .. } if by_number => "n if is_one(lang, n)".to_owned(),
            VariantKey::Identifier { name } => format!("{name:?}"),
        };
        writeln!(code, "{key} => {{ {} }}", pushes(&variant.value, variables)?).expect("writing to a string");
    }
    code.push_str("}\n");
    Ok(code)
}

fn note(variables: &mut Variables, name: &str, kind: Kind) -> Result<(), String> {
    match variables.insert(name.to_owned(), kind) {
        Some(other) if other != kind => Err(format!(
            "${name} is a number in one place and a text in another; write NUMBER(${name})"
        )),
        _ => Ok(()),
    }
}

fn module(space: &str, said: &[BTreeMap<String, Said>; LANGUAGES.len()]) -> String {
    let mut code = format!("/// Messages of `{space}.ftl`.\n#[allow(clippy::all, clippy::pedantic)]\npub mod {space} {{\nuse super::*;\n");
    let [first, others @ ..] = said;
    for (other, (language, _)) in others.iter().zip(&LANGUAGES[1..]) {
        let alone = other.keys().find(|id| !first.contains_key(*id));
        assert!(alone.is_none(), "locales/{language}/{space}.ftl: {alone:?} is in no other language");
        for (id, message) in first {
            let there = other.get(id).unwrap_or_else(|| panic!("locales/{language}/{space}.ftl lacks {id}"));
            assert!(
                there.variables == message.variables,
                "locales/{language}/{space}.ftl: {id} has the variables {:?}, not {:?}",
                there.variables,
                message.variables
            );
        }
    }
    for (id, message) in first {
        let all: Vec<&Said> = said.iter().map(|messages| &messages[id]).collect();
        code.push_str(&function(id, &message.variables, &all));
    }
    if space == AS_VALUES {
        code.push_str(&values(first));
    }
    if space == AS_LIST {
        let mut texts = BTreeMap::new();
        for (id, message) in first {
            let text = message.plain.as_deref();
            let text = text.unwrap_or_else(|| panic!("{space}.ftl: {id} has variables, so its text does not lead to another's"));
            let other = texts.insert(text, id);
            assert!(other.is_none(), "{space}.ftl: {id} and {other:?} have the same text");
        }
        let all = first.keys().map(|id| rust(id)).collect::<Vec<_>>().join(", ");
        writeln!(code, "/// All of them.\npub const ALL: &[fn(Lang) -> &'static str] = &[{all}];").expect("a string");
    }
    code.push_str("}\n");
    code
}

fn function(id: &str, variables: &Variables, said: &[&Said]) -> String {
    let (mut code, name) = (String::new(), rust(id));
    let arms = |of: &dyn Fn(&Said) -> String| {
        let arms = said
            .iter()
            .zip(LANGUAGES)
            .map(|(said, (_, variant))| format!("Lang::{variant} => {{ {} }}\n", of(said)));
        arms.collect::<String>()
    };
    if let Some(text) = &said[0].plain {
        let arms = arms(&|said| format!("{:?}", said.plain.as_deref().unwrap_or_default()));
        writeln!(
            code,
            "#[doc = {text:?}]\npub const fn {name}(lang: Lang) -> &'static str {{ match lang {{ {arms} }} }}"
        )
        .expect("a string");
    } else {
        let parameter =
            |(name, kind): (&String, &Kind)| format!(", {}: {}", rust(name), if *kind == Kind::Number { "u64" } else { "&str" });
        let parameters = variables.iter().map(parameter).collect::<Vec<_>>().concat();
        let arms = arms(&|said| said.code.clone());
        writeln!(
            code,
            "/// A text with parameters.\npub fn {name}(lang: Lang{parameters}) -> String {{ let mut text = String::new(); match lang {{ {arms} }} text }}"
        )
        .expect("a string");
    }
    code
}

/// The messages of a namespace as values, whose text is made later, in whichever language.
fn values(messages: &BTreeMap<String, Said>) -> String {
    let (mut variants, mut texts) = (String::new(), String::new());
    for (id, message) in messages {
        let (variant, function) = (camel(id), rust(id));
        let names: Vec<String> = message.variables.keys().map(|name| rust(name)).collect();
        let field = |(name, kind): (&String, &Kind)| {
            let kind = if *kind == Kind::Number { "u64" } else { "String" };
            format!("/// Goes into the text.\n{}: {kind}, ", rust(name))
        };
        let fields = message.variables.iter().map(field).collect::<Vec<_>>().concat();
        let argument = |(name, kind): (&String, &Kind)| format!(", {}{}", if *kind == Kind::Number { "*" } else { "" }, rust(name));
        let given = message.variables.iter().map(argument).collect::<Vec<_>>().concat();
        if names.is_empty() {
            writeln!(variants, "/// `{id}`\n{variant},").expect("a string");
            writeln!(texts, "Self::{variant} => {function}(lang).to_owned(),").expect("a string");
        } else {
            writeln!(variants, "/// `{id}`\n{variant} {{ {fields} }},").expect("a string");
            writeln!(texts, "Self::{variant} {{ {} }} => {function}(lang{given}),", names.join(", ")).expect("a string");
        }
    }
    format!(
        "/// What is wrong, to be said in whichever language.\n#[derive(Clone, Debug, PartialEq, Eq)]\npub enum Wrong {{ {variants} }}\n\
         impl Wrong {{ /// One clear sentence.\npub fn text(&self, lang: Lang) -> String {{ match self {{ {texts} }} }} }}\n"
    )
}

fn rust(id: &str) -> String {
    id.replace('-', "_")
}

fn camel(id: &str) -> String {
    id.split('-')
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_ascii_uppercase() + rest
        })
        .collect()
}
