//! Which schemas are admitted, and what the refusals say.

use event_schema::{EventSchema, SchemaError};
use serde_json::{Value, json};

fn refusal(schema: Value) -> Vec<SchemaError> {
    match EventSchema::from_value(schema.clone()) {
        Ok(_) => panic!("admitted: {schema}"),
        Err(errors) => errors,
    }
}

fn is_refused(schema: Value, pointer: &str, word: &str) {
    let errors = refusal(schema.clone());
    assert!(
        errors.iter().any(|error| error.pointer == pointer && error.detail.contains(word)),
        "{schema}\n{pointer} {word}\n{errors:#?}"
    );
}

fn admitted(schema: Value) -> EventSchema {
    EventSchema::from_value(schema.clone()).unwrap_or_else(|errors| panic!("{schema}\n{errors:#?}"))
}

#[test]
fn object_and_boolean_are_schemas_and_nothing_else_is() {
    for schema in [json!({}), json!(true), json!(false)] {
        admitted(schema);
    }
    for other in [json!(null), json!(1), json!("x"), json!([])] {
        is_refused(other.clone(), "", "object, true or false");
        is_refused(
            json!({ "properties": { "a/b": other } }),
            "/properties/a~1b",
            "object, true or false",
        );
    }
}

#[test]
fn every_keyword_of_the_wrong_kind_is_refused_with_its_pointer() {
    let wrong = json!({"wrong": 1});
    for keyword in [
        "type",
        "enum",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "format",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minContains",
        "maxContains",
        "prefixItems",
        "minProperties",
        "maxProperties",
        "required",
        "allOf",
        "anyOf",
        "oneOf",
        "title",
        "description",
        "$comment",
        "$ref",
        "$anchor",
        "$schema",
        "$id",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "contentEncoding",
        "contentMediaType",
        "$dynamicRef",
        "$dynamicAnchor",
    ] {
        is_refused(
            json!({ "properties": { "x": { keyword: wrong } } }),
            &format!("/properties/x/{keyword}"),
            "",
        );
    }
    for keyword in [
        "items",
        "contains",
        "not",
        "if",
        "then",
        "else",
        "additionalProperties",
        "propertyNames",
        "unevaluatedItems",
        "unevaluatedProperties",
        "contentSchema",
    ] {
        is_refused(json!({ keyword: 5 }), &format!("/{keyword}"), "object, true or false");
    }
    for keyword in ["properties", "patternProperties", "dependentSchemas", "dependentRequired", "$defs"] {
        is_refused(json!({ keyword: 5 }), &format!("/{keyword}"), "must be an object");
        is_refused(json!({ keyword: { "a": 5 } }), &format!("/{keyword}/a"), "");
    }
    is_refused(json!({"multipleOf": 0}), "/multipleOf", "greater than 0");
    is_refused(json!({"minLength": -1}), "/minLength", "0 or more");
    is_refused(json!({"minLength": 1.5}), "/minLength", "whole number");
    is_refused(json!({"required": ["a", "a"]}), "/required", "twice");
    is_refused(json!({"allOf": []}), "/allOf", "at least one");
    is_refused(json!({"type": ["string", "string"]}), "/type", "twice");
    is_refused(json!({"type": "any"}), "/type", "Leave it out");
    is_refused(json!({"$anchor": "1 a"}), "/$anchor", "anchor");
}

#[test]
fn keyword_of_another_draft_is_explained() {
    for (schema, pointer, word) in [
        (json!({"$schema": "http://json-schema.org/draft-07/schema#"}), "/$schema", "2020-12"),
        (json!({"$schema": "https://example.com/mine"}), "/$schema", "2020-12"),
        (json!({"definitions": {}}), "/definitions", "$defs"),
        (json!({"items": [{}]}), "/items", "prefixItems"),
        (json!({"additionalItems": false}), "/additionalItems", "items"),
        (json!({"dependencies": {}}), "/dependencies", "dependentRequired"),
        (json!({"id": "x"}), "/id", "$id"),
        (json!({"exclusiveMinimum": true}), "/exclusiveMinimum", "the limit itself"),
        (json!({"nullable": true}), "/nullable", "null"),
        (json!({"$recursiveRef": "#"}), "/$recursiveRef", "$dynamicRef"),
        (json!({"required": true}), "/required", "list"),
    ] {
        is_refused(schema, pointer, word);
    }
    admitted(
        json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/a", "properties": {"id": {}, "definitions": {}, "items": {}}}),
    );
}

