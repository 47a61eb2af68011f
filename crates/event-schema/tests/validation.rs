//! What data is accepted, and what the errors say.

use event_schema::EventSchema;
use serde_json::{Value, json};

fn schema(schema: Value) -> EventSchema {
    EventSchema::from_value(schema.clone()).unwrap_or_else(|errors| panic!("{schema}\n{errors:#?}"))
}

fn errors(of: Value, data: Value) -> Vec<(String, String)> {
    schema(of)
        .errors(&data)
        .into_iter()
        .map(|error| (error.pointer, error.detail))
        .collect()
}

fn one(of: Value, data: Value, pointer: &str, detail: &str) {
    assert_eq!(errors(of.clone(), data), [(pointer.to_owned(), detail.to_owned())], "{of}");
}

#[test]
#[allow(clippy::too_many_lines)]
fn every_keyword_has_a_sentence() {
    for (of, data, pointer, detail) in [
        (json!(false), json!(1), "", "Nothing may stand here."),
        (json!({"type": "string"}), json!(1), "", "This must be a string, not a number."),
        (
            json!({"type": ["object", "null"]}),
            json!([]),
            "",
            "This must be an object or null, not a list.",
        ),
        (
            json!({"type": "integer"}),
            json!(1.5),
            "",
            "This must be a whole number, not a number with a fraction.",
        ),
        (
            json!({"type": ["integer", "boolean"]}),
            json!("x"),
            "",
            "This must be a whole number or true or false, not a string.",
        ),
        (json!({"enum": ["a", 1, null]}), json!("x"), "", "This must be one of `a`, 1, null."),
        (json!({"enum": []}), json!("x"), "", "Nothing may stand here."),
        (json!({"const": "a"}), json!("x"), "", "This must be `a`."),
        (json!({"const": {"b": [1]}}), json!("x"), "", "This must be `{\"b\":[1]}`."),
        (json!({"minimum": 3}), json!(2), "", "This must be at least 3."),
        (json!({"maximum": 3}), json!(3.5), "", "This must be at most 3."),
        (json!({"exclusiveMinimum": 3}), json!(3.0), "", "This must be greater than 3."),
        (json!({"exclusiveMaximum": 3}), json!(3), "", "This must be less than 3."),
        (json!({"multipleOf": 0.01}), json!(0.015), "", "This must be a multiple of 0.01."),
        (json!({"minLength": 1}), json!(""), "", "This must not be empty."),
        (json!({"minLength": 2}), json!("é"), "", "This must have at least 2 characters."),
        (json!({"maxLength": 1}), json!("ab"), "", "This must have at most 1 character."),
        (
            json!({"minLength": 1, "maxLength": 2}),
            json!("abc"),
            "",
            "This must have at most 2 characters.",
        ),
        (
            json!({"pattern": "^a$"}),
            json!("b"),
            "",
            "This must match the regular expression `^a$`.",
        ),
        (json!({"format": "uuid"}), json!("b"), "", "This must be a UUID."),
        (
            json!({"format": "date"}),
            json!("2026-02-30"),
            "",
            "This must be a date, such as 2026-03-09.",
        ),
        (json!({"minItems": 1}), json!([]), "", "This must not be empty."),
        (json!({"minItems": 2}), json!([1]), "", "This must have at least 2 items."),
        (json!({"maxItems": 1}), json!([1, 2]), "", "This must have at most 1 item."),
        (
            json!({"uniqueItems": true}),
            json!([1, 1.0]),
            "",
            "The items of this list must differ from one another.",
        ),
        (
            json!({"items": {"type": "null"}}),
            json!([null, 1]),
            "/1",
            "This must be null, not a number.",
        ),
        (
            json!({"prefixItems": [true, {"type": "null"}]}),
            json!([1, 1]),
            "/1",
            "This must be null, not a number.",
        ),
        (
            json!({"prefixItems": [true], "items": false}),
            json!([1, 1]),
            "",
            "This must have at most 1 item.",
        ),
        (
            json!({"contains": {"type": "null"}}),
            json!([1]),
            "",
            "At least 1 item must satisfy the schema's `contains`.",
        ),
        (
            json!({"contains": {"type": "null"}, "minContains": 2}),
            json!([null]),
            "",
            "At least 2 items must satisfy the schema's `contains`.",
        ),
        (
            json!({"contains": {"type": "null"}, "maxContains": 1}),
            json!([null, null]),
            "",
            "At most 1 item may satisfy the schema's `contains`.",
        ),
        (
            json!({"prefixItems": [true], "unevaluatedItems": {"type": "null"}}),
            json!([1, 2]),
            "/1",
            "This must be null, not a number.",
        ),
        (json!({"required": ["a/b"]}), json!({}), "/a~1b", "The field `a/b` is required."),
        (
            json!({"dependentRequired": {"a": ["b"]}}),
            json!({"a": 1}),
            "/b",
            "The field `b` is required with the field `a`.",
        ),
        (
            json!({"dependentSchemas": {"a": {"required": ["b"]}}}),
            json!({"a": 1}),
            "/b",
            "The field `b` is required.",
        ),
        (
            json!({"minProperties": 2}),
            json!({"a": 1}),
            "",
            "This must have at least 2 fields.",
        ),
        (json!({"maxProperties": 0}), json!({"a": 1}), "", "This must have at most 0 fields."),
        (
            json!({"additionalProperties": false}),
            json!({"a": 1}),
            "/a",
            "There is no field `a` here; its name may be misspelt.",
        ),
        (
            json!({"properties": {"a": false}}),
            json!({"a": 1}),
            "/a",
            "The field `a` is not permitted here.",
        ),
        (
            json!({"additionalProperties": {"type": "null"}}),
            json!({"a": 1}),
            "/a",
            "This must be null, not a number.",
        ),
        (
            json!({"patternProperties": {"^a": {"type": "null"}}}),
            json!({"ab": 1}),
            "/ab",
            "This must be null, not a number.",
        ),
        (
            json!({"allOf": [{"properties": {"a": true}}], "unevaluatedProperties": false}),
            json!({"b": 1}),
            "/b",
            "There is no field `b` here; its name may be misspelt.",
        ),
        (
            json!({"propertyNames": {"pattern": "^[a-z]+$"}}),
            json!({"A": 1}),
            "/A",
            "This name of a field is not permitted. A name: it must match the regular expression `^[a-z]+$`.",
        ),
        (
            json!({"not": {"type": "null"}}),
            json!(null),
            "",
            "This is what the schema excludes with `not`.",
        ),
        (
            json!({"oneOf": [{"type": "number"}, {"type": "integer"}]}),
            json!(1),
            "",
            "This satisfies more than one of the forms of which exactly one may hold (`oneOf`).",
        ),
        (
            json!({"anyOf": [{"type": "number"}, {"type": "null"}]}),
            json!("x"),
            "",
            "This must be a number, not a string.",
        ),
        (
            json!({"anyOf": [{"type": "number"}, {"type": "object"}, {"type": "null"}]}),
            json!("x"),
            "",
            "This must be an object or a number or null, not a string.",
        ),
        (
            json!({"if": {"type": "number"}, "then": {"minimum": 1}}),
            json!(0),
            "",
            "This must be at least 1.",
        ),
        (
            json!({"if": {"type": "number"}, "else": {"minLength": 1}}),
            json!(""),
            "",
            "This must not be empty.",
        ),
        (
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"minimum": 1}}}),
            json!(0),
            "",
            "This must be at least 1.",
        ),
    ] {
        one(of, data, pointer, detail);
    }
}

