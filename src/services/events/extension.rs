//! Extension attributes: names and values as defined by CloudEvents 1.0.2 ("Attribute Naming Convention", "Type System").

use std::borrow::Cow;

use serde::{Serialize, Serializer};

/// The value of an extension attribute. In HTTP headers, all values are strings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ExtensionValue<'a> {
    /// A string. Also used for the types that JSON does not have: bytes, URIs, times.
    String(Cow<'a, str>),
    /// From −2147483648 to 2147483647.
    Integer(i32),
    /// `true` or `false`.
    Boolean(bool),
}

/// Extension attributes in the order of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions<'a>(pub Vec<(Cow<'a, str>, ExtensionValue<'a>)>);

impl Serialize for Extensions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// Whether this is a valid attribute name.
pub(super) fn is_attribute_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// The error message for an invalid name.
pub(super) const NAME: &str = "Names of attributes consist of the letters a to z and of digits. Rename this one, or put it into `data`.";

/// Returns the first character that is not allowed in attributes of type String.
pub(super) fn disallowed_character(text: &str) -> Option<char> {
    text.chars().find(|character| character.is_control() || is_noncharacter(*character))
}

/// The error message for such a character.
pub(super) fn without_character(character: char) -> String {
    format!(
        "Leave out the character U+{:04X}, which attributes of CloudEvents may not hold.",
        u32::from(character)
    )
}

/// Whether a code point is a noncharacter, which Unicode reserves for internal use.
const fn is_noncharacter(character: char) -> bool {
    let code = character as u32;
    code & 0xFFFE == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_letters_and_digits() {
        for good in ["a", "traceparent", "x509", "0", "averylongnamethatnobodyshoulduse"] {
            assert!(is_attribute_name(good), "{good}");
        }
        for bad in ["", "A", "my-name", "my_name", "my.name", "é", "a b"] {
            assert!(!is_attribute_name(bad), "{bad}");
        }
    }

    #[test]
    fn controls_and_noncharacters_are_disallowed() {
        for (text, found) in [
            ("a\0", Some('\0')),
            ("a\tb", Some('\t')),
            ("\u{1f}", Some('\u{1f}')),
            ("\u{7f}", Some('\u{7f}')),
            ("\u{85}", Some('\u{85}')),
            ("\u{9f}", Some('\u{9f}')),
            ("\u{fdd0}", Some('\u{fdd0}')),
            ("\u{fdef}", Some('\u{fdef}')),
            ("\u{fffe}", Some('\u{fffe}')),
            ("\u{1ffff}", Some('\u{1ffff}')),
            ("\u{10fffe}", Some('\u{10fffe}')),
            (" ~\u{a0}é€😀\u{fdcf}\u{fdf0}\u{fffd}\u{e000}", None),
        ] {
            assert_eq!(disallowed_character(text), found, "{text:?}");
        }
    }
}
