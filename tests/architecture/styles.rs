//! Reads in which files of `style` each class is defined.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The files by class. A class is defined by a rule whose selector is the class alone, also within a media query. `.list .card` only adapts `card`
/// to its place, and what is printed adapts everything.
pub(crate) fn definitions(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_none_or(|extension| extension != "css") || name == "print.css" {
            continue;
        }
        for class in defined(&fs::read_to_string(&path).unwrap()) {
            found.entry(class).or_default().insert(name.clone());
        }
    }
    found
}

/// The classes that a style sheet defines.
fn defined(css: &str) -> BTreeSet<String> {
    let (mut classes, mut around, mut before) = (BTreeSet::new(), Vec::new(), String::new());
    for sign in without_comments(css).chars() {
        match sign {
            '{' => {
                let head = std::mem::take(&mut before).trim().to_owned();
                let is_top = around.iter().all(|outer: &String| outer.starts_with('@'));
                if is_top && !head.starts_with('@') {
                    classes.extend(head.split(',').filter_map(|selector| class_alone(selector.trim())));
                }
                around.push(head);
            }
            '}' => {
                around.pop();
                before.clear();
            }
            ';' => before.clear(),
            _ => before.push(sign),
        }
    }
    classes
}

/// The class of a selector that consists of it and perhaps of attributes.
fn class_alone(selector: &str) -> Option<String> {
    let rest = selector.strip_prefix('.')?;
    let name: String = rest
        .chars()
        .take_while(|sign| sign.is_ascii_alphanumeric() || "-_".contains(*sign))
        .collect();
    let attributes = &rest[name.len()..];
    let is_alone = attributes.is_empty() || (attributes.starts_with('[') && attributes.ends_with(']') && !attributes.contains(' '));
    is_alone.then_some(name)
}

fn without_comments(css: &str) -> String {
    let mut parts = css.split("/*");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once("*/").map_or("", |(_, rest)| rest))
}

#[test]
fn a_class_alone_defines_and_a_class_in_its_place_does_not() {
    let css = "/* .no { } */ .a, .b[open] { color: red; &.c { } } .d .e { } .f:hover { } @media (width > 1px) { .g { } .h i { } } p.j { }";
    assert_eq!(defined(css).into_iter().collect::<Vec<_>>(), ["a", "b", "g"]);
}
