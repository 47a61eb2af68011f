//! The generated code, and the errors for files that do not fit together.
#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::fs;

use messages_build::Generator;

const GENERATOR: Generator<'_> = Generator {
    languages: &[("en", "En"), ("fr", "Fr")],
    enums: &[("errors", "Error")],
    lists: &["fields"],
};

/// Generates from one file in two languages.
fn generate(namespace: &str, english: &str, french: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    for (language, text) in [("en", english), ("fr", french)] {
        fs::create_dir(folder.path().join(language)).unwrap();
        fs::write(folder.path().join(language).join(format!("{namespace}.ftl")), text).unwrap();
    }
    GENERATOR.generate(folder.path())
}

#[test]
fn a_message_without_variables_is_a_constant_function() {
    let code = generate("page", "title = Webhooks\n", "title = Webhooks !\n").unwrap();
    assert!(code.contains("pub mod page {"), "{code}");
    assert!(code.contains("pub const fn title(lang: Lang) -> &'static str"), "{code}");
    assert!(code.contains(r#"Lang::En => { "Webhooks" }"#), "{code}");
    // A no-break space before the exclamation mark.
    assert!(code.contains(r#"Lang::Fr => { "Webhooks\u{202f}!" }"#), "{code}");
}

#[test]
fn variables_become_parameters_in_alphabetical_order() {
    let english = "found = { $who } found { NUMBER($count) } of { \"{\" }\n";
    let french = "found = { NUMBER($count) } : { $who }\n";
    let code = generate("page", english, french).unwrap();
    assert!(code.contains("pub fn found(lang: Lang, count: u64, who: &str) -> String"), "{code}");
    assert!(code.contains("text.push_str(&number(lang, count));"), "{code}");
    assert!(code.contains("text.push_str(&isolated(who));"), "{code}");
}

#[test]
fn selections_match_numbers_and_texts() {
    let text = "events = { $count ->\n    [0] none\n    [one] one\n   *[other] { NUMBER($count) }\n}\n\
                state = { $state ->\n    [on] enabled\n   *[off] disabled\n}\n";
    let code = generate("page", text, text).unwrap();
    for part in [
        "match count {",
        "0 => {",
        "n if is_one(lang, n) => {",
        "match state {",
        r#""on" => {"#,
        "_ => {",
    ] {
        assert!(code.contains(part), "{part} in {code}");
    }
    assert!(code.contains("pub fn state(lang: Lang, state: &str)"), "{code}");
}

#[test]
fn an_enum_holds_the_variables_of_its_messages() {
    let text = "too-long = At most { NUMBER($max) }: { $name }\nmissing = Missing\n";
    let code = generate("errors", text, text).unwrap();
    assert!(code.contains("pub enum Error {"), "{code}");
    assert!(
        code.contains("Self::TooLong { max, name } => too_long(lang, *max, name),"),
        "{code}"
    );
    assert!(code.contains("Self::Missing => missing(lang).to_owned(),"), "{code}");
}

#[test]
fn a_list_holds_all_functions_and_needs_unique_constant_texts() {
    let code = generate("fields", "a = A\nb = B\n", "a = A\nb = B\n").unwrap();
    assert!(code.contains("pub const ALL: &[fn(Lang) -> &'static str] = &[a, b];"), "{code}");
    let error = generate("fields", "a = A\nb = A\n", "a = A\nb = B\n").unwrap_err();
    assert!(error.contains("b and a have the same text"), "{error}");
    let error = generate("fields", "a = { $x }\n", "a = { $x }\n").unwrap_err();
    assert!(error.contains("a has variables"), "{error}");
}

#[test]
fn languages_that_differ_are_errors_that_name_file_and_message() {
    for (english, french, expected) in [
        ("a = A\nb = B\n", "a = A\n", "fr/page.ftl lacks b"),
        ("a = A\n", "a = A\nb = B\n", "fr/page.ftl: b is in no other language"),
        ("a = { $x }\n", "a = { NUMBER($x) }\n", "fr/page.ftl: a has the variables"),
        ("a = A\na = B\n", "a = A\n", "a is defined twice"),
        ("a = { $x } { NUMBER($x) }\n", "a = A\n", "write NUMBER($x)"),
        ("a = A\n    .b = B\n", "a = A\n", "a has attributes"),
        ("-a = A\n", "a = A\n", "only messages and comments are supported"),
        ("a = { b }\n", "a = A\n", "this kind of placeable is not supported"),
        ("a = { NUMBER(1) }\n", "a = A\n", "NUMBER takes one variable"),
        ("a = {\n", "a = A\n", "page.ftl"),
    ] {
        let error = generate("page", english, french).unwrap_err();
        assert!(error.contains(expected), "{expected}: {error}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(GENERATOR.generate(folder.path()).unwrap_err().contains("cannot be read"));
}
