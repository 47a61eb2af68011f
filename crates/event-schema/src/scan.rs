//! Reads a JSON text once, without building a tree: what is too deep, ambiguous or would change is refused before it costs memory.

use std::collections::HashSet;

use crate::{
    number::change_when_read,
    schema::{DEPTH_MAX, SchemaError},
};

/// What the scan is inside of.
enum Within {
    Object {
        names: HashSet<String>,
        name: String,
        expects_name: bool,
    },
    Array {
        index: usize,
    },
}

/// Finds the first place of a JSON text that reading would change: a name that occurs twice in one object, or a number that is rounded. Text that
/// is no JSON is left to the parser, which names line and column.
pub fn ambiguity(text: &str) -> Option<SchemaError> {
    scan(text, usize::MAX, true).err()
}

/// As [`ambiguity`], for documents of others, in which a rounded number is no reason to refuse all.
pub(crate) fn repeated_name(text: &str) -> Option<SchemaError> {
    scan(text, usize::MAX, false).err()
}

/// Finds nesting deeper than 64 levels, names that occur twice in one object, and numbers that would change when read.
pub(crate) fn scan_schema(text: &str) -> Result<(), SchemaError> {
    scan(text, DEPTH_MAX, true)
}

fn scan(text: &str, depth_max: usize, with_numbers: bool) -> Result<(), SchemaError> {
    let bytes = text.as_bytes();
    let mut within: Vec<Within> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let Some(end) = end_of_string(bytes, at) else { return Ok(()) };
                if let Some(Within::Object {
                    names,
                    name,
                    expects_name: expects_name @ true,
                }) = within.last_mut()
                {
                    let Ok(read) = serde_json::from_str::<String>(&text[at..end]) else {
                        return Ok(());
                    };
                    *expects_name = false;
                    name.clone_from(&read);
                    if !names.insert(read) {
                        return Err(SchemaError::new(
                            pointer(&within),
                            "This name occurs twice in one object, and which of the two holds is not defined. Remove one.".to_owned(),
                        ));
                    }
                }
                at = end;
                continue;
            }
            b'{' | b'[' => {
                within.push(if byte == b'{' {
                    Within::Object {
                        names: HashSet::new(),
                        name: String::new(),
                        expects_name: true,
                    }
                } else {
                    Within::Array { index: 0 }
                });
                if within.len() > depth_max {
                    return Err(SchemaError::too_deep());
                }
            }
            b'}' | b']' => {
                within.pop();
            }
            b',' => match within.last_mut() {
                Some(Within::Object { expects_name, .. }) => *expects_name = true,
                Some(Within::Array { index }) => *index += 1,
                None => return Ok(()),
            },
            b'-' | b'0'..=b'9' => {
                let length = bytes[at..]
                    .iter()
                    .take_while(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
                    .count();
                if with_numbers && let Some(reason) = change_when_read(&text[at..at + length]) {
                    return Err(SchemaError::new(pointer(&within), reason));
                }
                at += length;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// The place after the closing quotation mark.
fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn pointer(within: &[Within]) -> String {
    let mut pointer = String::new();
    for step in within {
        pointer.push('/');
        match step {
            Within::Object { name, .. } => pointer.push_str(&crate::text::escaped(name)),
            Within::Array { index } => pointer.push_str(&index.to_string()),
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_name_is_found_however_it_is_written() {
        let found = scan_schema(r#"{"properties": {"a/b": {}, "x": [1, {"é": 1, "\u00e9": 2}]}}"#).unwrap_err();
        assert_eq!(found.pointer, "/properties/x/1/é");
        assert!(scan_schema(r#"{"a": {"a": [{"a": 1}, {"a": 2}]}, "b": "a"}"#).is_ok());
    }

    #[test]
    fn number_that_would_change_is_found_with_its_pointer() {
        let found = scan_schema(r#"{"enum": ["1e999", 18446744073709551616]}"#).unwrap_err();
        assert_eq!(found.pointer, "/enum/1");
    }

    #[test]
    fn text_that_is_no_json_does_not_stop_the_scan() {
        for text in [
            "",
            "{",
            "}",
            "]]",
            "\"",
            "{\"a",
            "{\"\\",
            "{\"a\":1,,}",
            "-",
            "{,\"a\":1}",
            "[1,2",
            "\u{0}",
            "{\"\\ud800\":1}",
        ] {
            let _ = scan_schema(text);
        }
    }
}