#[test]
fn variant_that_was_meant_is_explained() {
    let of = json!({"oneOf": [
        {"type": "object", "properties": {"kind": {"const": "card"}, "number": {"type": "string"}}, "required": ["kind", "number"]},
        {"type": "object", "properties": {"kind": {"const": "cash"}, "amount": {"type": "number"}}, "required": ["kind", "amount"]},
    ]});
    one(
        of.clone(),
        json!({"kind": "cash", "amount": "1"}),
        "/amount",
        "This must be a number, not a string.",
    );
    one(of.clone(), json!({"kind": "card"}), "/number", "The field `number` is required.");
    one(of, json!({"kind": "gold"}), "", "This is none of what may stand here.");
}

#[test]
fn every_format_is_asserted() {
    for (format, yes, no) in [
        ("date", "2026-11-28", "28.11.2026"),
        ("date-time", "2026-11-28T21:00:00Z", "2026-11-28"),
        ("time", "21:00:00Z", "9 pm"),
        ("duration", "P3D", "3 days"),
        ("email", "a@example.com", "a"),
        ("idn-email", "ü@example.com", "ü"),
        ("hostname", "example.com", "-a-"),
        ("idn-hostname", "bücher.example", "〮a"),
        ("ipv4", "127.0.0.1", "127.0.0.256"),
        ("ipv6", "::1", "1:2"),
        ("uri", "https://example.com/a", "a b"),
        ("uri-reference", "../a", "a b"),
        ("iri", "https://bücher.example/é", "a b"),
        ("iri-reference", "é", "a b"),
        ("uri-template", "/a/{b}", "/a/{b"),
        ("json-pointer", "/a~0", "a"),
        ("relative-json-pointer", "1/a", "/a"),
        ("regex", "^a$", "("),
        ("uuid", "018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f01", "417"),
    ] {
        let of = schema(json!({ "format": format }));
        assert_eq!(of.errors(&json!(yes)), [], "{format}");
        let found = of.errors(&json!(no));
        assert_eq!(found.len(), 1, "{format}");
        assert!(found[0].detail.starts_with("This must be a"), "{found:?}");
        assert_eq!(of.errors(&json!(1)), [], "{format}");
    }
    assert_eq!(schema(json!({"format": "money"})).errors(&json!("x")), []);
}

