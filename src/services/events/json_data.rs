//! Parses an event's `data` for validation. Callbacks contain the text as published, so an object with duplicate keys is refused, because
//! parsers differ in how they interpret it (RFC 8259, section 4).

use std::{
    cell::RefCell,
    fmt::{self, Write},
};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, map::Entry, value::RawValue};

use crate::services::error::FieldError;

/// Maximum number of duplicate keys that are reported for an event.
const ERRORS_MAX: usize = 20;
/// Maximum length of a JSON pointer in an error, in characters. Keys come from the publisher and may have any length.
const POINTER_MAX: usize = 300;

/// Parses the value at `pointer`.
pub(super) fn parse(text: &RawValue, pointer: &str) -> Result<Value, Vec<FieldError>> {
    match parse_once(text.get(), pointer) {
        // A number beyond the range of 64-bit floating point is valid JSON, and is sent as published.
        Err(Failure::Syntax(error)) if is_out_of_range(&error) => parse_once(&with_finite_numbers(text.get()), pointer),
        result => result,
    }
    .map_err(|failure| match failure {
        Failure::Duplicates(errors) => errors,
        Failure::Syntax(error) => vec![FieldError::new(pointer, explain(&error))],
    })
}

/// Parses the data of a stored event, which was checked when it was published.
pub fn data_of_stored(text: &RawValue) -> Option<Value> {
    parse(text, "").ok()
}

enum Failure {
    Duplicates(Vec<FieldError>),
    Syntax(serde_json::Error),
}

fn parse_once(text: &str, pointer: &str) -> Result<Value, Failure> {
    let duplicates = RefCell::new(Vec::new());
    let node = Node {
        path: &Path::Root(pointer),
        duplicates: &duplicates,
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = node.deserialize(&mut deserializer).map_err(Failure::Syntax)?;
    let duplicates = duplicates.into_inner();
    if duplicates.is_empty() {
        Ok(value)
    } else {
        Err(Failure::Duplicates(duplicates))
    }
}

/// The path of a value, as a linked list from the value to the root.
enum Path<'a> {
    Root(&'a str),
    Key(&'a Self, &'a str),
    Index(&'a Self, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(pointer) => f.write_str(pointer),
            Self::Key(parent, key) => write!(f, "{parent}/{}", key.replace('~', "~0").replace('/', "~1")),
            Self::Index(parent, index) => write!(f, "{parent}/{index}"),
        }
    }
}

/// Deserializes one value, and collects duplicate keys in it.
#[derive(Clone, Copy)]
struct Node<'a> {
    path: &'a Path<'a>,
    duplicates: &'a RefCell<Vec<FieldError>>,
}

impl Node<'_> {
    fn note_duplicate(self, key: &str) {
        let mut duplicates = self.duplicates.borrow_mut();
        if duplicates.len() < ERRORS_MAX {
            let pointer: String = Path::Key(self.path, key).to_string().chars().take(POINTER_MAX).collect();
            duplicates.push(FieldError::new(
                pointer,
                "This key is there twice in its object. Keep one: receivers differ in which of the two they read.",
            ));
        }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            let path = Path::Index(self.path, values.len());
            match access.next_element_seed(Node { path: &path, ..self })? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let path = Path::Key(self.path, &key);
            let value = access.next_value_seed(Node { path: &path, ..self })?;
            match members.entry(key) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(first) => self.note_duplicate(first.key()),
            }
        }
        Ok(Value::Object(members))
    }
}

fn is_out_of_range(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("number out of range")
}

fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("recursion limit exceeded") {
        return "The data are nested too deeply. Use at most 127 levels of objects and arrays.".to_owned();
    }
    if ["surrogate", "code point", "hex escape"].iter().any(|word| text.contains(word)) {
        return format!("A string holds an escape that is no character, such as half of a surrogate pair: {text}.");
    }
    format!("This is not JSON that can be read: {text}.")
}

