//! Regular expressions of schemas: ECMA-262 syntax, matched in linear time by the `regex` crate.

use std::sync::{Arc, OnceLock};

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Maximum size of one expression after its counted repetitions are written out. Matching costs at most this times the length of the text.
const SIZE_MAX: u64 = 5_000;

/// Maximum size of the compiled program of one expression, in bytes.
const PROGRAM_BYTES: usize = 2 * 1024 * 1024;

/// Maximum memory of the automaton that one match builds as it goes, in bytes.
const CACHE_BYTES: usize = 256 * 1024;

/// A regular expression that has been admitted. It is compiled when first needed.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: String,
    translated: String,
    size: u64,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Admits an expression, or says in a sentence why not.
    pub(crate) fn admit(source: &str) -> Result<Self, String> {
        if let Some(construct) = construct_without_linear_time(source) {
            return Err(format!(
                "The regular expression uses {construct}, which cannot be matched in linear time. Write it without."
            ));
        }
        if !jsonschema_regex::is_valid_ecma_regex(source) {
            return Err("This is not a regular expression as ECMA-262 defines them.".to_owned());
        }
        let Ok(translated) = jsonschema_regex::to_rust_regex(source) else {
            return Err(
                "This regular expression is not supported. Use literals, classes, groups, alternatives and repetitions.".to_owned(),
            );
        };
        let hir = regex_syntax::parse(&translated).map_err(|_| {
            "This regular expression is not supported. Use literals, classes, groups, alternatives and repetitions.".to_owned()
        })?;
        let size = size(&hir);
        let too_large = || {
            format!(
                "The regular expression is too large: with its repetitions written out it has more than {SIZE_MAX} parts. Use smaller counts."
            )
        };
        if size > SIZE_MAX {
            return Err(too_large());
        }
        let pattern = Self(Arc::new(Inner {
            source: source.to_owned(),
            translated: translated.into_owned(),
            size,
            regex: OnceLock::new(),
        }));
        if pattern.regex().is_none() {
            return Err(too_large());
        }
        Ok(pattern)
    }

    pub(crate) fn source(&self) -> &str {
        &self.0.source
    }

    /// The expression in the syntax of the `regex` crate.
    pub(crate) fn translated(&self) -> &str {
        &self.0.translated
    }

    /// The number of parts after repetitions are written out.
    pub(crate) fn size(&self) -> u64 {
        self.0.size
    }

    /// Whether the expression occurs in the text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    fn regex(&self) -> Option<&Regex> {
        let compile = || {
            RegexBuilder::new(&self.0.translated)
                .size_limit(PROGRAM_BYTES)
                .dfa_size_limit(CACHE_BYTES)
                .build()
                .ok()
        };
        self.0.regex.get_or_init(compile).as_ref()
    }
}

/// The number of parts of an expression after its counted repetitions are written out.
fn size(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Unicode(class)) => 1 + class.ranges().len() as u64 / 8,
        HirKind::Class(Class::Bytes(class)) => 1 + class.ranges().len() as u64 / 8,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1);
            size(&repetition.sub).saturating_mul(u64::from(times))
        }
        HirKind::Capture(capture) => size(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(size).fold(1, u64::saturating_add),
    }
}

/// The first construct for which no engine guarantees linear time.
fn construct_without_linear_time(source: &str) -> Option<&'static str> {
    let mut rest = source;
    let mut in_class = false;
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        match first {
            '\\' => {
                let next = rest[1..].chars().next();
                if !in_class {
                    match next {
                        Some('1'..='9') => return Some("a backreference (`\\1`)"),
                        Some('k') => return Some("a backreference (`\\k<…>`)"),
                        _ => {}
                    }
                }
                length += next.map_or(0, char::len_utf8);
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => {
                for (start, name) in [
                    ("(?=", "a lookahead (`(?=…)`)"),
                    ("(?!", "a negative lookahead (`(?!…)`)"),
                    ("(?<=", "a lookbehind (`(?<=…)`)"),
                    ("(?<!", "a negative lookbehind (`(?<!…)`)"),
                ] {
                    if rest.starts_with(start) {
                        return Some(name);
                    }
                }
            }
            _ => {}
        }
        rest = &rest[length..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn construct_without_linear_time_is_named() {
        for (source, construct) in [
            ("^(?=.*[0-9])", "a lookahead"),
            ("a(?!b)", "a negative lookahead"),
            ("(?<=a)b", "a lookbehind"),
            ("(?<!a)b", "a negative lookbehind"),
            (r"(a)\1", "a backreference (`\\1`)"),
            (r"(?<x>a)\k<x>", "a backreference (`\\k<…>`)"),
        ] {
            let reason = Pattern::admit(source).unwrap_err();
            assert!(reason.contains(construct), "{source}: {reason}");
        }
    }

    #[test]
    fn expression_that_grows_by_repetition_is_refused() {
        for source in [
            "(a{1000}){1000}",
            "((a{100}){100}){100}",
            "(((((a{9}){9}){9}){9}){9}){9}",
            "(x{2,5000}y){3}",
            "[a-z]{1,4000000000}",
            "(a*){4999}b{9}",
        ] {
            let reason = Pattern::admit(source).unwrap_err();
            assert!(reason.contains("too large") || reason.contains("not"), "{source}: {reason}");
        }
    }

    #[test]
    fn ordinary_expressions_are_admitted() {
        for (source, yes, no) in [
            ("^[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}$", "a@b.cd", "a@b"),
            ("^\\d{4}-\\d{2}$", "2026-11", "2026-1"),
            ("(?<year>\\d+)", "1", "x"),
            ("[(?=]", "=", "a"),
            ("\\(?=", "=", "a"),
            ("^.{0,255}$", "ü", "\n"),
            ("^\\p{L}+$", "Ünal", "1"),
            ("^(a+)+$", "aaaa", "aaaab"),
            ("^\\u0041$", "A", "B"),
            ("^\\cA\\/$", "\u{1}/", "A/"),
        ] {
            let pattern = Pattern::admit(source).unwrap_or_else(|reason| panic!("{source}: {reason}"));
            assert!(pattern.matches(yes) && !pattern.matches(no), "{source}");
        }
    }

    #[test]
    fn expression_that_is_none_is_refused() {
        for source in ["(", "[a", "a{2,1}", "*", "(?P<a>x)", "\\p{Nothing}", "a**"] {
            assert!(Pattern::admit(source).is_err(), "{source}");
        }
    }
}