#[test]
fn reference_within_the_schema_is_admitted() {
    for reference in [
        "#",
        "#/$defs/a",
        "#/$defs/a~1b",
        "#/$defs/%C3%A9",
        "#/$defs/a/properties/x",
        "#here",
        "#/prefixItems/0",
        "#/$defs/a/items",
        "#dyn",
    ] {
        admitted(json!({
            "$defs": {"a": {"properties": {"x": {"$anchor": "here"}}, "items": {}}, "a/b": {}, "é": {}, "d": {"$dynamicAnchor": "dyn"}},
            "prefixItems": [true],
            "properties": {"y": {"$ref": reference}, "z": {"$dynamicRef": reference}},
        }));
    }
}

#[test]
fn reference_out_of_the_schema_or_to_nothing_is_refused() {
    for reference in [
        "other.json",
        "./other.json#/a",
        "/etc/passwd",
        "file:///etc/passwd",
        "http://127.0.0.1:1/x",
        "https://json-schema.org/draft/2020-12/schema",
        "urn:x:y",
        "//host/x",
        "",
        "?x",
        "https://example.com/a#/$defs/x",
    ] {
        for keyword in ["$ref", "$dynamicRef"] {
            is_refused(
                json!({"$id": "https://example.com/a", "$defs": {"x": {}}, "items": {keyword: reference}}),
                &format!("/items/{keyword}"),
                "within the schema",
            );
        }
    }
    for reference in [
        "#/$defs/none",
        "#none",
        "#/properties",
        "#/examples/0",
        "#/x-mine/a",
        "#/$defs",
        "#/$defs/x/",
        "#/$defs/x/type",
        "#/",
    ] {
        is_refused(
            json!({"$defs": {"x": {"type": "string"}}, "examples": [{}], "x-mine": {"a": {}}, "properties": {"a": {"$ref": reference}}}),
            "/properties/a/$ref",
            "leads nowhere",
        );
    }
    is_refused(json!({"$ref": "#/%zz"}), "/$ref", "percent");
    is_refused(json!({"$ref": "#%"}), "/$ref", "percent");
}

#[test]
fn identifier_that_moves_the_base_of_references_is_refused() {
    is_refused(
        json!({"$defs": {"a": {"$id": "http://127.0.0.1/x", "$ref": "#/$defs/b", "$defs": {"b": {}}}}}),
        "/$defs/a/$id",
        "$anchor",
    );
    is_refused(json!({"properties": {"a": {"$id": "other"}}}), "/properties/a/$id", "$anchor");
    is_refused(
        json!({"properties": {"a": {"$schema": "http://json-schema.org/draft-07/schema"}}}),
        "/properties/a/$schema",
        "2020-12",
    );
    is_refused(
        json!({"$defs": {"a": {"$anchor": "x"}, "b": {"$dynamicAnchor": "x"}}}),
        "/$defs/b/$dynamicAnchor",
        "Rename",
    );
    // What only looks like one, within a value, is none.
    let schema = admitted(json!({"const": {"$id": "http://127.0.0.1/x", "$ref": "http://127.0.0.1/y"}, "default": {"$ref": "x"}}));
    assert_eq!(
        schema.errors(&json!({"$id": "http://127.0.0.1/x", "$ref": "http://127.0.0.1/y"})),
        []
    );
}

