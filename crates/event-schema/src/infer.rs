//! Infers a JSON Schema from examples.

use std::{collections::HashMap, sync::LazyLock};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// Different names that the objects of one place may have before they count as keys of a map.
const MOST_PROPERTIES: usize = 200;

/// A schema that accepts all the examples. Without examples it accepts everything.
///
/// A property is required if every example has it. A value that is null in some examples may be null. Objects stay open, because an example
/// rarely shows every property. Objects whose names are all ids or numbers become maps. A format (`date-time`, `date`, `uuid`, `email`, `uri`)
/// is stated only where every text has it.
pub fn schema_of(examples: &[Value]) -> Value {
    let mut seen = Seen::default();
    for example in examples {
        seen.add(example);
    }
    seen.schema()
}

/// What the examples have at one place.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a type that was seen, independent of the others")]
struct Seen {
    null: bool,
    boolean: bool,
    integer: bool,
    fraction: bool,
    /// The formats that every text so far has; none before the first text.
    formats: Option<Vec<&'static str>>,
    /// How many lists, and what was in them.
    lists: usize,
    items: Option<Box<Seen>>,
    objects: usize,
    /// In how many objects each name is, and with what. In the order of their first appearance.
    members: Vec<Member>,
    /// The place of each name in `members`.
    indices: HashMap<String, usize>,
}

struct Member {
    name: String,
    count: usize,
    seen: Seen,
}

impl Seen {
    fn member(&mut self, name: &str) -> &mut Member {
        let index = self.indices.get(name).copied().unwrap_or_else(|| {
            self.indices.insert(name.to_owned(), self.members.len());
            self.members.push(Member {
                name: name.to_owned(),
                count: 0,
                seen: Self::default(),
            });
            self.members.len() - 1
        });
        &mut self.members[index]
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::Null => self.null = true,
            Value::Bool(_) => self.boolean = true,
            Value::Number(number) => {
                // For JSON Schema 1.0 is an integer.
                let whole = number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|number| number.fract() == 0.0);
                if whole {
                    self.integer = true;
                } else {
                    self.fraction = true;
                }
            }
            Value::String(text) => match &mut self.formats {
                Some(formats) => formats.retain(|format| has_format(format, text)),
                None => self.formats = Some(FORMATS.into_iter().filter(|format| has_format(format, text)).collect()),
            },
            Value::Array(items) => {
                self.lists += 1;
                for item in items {
                    self.items.get_or_insert_default().add(item);
                }
            }
            Value::Object(members) => {
                self.objects += 1;
                for (name, value) in members {
                    let member = self.member(name);
                    member.count += 1;
                    member.seen.add(value);
                }
            }
        }
    }

    fn schema(&self) -> Value {
        let mut types = Vec::new();
        let mut schema = Map::new();
        if self.objects > 0 {
            types.push("object");
            self.describe_objects(&mut schema);
        }
        if self.lists > 0 {
            types.push("array");
            if let Some(items) = &self.items {
                schema.insert("items".to_owned(), items.schema());
            }
        }
        if let Some(formats) = &self.formats {
            types.push("string");
            if let Some(format) = formats.first() {
                schema.insert("format".to_owned(), json!(format));
            }
        }
        if self.fraction {
            types.push("number");
        } else if self.integer {
            types.push("integer");
        }
        if self.boolean {
            types.push("boolean");
        }
        if self.null {
            types.push("null");
        }
        let kind = match types.as_slice() {
            // Nothing but null says nothing about the value that is expected otherwise.
            [] | ["null"] => return json!({}),
            [only] => json!(only),
            several => json!(several),
        };
        let mut ordered = Map::new();
        ordered.insert("type".to_owned(), kind);
        ordered.extend(schema);
        Value::Object(ordered)
    }

    fn describe_objects(&self, schema: &mut Map<String, Value>) {
        let all_are_keys = || self.members.iter().all(|member| is_key_of_a_map(&member.name));
        if !self.members.is_empty() && (self.members.len() > MOST_PROPERTIES || all_are_keys()) {
            let mut values = Self::default();
            for member in &self.members {
                values.take_in(&member.seen);
            }
            schema.insert("additionalProperties".to_owned(), values.schema());
            return;
        }
        let properties = self.members.iter().map(|member| (member.name.clone(), member.seen.schema()));
        let properties: Map<String, Value> = properties.collect();
        if !properties.is_empty() {
            schema.insert("properties".to_owned(), Value::Object(properties));
        }
        let in_all = self.members.iter().filter(|member| member.count == self.objects);
        let required: Vec<Value> = in_all.map(|member| json!(member.name)).collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), Value::Array(required));
        }
    }

    /// Adds what was seen at another place.
    fn take_in(&mut self, other: &Self) {
        self.null |= other.null;
        self.boolean |= other.boolean;
        self.integer |= other.integer;
        self.fraction |= other.fraction;
        self.formats = match (self.formats.take(), &other.formats) {
            (Some(mut ours), Some(theirs)) => {
                ours.retain(|format| theirs.contains(format));
                Some(ours)
            }
            (ours, theirs) => ours.or_else(|| theirs.clone()),
        };
        self.lists += other.lists;
        if let Some(items) = &other.items {
            self.items.get_or_insert_default().take_in(items);
        }
        self.objects += other.objects;
        for theirs in &other.members {
            let ours = self.member(&theirs.name);
            ours.count += theirs.count;
            ours.seen.take_in(&theirs.seen);
        }
    }
}

const FORMATS: [&str; 5] = ["date-time", "date", "uuid", "email", "uri"];

