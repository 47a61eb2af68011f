//! Random schemas, and random edits of them. Names and values are few, so that they meet.

use serde_json::{Map, Value, json};

use crate::random::Random;

pub(crate) const NAMES: [&str; 4] = ["a", "b", "ab", "x-1"];
pub(crate) const PATTERNS: [&str; 8] = ["^a", "b$", "^x-", "^[ab]$", "^a.*b$", "[0-9]", "^(a|b)+$", "^[a-z]{1,3}$"];
const FORMATS: [&str; 5] = ["date", "uuid", "email", "ipv4", "money"];
const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];
const DEFINITIONS: usize = 3;

/// A schema with definitions, some of them recursive.
pub(crate) fn schema(random: &mut Random) -> Value {
    let mut root = match subschema(random, 3, 0) {
        Value::Object(keywords) => keywords,
        other => return other,
    };
    let definitions: Map<String, Value> = (0..DEFINITIONS).map(|n| (format!("d{n}"), subschema(random, 2, n + 1))).collect();
    root.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(root)
}

/// `in_place` is the first definition that may be referred to without taking a level of the data.
pub(crate) fn subschema(random: &mut Random, depth: usize, in_place: usize) -> Value {
    if random.one_in(16) {
        return json!(random.below(3) > 0);
    }
    let mut keywords = Map::new();
    for _ in 0..=random.below(3) {
        add_keywords(random, &mut keywords, depth, in_place);
    }
    Value::Object(keywords)
}

/// A subschema of a value further inside.
fn inner(random: &mut Random, depth: usize) -> Value {
    if random.one_in(4) {
        return json!({"$ref": format!("#/$defs/d{}", random.below(DEFINITIONS))});
    }
    if random.one_in(12) {
        return json!({"$ref": "#"});
    }
    subschema(random, depth.saturating_sub(1), DEFINITIONS)
}

fn number(random: &mut Random) -> Value {
    match random.below(8) {
        0 => json!(random.below(5) as f64 + 0.5),
        1 => json!(-1),
        2 => json!(random.below(4) as f64),
        _ => json!(random.below(5)),
    }
}

pub(crate) fn scalar(random: &mut Random) -> Value {
    match random.below(9) {
        0 => Value::Null,
        1 => json!(random.one_in(2)),
        2 | 3 => number(random),
        4 => json!({"a": random.below(2)}),
        5 => json!([random.below(2)]),
        _ => json!(text(random)),
    }
}

pub(crate) fn text(random: &mut Random) -> String {
    (*random.pick(&[
        "",
        "a",
        "b",
        "ab",
        "abc",
        "x-1",
        "1",
        "ba",
        "zzzz",
        "é",
        "aab",
        "2026-11-28",
        "018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f01",
        "a@b.example",
        "127.0.0.1",
    ]))
    .to_owned()
}