#[test]
fn nothing_is_fetched() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/schema.json", listener.local_addr().unwrap());
    for schema in [
        json!({"$ref": url}),
        json!({"$dynamicRef": format!("{url}#a")}),
        json!({"$schema": url}),
        json!({"$id": url, "$ref": "other.json"}),
        json!({"$defs": {"a": {"$id": url, "$ref": "x"}}}),
        json!({"$vocabulary": {url.as_str(): true}, "$id": url}),
        json!({"enum": [{"$ref": url}], "x": {"$ref": url}, "$id": url}),
    ] {
        if let Ok(schema) = EventSchema::from_value(schema) {
            schema.errors(&json!({"a": 1}));
        }
    }
    let connection = listener.accept();
    assert_eq!(
        connection.unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock,
        "something was fetched"
    );
}

#[test]
fn loop_that_takes_no_level_of_the_data_is_refused() {
    for schema in [
        json!({"$ref": "#"}),
        json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "properties": {"x": {"$ref": "#/$defs/a"}}}),
        json!({"allOf": [{"$ref": "#"}]}),
        json!({"anyOf": [{"type": "string"}, {"$ref": "#"}]}),
        json!({"oneOf": [{"not": {"$ref": "#"}}]}),
        json!({"if": {"$ref": "#"}, "then": {}}),
        json!({"if": {}, "else": {"$ref": "#"}}),
        json!({"dependentSchemas": {"a": {"$ref": "#"}}}),
        json!({"$dynamicAnchor": "me", "allOf": [{"$dynamicRef": "#me"}]}),
    ] {
        let errors = refusal(schema.clone());
        assert!(errors[0].detail.contains("refers to itself"), "{schema} {errors:?}");
    }
}

#[test]
fn recursion_through_the_data_is_admitted_and_deep_data_validated() {
    let tree = admitted(json!({
        "$ref": "#/$defs/node",
        "$defs": {"node": {"type": "object", "required": ["value"], "properties": {"value": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}}},
    }));
    let mut data = json!({"value": 1, "next": null});
    for _ in 0..126 {
        data = json!({"value": 1, "next": data});
    }
    assert_eq!(tree.errors(&data), []);
    let mut wrong = json!({"value": "x"});
    for _ in 0..100 {
        wrong = json!({"value": 1, "next": wrong});
    }
    let errors = tree.errors(&wrong);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].detail, "This must be a whole number, not a string.");
    let deeper = json!({"value": 1, "next": {"value": 1, "next": data}});
    assert!(tree.errors(&deeper)[0].detail.contains("128 levels"));
}

#[test]
fn size_and_depth_are_limited_before_anything_is_read() {
    // 10 MB of what is no JSON: the length alone refuses it.
    let start = std::time::Instant::now();
    let errors = EventSchema::parse(&"[".repeat(10_000_000)).unwrap_err();
    assert!(errors[0].detail.contains("256 KiB"), "{errors:?}");
    assert!(start.elapsed().as_millis() < 500);
    let deep = |levels: usize| format!("{}{{}}{}", "{\"items\":".repeat(levels - 1), "}".repeat(levels - 1));
    assert!(EventSchema::parse(&deep(64)).is_ok());
    for text in [deep(65), deep(20_000), "[".repeat(200_000), "{\"a\":".repeat(40_000)] {
        assert!(EventSchema::parse(&text).unwrap_err()[0].detail.contains("64 levels"));
    }
    let mut value = json!({});
    for _ in 0..200_000 {
        value = Value::Array(vec![value]);
    }
    assert!(refusal_of_deep(value).contains("64 levels"));
    assert!(refusal(json!({"description": "x".repeat(300_000)}))[0].detail.contains("256 KiB"));
    assert!(EventSchema::parse(&format!("{{\"description\":\"{}\"}}", "x".repeat(262_000))).is_ok());
}

fn refusal_of_deep(value: Value) -> String {
    EventSchema::from_value(value)
        .err()
        .map_or_else(String::new, |errors| errors[0].detail.clone())
}