/// Replaces numbers that overflow `f64` by the largest finite number. The result is used only for validation.
fn with_finite_numbers(text: &str) -> String {
    let (mut finite, mut rest, mut is_string) = (String::with_capacity(text.len()), text, false);
    while let Some(character) = rest.chars().next() {
        let length = match character {
            '"' => {
                is_string = !is_string;
                1
            }
            '\\' if is_string => 2,
            '-' | '0'..='9' if !is_string => rest
                .bytes()
                .take_while(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte))
                .count(),
            other => other.len_utf8(),
        };
        let (part, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        match part.parse::<f64>() {
            Ok(number) if !is_string && number.is_infinite() && part != "\"" => {
                // Writing to a String cannot fail.
                let _ = write!(finite, "{:e}", f64::MAX.copysign(number));
            }
            _ => finite.push_str(part),
        }
        rest = after;
    }
    finite
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(text: &str) -> Result<Value, Vec<(String, String)>> {
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        parse(&raw, "/data").map_err(|errors| errors.into_iter().map(|error| (error.pointer, error.detail)).collect())
    }

    #[test]
    fn data_is_accepted_exactly_if_serde_json_accepts_it() {
        for text in [
            "null",
            "true",
            "-0",
            "1.0",
            "18446744073709551615",
            "-9223372036854775808",
            "12345678901234567890123",
            "[]",
            "{}",
            r#"{"a":[1,{"b":"\u0041\n€"}],"c":{"a":1}}"#,
        ] {
            assert_eq!(parsed(text).unwrap(), serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn a_key_that_is_there_twice_is_found_wherever_it_stands() {
        for (text, pointers) in [
            (r#"{"a":1,"a":2}"#, vec!["/data/a"]),
            (r#"{"a":1,"a":1}"#, vec!["/data/a"]),
            (r#"{"a":1,"\u0061":2}"#, vec!["/data/a"]),
            (r#"{"é":1,"\u00e9":2}"#, vec!["/data/é"]),
            (r#"{"\ud83d\ude00":1,"😀":2}"#, vec!["/data/😀"]),
            (r#"{"":1,"":2}"#, vec!["/data/"]),
            (r#"{"a/b~c":1,"a/b~c":2}"#, vec!["/data/a~1b~0c"]),
            (
                r#"[{"a":1},{"b":{"c":1,"d":[{"e":1,"e":2}],"c":2}}]"#,
                vec!["/data/1/b/d/0/e", "/data/1/b/c"],
            ),
            (r#"{"a":{"x":1},"a":{"y":1,"y":2}}"#, vec!["/data/a/y", "/data/a"]),
            (r#"{"a":1e400,"a":2}"#, vec!["/data/a"]),
        ] {
            let found: Vec<_> = parsed(text).unwrap_err().into_iter().map(|(pointer, _)| pointer).collect();
            assert_eq!(found, pointers, "{text}");
        }
        assert!(parsed(r#"{"a":1,"A":2,"b":{"a":3},"c":[{"a":4},{"a":5}]}"#).is_ok());
        let many: Vec<_> = (0..200).map(|number| format!("\"{}\":0,", number % 100)).collect();
        assert_eq!(parsed(&format!("{{{}\"x\":0}}", many.concat())).unwrap_err().len(), ERRORS_MAX);
    }

    #[test]
    fn numbers_beyond_floating_point_are_read_as_the_largest() {
        let text = r#"{"a":1e400,"b":-1E+999,"c":[1e-999,1.5],"d":"1e400 \" 1e400","1e400":0}"#;
        let expected = json!({ "a": f64::MAX, "b": f64::MIN, "c": [0.0, 1.5], "d": "1e400 \" 1e400", "1e400": 0 });
        assert_eq!(parsed(text).unwrap(), expected);
        assert_eq!(parsed("1e400").unwrap(), json!(f64::MAX));
    }

    #[test]
    fn deep_and_broken_texts_are_refused_with_words() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parsed(&deep(127)).is_ok());
        for levels in [128, 100_000] {
            let errors = parsed(&deep(levels)).unwrap_err();
            assert!(errors[0].1.contains("127 levels") && errors[0].0 == "/data", "{errors:?}");
        }
        for text in [r#""\ud800""#, r#"{"a":"\udc00"}"#, r#""\ud800\u0041""#] {
            let errors = parsed(text).unwrap_err();
            assert!(errors[0].1.contains("surrogate"), "{text}: {errors:?}");
        }
    }
}