/// Whether a text has a format, by the validator that events are checked with, and looks as if it was meant: `a:b` is a URI by the letter.
fn has_format(format: &str, text: &str) -> bool {
    static VALIDATORS: LazyLock<Vec<(&'static str, Option<Validator>)>> = LazyLock::new(|| {
        let validator = |format: &'static str| {
            let options = jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .should_validate_formats(true);
            (format, options.build(&json!({ "format": format })).ok())
        };
        FORMATS.into_iter().map(validator).collect()
    });
    let meant = match format {
        "date-time" => text.len() >= 20 && text.as_bytes()[10] == b'T' && !text.contains(":60"),
        "uuid" => text.len() == 36,
        "email" => text.is_ascii() && !text.contains(['"', '[', '(']),
        "uri" => text.is_ascii() && (text.starts_with("https://") || text.starts_with("http://")),
        _ => true,
    };
    let validator = VALIDATORS
        .iter()
        .find(|(known, _)| *known == format)
        .and_then(|(_, validator)| validator.as_ref());
    meant && validator.is_some_and(|validator| validator.is_valid(&json!(text)))
}

/// Whether a name is an id or a number, which says that the object is a map and the name no property.
fn is_key_of_a_map(name: &str) -> bool {
    let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    is_number || has_format("uuid", name) || has_format("date", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_says_what_all_examples_have() {
        let examples = [
            json!({ "id": "018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f01", "at": "2026-03-09T08:30:00Z", "day": "2026-03-09", "total": 3, "note": null, "lines": [{ "sku": "a", "n": 1 }, { "sku": "b" }], "link": "https://example.com/1", "mail": "a@example.com" }),
            json!({ "id": "018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f02", "at": "2026-03-09T08:30:00.5+02:00", "day": "2026-03-10", "total": 3.5, "note": "x", "lines": [], "link": "http://example.com", "mail": "b@example.com", "extra": true }),
        ];
        assert_eq!(
            schema_of(&examples),
            json!({
                "type": "object",
                "properties": {
                    "id": { "type": "string", "format": "uuid" },
                    "at": { "type": "string", "format": "date-time" },
                    "day": { "type": "string", "format": "date" },
                    "total": { "type": "number" },
                    "note": { "type": ["string", "null"] },
                    "lines": { "type": "array", "items": {
                        "type": "object",
                        "properties": { "sku": { "type": "string" }, "n": { "type": "integer" } },
                        "required": ["sku"],
                    } },
                    "link": { "type": "string", "format": "uri" },
                    "mail": { "type": "string", "format": "email" },
                    "extra": { "type": "boolean" },
                },
                "required": ["id", "at", "day", "total", "note", "lines", "link", "mail"],
            })
        );
    }

    #[test]
    fn a_format_needs_every_text() {
        for (texts, format) in [
            (vec!["2026-03-09T08:30:00Z", "soon"], None),
            (vec![""], None),
            (vec!["identity:7"], None),
            (vec!["2026-03-09 08:30"], None),
            (vec!["a@example.com", "https://example.com"], None),
            (vec!["2026-02-30"], None),
            (vec!["2026-02-28"], Some("date")),
        ] {
            let examples: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
            let schema = schema_of(&examples);
            assert_eq!(schema.get("format").and_then(Value::as_str), format, "{texts:?}");
        }
    }

    #[test]
    fn maps_are_told_from_objects_with_properties() {
        let by_id =
            json!({ "018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f01": { "n": 1 }, "018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f02": { "n": 2, "m": "x" } });
        assert_eq!(
            schema_of(&[by_id]),
            json!({ "type": "object", "additionalProperties": {
                "type": "object",
                "properties": { "n": { "type": "integer" }, "m": { "type": "string" } },
                "required": ["n"],
            } })
        );
        let many: Map<String, Value> = (0..300).map(|at| (format!("k{at}"), json!(at))).collect();
        assert_eq!(
            schema_of(&[Value::Object(many)]),
            json!({ "type": "object", "additionalProperties": { "type": "integer" } })
        );
        assert_eq!(schema_of(&[json!({})]), json!({ "type": "object" }));
        assert_eq!(schema_of(&[]), json!({}));
        assert_eq!(schema_of(&[json!(null)]), json!({}));
        assert_eq!(schema_of(&[json!([])]), json!({ "type": "array" }));
    }

    /// A small generator of pseudo-random numbers (xorshift), so that a failure can be repeated.
    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % bound as u64).unwrap()
        }

        fn value(&mut self, depth: usize) -> Value {
            const TEXTS: [&str; 12] = [
                "",
                "a",
                "2026-03-09T08:30:00Z",
                "2026-03-09",
                "018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f01",
                "a@example.com",
                "https://example.com/é",
                "https://example.com",
                "identity:7",
                "$ref",
                "2016-12-31T23:59:60Z",
                "\u{1f600}",
            ];
            match self.below(if depth == 0 { 7 } else { 9 }) {
                0 => Value::Null,
                1 => json!(self.below(2) == 0),
                2 => json!(self.below(1000)),
                3 => json!(-7.25),
                4 => json!(1.0e30),
                5 | 6 => json!(TEXTS[self.below(TEXTS.len())]),
                7 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
                _ => {
                    let names = [
                        "id",
                        "$ref",
                        "7",
                        "018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f01",
                        "",
                        "type",
                        "a/b",
                        "2026-03-09",
                    ];
                    let members = (0..self.below(5)).map(|_| (names[self.below(names.len())].to_owned(), self.value(depth - 1)));
                    Value::Object(members.collect())
                }
            }
        }
    }

    #[test]
    fn every_example_is_accepted() {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for round in 0..3_000 {
            let examples: Vec<Value> = (0..=random.below(4)).map(|_| random.value(3)).collect();
            let schema = schema_of(&examples);
            let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
            for example in &examples {
                assert!(validator.is_valid(example), "round {round}: {schema} refuses {example}");
            }
        }
    }
}