#[test]
fn text_that_is_ambiguous_or_would_change_is_refused() {
    for (text, pointer, word) in [
        ("{\"type\":\"string\",\"type\":\"null\"}", "/type", "twice"),
        ("{\"properties\":{\"a\":{},\"\\u0061\":{}}}", "/properties/a", "twice"),
        ("{\"maximum\":18446744073709551616}", "/maximum", "lose digits"),
        ("{\"maximum\":1e999}", "/maximum", "1.8e308"),
        ("{\"multipleOf\":0.1234567890123456789}", "/multipleOf", "more digits"),
        ("{", "", "not JSON"),
        ("{} {}", "", "not JSON"),
        ("", "", "not JSON"),
    ] {
        let errors = EventSchema::parse(text).unwrap_err();
        assert_eq!(errors[0].pointer, pointer, "{text} {errors:?}");
        assert!(errors[0].detail.contains(word), "{text} {errors:?}");
    }
    let schema =
        EventSchema::parse("{\"maximum\": 18446744073709551615, \"minimum\": -9223372036854775808, \"multipleOf\": 0.01}").unwrap();
    assert_eq!(schema.value()["maximum"], json!(18_446_744_073_709_551_615_u64));
}

#[test]
fn schema_that_grows_by_its_references_is_refused() {
    let mut definitions = serde_json::Map::new();
    for level in 0..30 {
        for keyword in ["allOf", "anyOf"] {
            let next = format!("#/$defs/{keyword}{}", level + 1);
            definitions.insert(format!("{keyword}{level}"), json!({ keyword: [{"$ref": next}, {"$ref": next}] }));
        }
    }
    definitions.insert("allOf30".to_owned(), json!({"type": "string"}));
    definitions.insert("anyOf30".to_owned(), json!({"type": "string"}));
    for keyword in ["allOf", "anyOf"] {
        let errors = refusal(json!({"$ref": format!("#/$defs/{keyword}0"), "$defs": definitions}));
        assert!(errors[0].detail.contains("100000 subschemas"), "{errors:?}");
    }
    let chain: serde_json::Map<String, Value> = (0..5_000)
        .map(|n| (format!("d{n}"), json!({"$ref": format!("#/$defs/d{}", n + 1)})))
        .chain([("d5000".to_owned(), json!(true))])
        .collect();
    assert!(
        refusal(json!({"$ref": "#/$defs/d0", "$defs": chain}))[0]
            .detail
            .contains("More than 64")
    );
}

#[test]
fn regular_expressions_everywhere_must_be_matched_in_linear_time() {
    for source in ["^(?=.*\\d)", "(a)\\1", "(a{1000}){1000}", "(", "(?<!x)y"] {
        is_refused(json!({"properties": {"a": {"pattern": source}}}), "/properties/a/pattern", "");
        let pointer = format!("/patternProperties/{}", source.replace('~', "~0").replace('/', "~1"));
        is_refused(json!({"patternProperties": {source: {}}}), &pointer, "");
    }
    let many: serde_json::Map<String, Value> = (0..2_000)
        .map(|n| (format!("p{n}"), json!({"pattern": format!("^[a-z]{{0,900}}{n}$")})))
        .collect();
    assert!(refusal(json!({"properties": many}))[0].detail.contains("too large together"));
    // What takes a backtracking engine years.
    let schema = admitted(json!({"pattern": "^(a+)+$"}));
    let start = std::time::Instant::now();
    assert_eq!(schema.errors(&json!(format!("{}!", "a".repeat(100_000)))).len(), 1);
    assert!(start.elapsed().as_secs() < 5);
    let schema = admitted(json!({"format": "regex"}));
    assert_eq!(schema.errors(&json!("a+")), []);
    assert_eq!(schema.errors(&json!("(a")).len(), 1);
    assert_eq!(schema.errors(&json!("(a{1000}){1000}")), []);
}

#[test]
fn number_of_errors_is_bounded() {
    let many: serde_json::Map<String, Value> = (0..1_000).map(|n| (format!("p{n}"), json!(n))).collect();
    assert_eq!(refusal(json!({"properties": many})).len(), 20);
}
