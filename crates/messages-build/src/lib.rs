//! Generates Rust functions from message files in the syntax of [Fluent](https://projectfluent.org), for a build script.
//!
//! Each `.ftl` file becomes a module, each message a function of the language and of the message's variables, in alphabetical order.
//! A message that one language lacks, or whose variables differ between languages, fails the build; nothing is parsed while the
//! program runs.
//!
//! Supported: text, `{ $name }` (a text), `{ NUMBER($name) }` (a number with grouped digits), `{ "literal" }`, and selections by a
//! number (`[0]`, `[one]`, `*[other]`) or by a text. The generated code calls `Lang`, `is_one`, `isolated` and `number`, which the
//! module that includes it has to provide.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a build script tells cargo its dependencies on stdout")]

mod generate;
mod parse;

use std::{collections::BTreeMap, fs, path::Path};

use self::parse::Message;

/// The messages of one file, by their ids.
type Messages = BTreeMap<String, Message>;

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct Generator<'a> {
    /// Folder of each language and variant of `Lang`. All languages are compared with the first one.
    pub languages: &'a [(&'a str, &'a str)],
    /// Files whose messages also become an enum of this name, so that a message can be chosen before the language is known.
    pub enums: &'a [(&'a str, &'a str)],
    /// Files whose messages also become a list `ALL`, so that the text in one language leads to the text in another.
    pub lists: &'a [&'a str],
}

impl Generator<'_> {
    /// Reads `locales/<language>/*.ftl`, writes the code into `output`, and tells cargo which files it depends on.
    ///
    /// # Panics
    /// When a file cannot be read or parsed, or the languages do not have the same messages.
    pub fn write(&self, locales: &Path, output: &Path) {
        println!("cargo:rerun-if-changed={}", locales.display());
        for (language, _) in self.languages {
            println!("cargo:rerun-if-changed={}", locales.join(language).display());
        }
        let code = self.generate(locales).unwrap_or_else(|error| panic!("{error}"));
        fs::write(output, code).unwrap_or_else(|error| panic!("{} cannot be written: {error}", output.display()));
    }

    /// The generated code.
    ///
    /// # Errors
    /// One sentence that names the file, the message, and what is wrong.
    pub fn generate(&self, locales: &Path) -> Result<String, String> {
        let [(first, _), ..] = self.languages else {
            return Err("no language is given".to_owned());
        };
        let mut code = String::new();
        for namespace in namespaces(&locales.join(first))? {
            let read = |(language, _): &(&str, &str)| {
                let file = locales.join(language).join(format!("{namespace}.ftl"));
                println!("cargo:rerun-if-changed={}", file.display());
                let text = fs::read_to_string(&file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
                parse::messages(language, &text).map_err(|error| format!("{}: {error}", file.display()))
            };
            let all = self.languages.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            self.compare(&namespace, &all)?;
            code.push_str(&generate::module(self, &namespace, &all)?);
        }
        Ok(code)
    }

    fn compare(&self, namespace: &str, all: &[Messages]) -> Result<(), String> {
        let [first, others @ ..] = all else { return Ok(()) };
        for (other, (language, _)) in others.iter().zip(self.languages.iter().skip(1)) {
            let file = format!("{language}/{namespace}.ftl");
            if let Some(id) = other.keys().find(|id| !first.contains_key(*id)) {
                return Err(format!("{file}: {id} is in no other language"));
            }
            for (id, message) in first {
                let Some(translation) = other.get(id) else {
                    return Err(format!("{file} lacks {id}"));
                };
                if translation.variables != message.variables {
                    let (found, expected) = (&translation.variables, &message.variables);
                    return Err(format!("{file}: {id} has the variables {found:?} instead of {expected:?}"));
                }
            }
        }
        Ok(())
    }
}

fn namespaces(folder: &Path) -> Result<Vec<String>, String> {
    let files = fs::read_dir(folder).map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
    let mut names: Vec<String> = files
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".ftl").map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}
