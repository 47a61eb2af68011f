//! Schemas near the limit of 256 KiB: reading and comparing them takes a bounded time.

use std::time::{Duration, Instant};

use event_schema::{EventSchema, compatibility::compare};
use serde_json::{Map, Value, json};

/// A debug build on a busy machine; an optimised one is many times faster.
const LIMIT: Duration = Duration::from_secs(20);

fn schema(value: &Value) -> EventSchema {
    let text = value.to_string();
    assert!(text.len() <= event_schema::BYTES_MAX, "{} bytes", text.len());
    EventSchema::parse(&text).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn map(number: usize, one: impl Fn(usize) -> (String, Value)) -> Value {
    Value::Object((0..number).map(one).collect::<Map<_, _>>())
}

fn list(number: usize, one: impl Fn(usize) -> Value) -> Value {
    Value::Array((0..number).map(one).collect())
}

fn definition(number: usize) -> Value {
    json!({"$ref": format!("#/$defs/d{number}")})
}

/// Large schemas, and the same with a small change.
#[allow(clippy::too_many_lines)]
fn pairs() -> Vec<(&'static str, Value, Value)> {
    let mut pairs = Vec::new();
    let mut add = |name, old: Value, pointer: &str, changed: Value| {
        let mut new = old.clone();
        *new.pointer_mut(pointer).unwrap_or_else(|| panic!("{name} {pointer}")) = changed;
        pairs.push((name, old, new));
    };
    add(
        "many fields",
        json!({"properties": map(5_000, |n| (format!("field{n}"), json!({"type": "string"}))), "additionalProperties": false}),
        "/properties/field4000/type",
        json!("null"),
    );
    let chain = |n: usize| json!({"type": "object", "properties": {"a": definition((n + 1) % 1_500), "b": definition((n * 7 + 3) % 1_500), "v": {"type": "string"}}});
    add(
        "definitions that refer to one another",
        json!({"$ref": "#/$defs/d0", "$defs": map(1_500, |n| (format!("d{n}"), chain(n)))}),
        "/$defs/d700/properties/v/type",
        json!("integer"),
    );
    add(
        "many dependent fields",
        json!({"dependentRequired": map(2_000, |n| (format!("f{n}"), json!([format!("f{}", n + 1)]))), "required": ["f0"]}),
        "/dependentRequired/f1000",
        json!(["other"]),
    );
    add(
        "many dependent schemas",
        json!({"dependentSchemas": map(1_500, |n| (format!("f{n}"), json!({"required": [format!("f{}", n + 1)]})))}),
        "/dependentSchemas/f700/required",
        json!(["other"]),
    );
    // In the order of their names each field leads to the one before it.
    add(
        "dependent fields in reverse order",
        json!({"dependentRequired": map(2_000, |n| (format!("f{n:04}"), json!([format!("f{:04}", (n + 1_999) % 2_000)]))), "required": ["f1999"]}),
        "/dependentRequired",
        map(2_000, |n| (format!("f{n:04}"), json!([format!("g{n:04}")]))),
    );
    add(
        "dependent schemas in reverse order",
        json!({"type": "object", "dependentSchemas": map(1_500, |n| (format!("f{n:04}"), json!({"required": [format!("f{:04}", (n + 1_499) % 1_500)]}))), "required": ["f1499"]}),
        "/required",
        json!(["other"]),
    );
    add(
        "a long chain of definitions",
        json!({"$ref": "#/$defs/d0", "$defs": map(3_000, |n| (format!("d{n}"), json!({"properties": {"x": definition((n + 1).min(2_999))}, "minProperties": 1})))}),
        "/$defs/d2999/minProperties",
        json!(2),
    );
    add(
        "many alternatives",
        json!({"anyOf": list(4_000, |n| json!({"const": format!("value{n}")}))}),
        "/anyOf/3000/const",
        json!("other"),
    );
    let variant = |n: usize| json!({"type": "object", "properties": {"kind": {"const": format!("kind{n}")}, "v": {"type": "string"}}, "required": ["kind"]});
    add(
        "many variants",
        json!({"oneOf": list(1_500, variant)}),
        "/oneOf/1000/properties/v/type",
        json!(["string", "null"]),
    );
    add(
        "alternatives inside alternatives",
        json!({"allOf": list(300, |n| json!({"anyOf": list(10, |m| json!({"required": [format!("f{n}x{m}")]}))}))}),
        "/allOf/200/anyOf/5/required",
        json!(["other"]),
    );
    add(
        "many parts",
        json!({"allOf": list(4_000, |n| json!({"properties": {format!("f{n}"): {"type": "string"}}}))}),
        "/allOf/3000",
        json!({"required": ["x"]}),
    );
    add(
        "many expressions for names",
        json!({"patternProperties": map(700, |n| (format!("^field{n}-[a-z]+$"), json!({"type": "string"}))), "additionalProperties": false}),
        "/patternProperties/^field500-[a-z]+$",
        json!({"type": "null"}),
    );
    add(
        "many expressions for texts",
        json!({"properties": map(700, |n| (format!("f{n}"), json!({"pattern": format!("^[a-z]{{1,9}}{n}$")})))}),
        "/properties/f300/pattern",
        json!("^[a-z]{1,20}$"),
    );
    add(
        "a large enumeration",
        json!({"enum": list(18_000, |n| json!(format!("name{n}")))}),
        "/enum/9000",
        json!("other"),
    );
    add(
        "many conditions",
        json!({"allOf": list(1_200, |n| json!({"if": {"properties": {"k": {"const": n}}}, "then": {"required": [format!("f{n}")]}}))}),
        "/allOf/600/then/required",
        json!(["other"]),
    );
    add(
        "many exclusions",
        json!({"allOf": list(3_000, |n| json!({"not": {"required": [format!("f{n}")]}}))}),
        "/allOf/1500/not/required",
        json!(["other"]),
    );
    add(
        "unevaluated fields of many alternatives",
        json!({"anyOf": list(1_500, |n| json!({"properties": {format!("f{n}"): {"type": "string"}}})), "unevaluatedProperties": false}),
        "/anyOf/700/properties",
        json!({"other": true}),
    );
    add(
        "a long prefix",
        json!({"prefixItems": list(8_000, |_| json!({"type": "string"})), "items": false}),
        "/prefixItems/5000",
        json!({"type": "null"}),
    );
    add(
        "many required fields",
        json!({"required": list(20_000, |n| json!(format!("f{n}")))}),
        "/required/10000",
        json!("other"),
    );
    add(
        "recursive alternatives",
        json!({"$ref": "#/$defs/d0", "$defs": map(60, |n| (format!("d{n}"), json!({"anyOf": list(20, |m| json!({"type": "object", "required": ["k"], "properties": {"k": {"minimum": m}, "l": definition((n * 3 + m) % 60), "r": definition((n + m * 7) % 60)}}))})))}),
        "/$defs/d40/anyOf/10/properties/k/minimum",
        json!(50),
    );
    let letters = |n: usize| {
        [n / 676, n / 26 % 26, n % 26]
            .map(|letter| char::from(b'a' + u8::try_from(letter).unwrap_or(0)))
            .iter()
            .collect::<String>()
    };
    add(
        "many required fields beside many parts and alternatives",
        json!({"type": "object", "dependentSchemas": {"z": {}}, "required": list(15_000, |n| json!(letters(n))),
            "allOf": list(3_000, |_| json!({"dependentRequired": {"a": ["b"]}})), "anyOf": list(500, |_| json!({})), "maxProperties": 20_000}),
        "/maxProperties",
        json!(1),
    );
    add(
        "many items of many parts",
        json!({"prefixItems": list(40_000, |_| json!({})), "allOf": list(8_000, |_| json!({"items": {}})), "items": {}}),
        "/items",
        json!({"type": "string"}),
    );
    add(
        "many empty parts",
        json!({"allOf": list(85_000, |_| json!({})), "minItems": 1}),
        "/minItems",
        json!(2),
    );
    add(
        "many alternatives of many parts",
        json!({"allOf": list(8_000, |_| json!({"minItems": 1})), "anyOf": list(40_000, |_| json!({})), "type": "array"}),
        "/type",
        json!("object"),
    );
    add(
        "many values and many formats",
        json!({"enum": list(17_000, |n| json!(letters(n))), "allOf": list(6_000, |_| json!({"format": "regex"})), "type": "string"}),
        "/allOf/3000/format",
        json!("uuid"),
    );
    add(
        "alternatives that may evaluate fields, many times",
        json!({"allOf": list(1_500, |_| json!({"properties": {"a": {"$ref": "#/$defs/b", "unevaluatedProperties": {}}}})),
            "$defs": {"b": {"anyOf": list(40_000, |_| json!({}))}}, "properties": {"a": {"properties": {"x": {}}}}}),
        "/properties/a/properties/x",
        json!({"type": "string"}),
    );
    add(
        "one field with many dependents",
        json!({"dependentRequired": {"x": list(28_000, |n| json!(format!("{n}")))}, "minProperties": 1}),
        "/minProperties",
        json!(2),
    );
    add(
        "many names and a schema of names",
        json!({"properties": map(15_000, |n| (letters(n), json!({}))), "additionalProperties": false, "propertyNames": {"format": "regex"}}),
        "/propertyNames",
        json!({"pattern": "^[a-z]{1,2}$"}),
    );
    pairs
}

#[test]
fn large_schemas_are_compared_in_a_bounded_time() {
    let mut slowest = Duration::ZERO;
    // The others take their time; they run with the long form of the random pairs.
    let number = if std::env::var_os("CLEARHOOK_SCHEMA_PAIRS").is_some() {
        usize::MAX
    } else {
        6
    };
    for (name, old, new) in pairs().into_iter().take(number) {
        let start = Instant::now();
        let (old, new) = (schema(&old), schema(&new));
        let read = start.elapsed();
        let start = Instant::now();
        assert_eq!(compare(Some(&old), Some(&old.clone())), [], "{name}");
        let same = start.elapsed();
        let start = Instant::now();
        let changes = compare(Some(&old), Some(&new));
        let compared = start.elapsed();
        println!(
            "{name}: read twice {read:?}, compared with itself {same:?}, with the change {compared:?}, {} changes: {:?}",
            changes.len(),
            changes.first().map(|change| &change.detail)
        );
        assert!(!changes.is_empty(), "{name}");
        slowest = slowest.max(read).max(same).max(compared);
    }
    assert!(slowest < LIMIT, "{slowest:?}");
}