fn add_keywords(random: &mut Random, keywords: &mut Map<String, Value>, depth: usize, in_place: usize) {
    let mut set = |keyword: &str, value: Value| {
        keywords.insert(keyword.to_owned(), value);
    };
    let deep = depth > 0;
    match random.below(if deep { 34 } else { 17 }) {
        0..=2 => set("type", json!(*random.pick(&TYPES))),
        3 => set("type", json!(distinct(random, &TYPES))),
        4 => set("const", scalar(random)),
        5 => {
            let values: Vec<Value> = (0..=random.below(3)).map(|_| scalar(random)).collect();
            set("enum", json!(values));
        }
        6 => set(*random.pick(&["minimum", "exclusiveMinimum"]), number(random)),
        7 => set(*random.pick(&["maximum", "exclusiveMaximum"]), number(random)),
        8 => set(
            "multipleOf",
            random
                .pick(&[json!(1), json!(2), json!(3), json!(4), json!(0.5), json!(1.5), json!(2.0)])
                .clone(),
        ),
        9 => set("minLength", json!(random.below(4))),
        10 => set("maxLength", json!(random.below(4))),
        11 => set("pattern", json!(*random.pick(&PATTERNS))),
        12 => set("format", json!(*random.pick(&FORMATS))),
        13 => set("required", json!(distinct(random, &NAMES))),
        14 => set(
            *random.pick(&["minItems", "maxItems", "minProperties", "maxProperties"]),
            json!(random.below(3)),
        ),
        15 => set("uniqueItems", json!(random.one_in(2))),
        16 => set("dependentRequired", json!({*random.pick(&NAMES): distinct(random, &NAMES)})),
        17..=20 => {
            let mut properties = Map::new();
            for name in distinct(random, &NAMES) {
                properties.insert(name.to_owned(), inner(random, depth));
            }
            set("properties", Value::Object(properties));
        }
        21 | 22 => {
            let value = if random.one_in(2) { json!(false) } else { inner(random, depth) };
            set("additionalProperties", value);
        }
        23 => {
            let mut patterns = Map::new();
            for pattern in distinct(random, &PATTERNS).into_iter().take(2) {
                patterns.insert(pattern.to_owned(), inner(random, depth));
            }
            set("patternProperties", Value::Object(patterns));
        }
        24 => set("propertyNames", subschema(random, 0, DEFINITIONS)),
        25 => set("items", inner(random, depth)),
        26 => {
            let prefix: Vec<Value> = (0..=random.below(2)).map(|_| inner(random, depth)).collect();
            set("prefixItems", json!(prefix));
        }
        27 => {
            set("contains", inner(random, depth));
            if random.one_in(2) {
                set("minContains", json!(random.below(3)));
            }
            if random.one_in(3) {
                set("maxContains", json!(random.below(3)));
            }
        }
        28 => set("not", subschema(random, depth - 1, in_place)),
        29 | 30 => {
            let parts: Vec<Value> = (0..=random.below(2)).map(|_| subschema(random, depth - 1, in_place)).collect();
            set(*random.pick(&["anyOf", "oneOf", "allOf"]), json!(parts));
        }
        31 => {
            set("if", subschema(random, depth - 1, in_place));
            if random.one_in(2) {
                set("then", subschema(random, depth - 1, in_place));
            }
            if random.one_in(2) {
                set("else", subschema(random, depth - 1, in_place));
            }
        }
        32 if random.one_in(2) => set(
            "dependentSchemas",
            json!({*random.pick(&NAMES): subschema(random, depth - 1, in_place)}),
        ),
        32 => {
            let value = if random.one_in(2) { json!(false) } else { inner(random, depth) };
            set(*random.pick(&["unevaluatedProperties", "unevaluatedItems"]), value);
        }
        _ if in_place < DEFINITIONS => {
            let target = in_place + random.below(DEFINITIONS - in_place);
            set("$ref", json!(format!("#/$defs/d{target}")));
        }
        _ => set("title", json!("t")),
    }
}

fn distinct<'a>(random: &mut Random, from: &[&'a str]) -> Vec<&'a str> {
    let mut chosen: Vec<&str> = (0..=random.below(3)).map(|_| *random.pick(from)).collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// A schema after one to three edits.
pub(crate) fn edited(random: &mut Random, schema: &Value) -> Value {
    let mut edited = schema.clone();
    for _ in 0..=random.below(3) {
        let mut places = Vec::new();
        places_of(&edited, String::new(), &mut places);
        // What no reference leads to would change nothing.
        if random.below(3) > 0 {
            places.retain(|place| !place.starts_with("/$defs"));
        }
        let place = random.pick(&places).clone();
        let depth = place.matches('/').count();
        let definition = place.strip_prefix("/$defs/d").and_then(|rest| rest[..1].parse::<usize>().ok());
        // A reference in place must lead to a later definition.
        let in_place = definition.map_or(0, |n| n + 1);
        if let Some(target) = edited.pointer_mut(&place) {
            edit(random, target, in_place, depth);
        }
    }
    edited
}