#[test]
fn no_value_of_the_event_is_in_a_sentence() {
    let secret = "S3CRET";
    let of = json!({
        "properties": {
            "a": {"type": "integer"}, "b": {"enum": ["x"]}, "c": {"const": 1}, "d": {"pattern": "^x$"}, "e": {"format": "uuid"}, "f": {"minLength": 10},
            "g": {"maxLength": 1}, "h": {"not": {"type": "string"}}, "i": {"oneOf": [{"type": "string"}, {"minLength": 1}]}, "j": {"items": {"type": "null"}},
            "k": {"contains": {"type": "null"}}, "l": {"uniqueItems": true}, "m": {"anyOf": [{"minLength": 9}, {"maxLength": 2}]}, "n": false,
            "o": {"additionalProperties": {"type": "null"}},
        },
    });
    let data = json!({
        "a": secret, "b": secret, "c": secret, "d": secret, "e": secret, "f": secret, "g": secret, "h": secret, "i": secret, "j": [secret], "k": [secret],
        "l": [secret, secret], "m": secret, "n": secret, "o": {"x": secret},
    });
    let found = errors(of, data);
    assert_eq!(found.len(), 15, "{found:#?}");
    assert!(
        found
            .iter()
            .all(|(pointer, detail)| !pointer.contains(secret) && !detail.contains(secret)),
        "{found:#?}"
    );
}

#[test]
fn numbers_are_compared_by_value() {
    for (of, data, valid) in [
        (json!({"const": 1}), json!(1.0), true),
        (json!({"enum": [{"a": [1.0]}]}), json!({"a": [1]}), true),
        (json!({"type": "integer"}), json!(1e20), true),
        (
            json!({"maximum": 18_446_744_073_709_551_614_u64}),
            json!(18_446_744_073_709_551_615_u64),
            false,
        ),
        (json!({"maximum": 9_007_199_254_740_992.0}), json!(9_007_199_254_740_993_u64), false),
        (json!({"multipleOf": 0.1}), json!(0.3), true),
        (json!({"multipleOf": 0.01}), json!(19.99), true),
        (json!({"const": false}), json!(0), false),
    ] {
        assert_eq!(schema(of.clone()).errors(&data).is_empty(), valid, "{of} {data}");
    }
}

