//! YAML as JSON values, with the place of each.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};
use serde_saphyr::Spanned;

use super::places::{Place, Places, member};

/// Values that a file may have. 10,000 webhooks have 300,000.
const NODES_MAX: usize = 1_000_000;
/// Values that may come from aliases. An alias bomb has billions.
const REPLAYED_MAX: usize = 100_000;
/// The largest file, in bytes.
const BYTES_MAX: usize = 32 * 1024 * 1024;

/// The value of a YAML document, and the places of its parts. The error has a place if there is one.
pub(super) fn parse(text: &str) -> Result<(Value, Places), (Option<Place>, String)> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_nodes: NODES_MAX,
            max_events: 2 * NODES_MAX,
            max_total_scalar_bytes: BYTES_MAX,
            max_aliases: 50_000,
            max_anchors: 50_000,
            max_depth: 120,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: REPLAYED_MAX,
            max_replay_stack_depth: 64,
        },
        strict_booleans: true,
        with_snippet: false,
    };
    let node: Node = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let place = error.location().map(|location| Place {
            line: usize::try_from(location.line()).unwrap_or(usize::MAX),
            column: usize::try_from(location.column()).unwrap_or(usize::MAX),
        });
        (place, in_words(&error.to_string()))
    })?;
    let mut places = Places::default();
    let value = node.into_value(String::new(), &mut places);
    Ok((value, places))
}

/// The message of the parser without its line ends and without the place, which is said elsewhere.
fn in_words(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((_, limit)) = line.split_once("budget breached: ") {
        let name = limit.split([' ', '{', '(']).next().unwrap_or_default();
        return match name {
            "Documents" => "the file has several documents (`---`); write it as one".to_owned(),
            name => format!("the file is larger than any configuration (limit: {name}); split it or write it without aliases"),
        };
    }
    let line = line.rsplit_once(" at line ").map_or(line.as_str(), |(message, _)| message);
    line.trim_end_matches(['.', ',']).to_owned()
}

/// A value and its place.
struct Node(Spanned<Content>);

enum Content {
    Scalar(Value),
    List(Vec<Node>),
    Object(Vec<(Spanned<String>, Node)>),
}

impl Node {
    fn into_value(self, pointer: String, places: &mut Places) -> Value {
        places.note(&pointer, place(&self.0));
        match self.0.value {
            Content::Scalar(value) => value,
            Content::List(items) => {
                let items = items.into_iter().enumerate();
                items.map(|(at, item)| item.into_value(format!("{pointer}/{at}"), places)).collect()
            }
            Content::Object(members) => {
                let mut object = Map::new();
                for (name, value) in members {
                    let inner = member(&pointer, &name.value);
                    let value = value.into_value(inner.clone(), places);
                    // An error of a member, such as an unknown name, is where the name is.
                    places.note(&inner, place(&name));
                    object.insert(name.value, value);
                }
                Value::Object(object)
            }
        }
    }
}

fn place<T>(spanned: &Spanned<T>) -> Place {
    Place {
        line: usize::try_from(spanned.referenced.line()).unwrap_or(usize::MAX),
        column: usize::try_from(spanned.referenced.column()).unwrap_or(usize::MAX),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::<Content>::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true, false, null, a list or an object")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Content, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("JSON has no such number; use a finite one"))?;
        Ok(Content::Scalar(Value::Number(number)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Content, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content, D::Error> {
        Content::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let mut members = Vec::new();
        while let Some(entry) = map.next_entry()? {
            members.push(entry);
        }
        Ok(Content::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_is_json_with_places() {
        let text = "version: 1\nwebhooks:\n  - name: 'Billing: é'\n    enabled: true\n    rate_limit: ~\n    \"a/b\": [1, -2.5, no]\n";
        let (value, places) = parse(text).unwrap();
        let expected = json!({
            "version": 1,
            "webhooks": [{ "name": "Billing: é", "enabled": true, "rate_limit": null, "a/b": [1, -2.5, "no"] }],
        });
        assert_eq!(value, expected);
        for (pointer, line, column) in [
            ("", 1, 1),
            ("/version", 1, 1),
            ("/webhooks/0/enabled", 4, 5),
            ("/webhooks/0/a~1b/1", 6, 16),
            ("/webhooks/0/url", 3, 5),
        ] {
            assert_eq!(places.of(pointer), Some(Place { line, column }), "{pointer}");
        }
    }

    #[test]
    fn mistakes_have_a_place() {
        for (text, line) in [
            ("a: 1\nb: [1\nc: 2\n", 2),
            ("a: 1\na: 2\n", 2),
            ("a: 1\n\tb: 2\n", 1),
            ("a: .nan\n", 1),
            ("a: *unknown\n", 1),
            ("? [1]\n: 2\n", 1),
        ] {
            let (place, message) = parse(text).err().unwrap();
            let found = place.map(|place| place.line);
            assert!(
                found.is_some_and(|found| found >= line && found <= line + 2),
                "{text}: {found:?} {message}"
            );
            assert!(!message.contains('\n') && message.len() > 5, "{message}");
            assert!(!message.contains("at line"), "the place is said once: {message}");
        }
        let (_, message) = parse("a: 1\n---\na: 1\n").err().unwrap();
        assert!(message.contains("several documents"), "{message}");
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = level - 1;
            let aliases = vec![format!("*a{before}"); 9].join(", ");
            writeln!(text, "a{level}: &a{level} [{aliases}]").unwrap();
        }
        assert!(parse(&text).is_err());
    }
}