fn edit(random: &mut Random, schema: &mut Value, in_place: usize, depth: usize) {
    let keep = schema.get("$defs").cloned();
    let Value::Object(keywords) = schema else {
        *schema = subschema(random, 1, in_place);
        return;
    };
    let names: Vec<String> = keywords.keys().filter(|name| *name != "$defs").cloned().collect();
    match random.below(12) {
        0 | 1 => add_keywords(random, keywords, usize::from(depth < 6), in_place),
        2 | 3 if !names.is_empty() => {
            keywords.remove(random.pick(&names));
        }
        4..=6 if !names.is_empty() => {
            let name = random.pick(&names).clone();
            if let Some(value) = keywords.get_mut(&name) {
                edit_value(random, &name, value);
            }
        }
        7 => {
            keywords.insert("description".to_owned(), json!("d"));
        }
        8 => {
            let mut inner = schema.clone();
            inner.as_object_mut().map(|inner| inner.remove("$defs"));
            let other = subschema(random, 0, in_place);
            let keyword = *random.pick(&["allOf", "anyOf", "oneOf"]);
            *schema = json!({ keyword: [inner, other] });
        }
        9 => {
            let mut inner = schema.clone();
            inner.as_object_mut().map(|inner| inner.remove("$defs"));
            *schema = json!({"anyOf": [inner, {"type": "null"}]});
        }
        10 => {
            let reversed: Map<String, Value> = keywords.iter().rev().map(|(name, value)| (name.clone(), value.clone())).collect();
            *keywords = reversed;
        }
        _ => *schema = subschema(random, 1, in_place),
    }
    if let Some(definitions) = keep {
        if !schema.is_object() {
            *schema = json!({});
        }
        schema["$defs"] = definitions;
    }
}

fn edit_value(random: &mut Random, keyword: &str, value: &mut Value) {
    match (keyword, value) {
        ("enum", Value::Array(values)) => {
            if random.one_in(2) {
                values.push(scalar(random));
            } else {
                values.pop();
            }
        }
        ("type", value) => {
            *value = match value.as_str() {
                Some("integer") => json!("number"),
                Some("number") => json!("integer"),
                Some(one) if random.one_in(2) => json!([one, if one == "null" { "string" } else { "null" }]),
                _ => json!(*random.pick(&TYPES)),
            };
        }
        ("required", Value::Array(names)) => {
            if random.one_in(2) {
                let name = json!(*random.pick(&NAMES));
                if !names.contains(&name) {
                    names.push(name);
                }
            } else {
                names.pop();
            }
        }
        ("pattern", value) => *value = json!(*random.pick(&PATTERNS)),
        ("format", value) => *value = json!(*random.pick(&FORMATS)),
        ("const", value) => *value = scalar(random),
        ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(parts)) => {
            if random.one_in(2) || parts.len() < 2 {
                parts.push(subschema(random, 0, DEFINITIONS));
            } else if random.one_in(2) {
                parts.reverse();
            } else {
                parts.pop();
            }
        }
        ("properties" | "patternProperties", Value::Object(members)) => {
            let names: &[&str] = if keyword == "properties" { &NAMES } else { &PATTERNS };
            let name = *random.pick(names);
            if members.remove(name).is_none() {
                members.insert(name.to_owned(), subschema(random, 1, DEFINITIONS));
            }
        }
        ("uniqueItems", value) => *value = json!(value == &json!(false)),
        ("minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum", value) => *value = number(random),
        ("multipleOf", value) => *value = random.pick(&[json!(1), json!(2), json!(4), json!(6), json!(0.5)]).clone(),
        (_, Value::Number(_)) if keyword.starts_with("min") || keyword.starts_with("max") => {}
        _ => {}
    }
}

/// The JSON pointers of all subschemas.
fn places_of(schema: &Value, here: String, places: &mut Vec<String>) {
    places.push(here.clone());
    let Some(keywords) = schema.as_object() else { return };
    for (keyword, value) in keywords {
        match (keyword.as_str(), value) {
            ("properties" | "patternProperties" | "dependentSchemas" | "$defs", Value::Object(members)) => {
                for (name, member) in members {
                    places_of(
                        member,
                        format!("{here}/{keyword}/{}", name.replace('~', "~0").replace('/', "~1")),
                        places,
                    );
                }
            }
            ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(parts)) => {
                for (index, part) in parts.iter().enumerate() {
                    places_of(part, format!("{here}/{keyword}/{index}"), places);
                }
            }
            (
                "additionalProperties"
                | "propertyNames"
                | "items"
                | "contains"
                | "not"
                | "if"
                | "then"
                | "else"
                | "unevaluatedProperties"
                | "unevaluatedItems",
                value,
            ) => places_of(value, format!("{here}/{keyword}"), places),
            _ => {}
        }
    }
}