#[test]
fn validation_takes_a_bounded_time() {
    let start = std::time::Instant::now();
    // Each level applies the next twice: 2^60 ways lead to the last one.
    let mut definitions = serde_json::Map::new();
    for level in 0..60 {
        let next = json!({"properties": {"x": {"$ref": format!("#/$defs/d{}", level + 1)}}});
        definitions.insert(format!("d{level}"), json!({"allOf": [next, next]}));
    }
    definitions.insert("d60".to_owned(), json!({"type": "string"}));
    let levels = schema(json!({"$ref": "#/$defs/d0", "$defs": definitions}));
    let nested = |inner: Value, levels: usize| (0..levels).fold(inner, |data, _| json!({"x": data}));
    assert_eq!(levels.errors(&nested(json!("a"), 60)), []);
    assert_eq!(levels.errors(&nested(json!(1), 60)).len(), 1);
    // Recursion through two branches that look alike.
    let expression = schema(json!({"$ref": "#/$defs/e", "$defs": {"e": {"oneOf": [
        {"type": "number"},
        {"type": "object", "properties": {"left": {"$ref": "#/$defs/e"}, "op": {"const": "add"}}, "required": ["left", "op"]},
        {"type": "object", "properties": {"left": {"$ref": "#/$defs/e"}, "op": {"const": "subtract"}}, "required": ["left", "op"]},
    ]}}}));
    let deep = |inner: Value| (0..100).fold(inner, |data, _| json!({"left": data, "op": "subtract"}));
    assert_eq!(expression.errors(&deep(json!(1))), []);
    assert_eq!(expression.errors(&deep(json!("x"))).len(), 1);
    // A long list with equal items, and an enumeration of thousands of values.
    let unique = schema(json!({"uniqueItems": true}));
    let long: Vec<Value> = (0..50_000).map(|n| json!({ "n": n })).collect();
    assert_eq!(unique.errors(&Value::from(long)), []);
    let names: Vec<String> = (0..20_000).map(|n| format!("name{n}")).collect();
    let listed = schema(json!({"items": {"enum": names}}));
    assert_eq!(listed.errors(&json!(vec!["name19999"; 20_000])), []);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn number_and_length_of_errors_are_bounded() {
    let long = "é".repeat(5_000);
    let fields: serde_json::Map<String, Value> = (0..100).map(|n| (format!("{n:03}{long}"), json!(long))).collect();
    let found = errors(json!({"additionalProperties": false, "required": [long]}), Value::Object(fields));
    assert_eq!(found.len(), 20);
    assert!(
        found
            .iter()
            .all(|(pointer, detail)| pointer.chars().count() <= 300 && detail.chars().count() <= 300)
    );
}

#[test]
fn deep_data_meets_the_longest_chain_of_subschemas() {
    // 58 references lead to the one that takes a level of the data.
    let mut definitions: serde_json::Map<String, Value> = (0..58)
        .map(|n| (format!("d{n}"), json!({"$ref": format!("#/$defs/d{}", n + 1)})))
        .collect();
    let last = json!({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"$ref": "#/$defs/d0"}}]});
    definitions.insert("d58".to_owned(), last);
    let chain = schema(json!({"$ref": "#/$defs/d0", "$defs": definitions}));
    let nested = |inner: Value| (0..127).fold(inner, |data, _| Value::Array(vec![data]));
    assert_eq!(chain.errors(&nested(json!(1))), []);
    let found = chain.errors(&nested(json!("x")));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].detail, "This must be a list or a whole number, not a string.");
    // On a thread with the stack of the server's threads.
    let thread = std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || chain.errors(&nested(json!(true))).len());
    assert_eq!(thread.unwrap().join().unwrap(), 1);
}
