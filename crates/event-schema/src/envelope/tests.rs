use boon::{Compiler, Draft, Schemas};

use super::*;

/// Schemas of data that are hard to move, with data that they accept and data that they refuse.
fn hard_cases() -> Vec<(Value, Vec<Value>, Vec<Value>)> {
    vec![
        (json!(true), vec![json!(1), json!(null)], vec![]),
        (json!(false), vec![], vec![json!(1), json!({})]),
        (json!({}), vec![json!([])], vec![]),
        (
            json!({ "type": "object", "properties": { "next": { "$ref": "#" } }, "additionalProperties": false }),
            vec![json!({ "next": { "next": {} } })],
            vec![
                json!({ "next": { "other": 1 } }),
                json!({ "id": "1", "type": "a", "timestamp": "x", "source": "s", "data": {} }),
            ],
        ),
        (
            json!({ "properties": { "a": { "$ref": "#/$defs/x" }, "b": { "$ref": "#/%24defs/x" }, "c": { "$ref": "#/$defs/y~1z~0%25" } }, "$defs": { "x": { "type": "string" }, "y/z~%": { "items": { "$ref": "#/$defs/x" } } } }),
            vec![json!({ "a": "s", "b": "s", "c": ["s"] })],
            vec![json!({ "a": 1 }), json!({ "b": 1 }), json!({ "c": [1] })],
        ),
        (
            json!({ "properties": { "a": { "type": "integer" }, "b": { "$ref": "#/properties/a" }, "c": { "$ref": "#/$defs/d/properties/e" } }, "$defs": { "d": { "properties": { "e": { "$ref": "#/properties/b" } } } } }),
            vec![json!({ "b": 1, "c": 2 })],
            vec![json!({ "b": "s" }), json!({ "c": "s" })],
        ),
        (
            json!({ "properties": { "$ref": { "type": "string" }, "x": { "enum": [{ "$ref": "#/$defs/none" }, "#"] }, "y": { "const": { "$ref": "#" } } } }),
            vec![
                json!({ "$ref": "#", "x": { "$ref": "#/$defs/none" }, "y": { "$ref": "#" } }),
                json!({ "x": "#" }),
            ],
            vec![
                json!({ "$ref": 1 }),
                json!({ "x": { "$ref": "#/properties/data" } }),
                json!({ "y": { "$ref": "#/properties/data" } }),
            ],
        ),
        (
            json!({ "$anchor": "top", "type": "object", "properties": { "up": { "$ref": "#top" }, "n": { "$ref": "#num" } }, "additionalProperties": false, "$defs": { "n": { "$anchor": "num", "type": "number" } } }),
            vec![json!({ "up": { "n": 1 } })],
            vec![json!({ "up": { "n": "s" } }), json!({ "up": { "id": 1 } })],
        ),
        (
            json!({ "$dynamicAnchor": "node", "type": "object", "properties": { "children": { "type": "array", "items": { "$dynamicRef": "#node" } } }, "additionalProperties": false }),
            vec![json!({ "children": [{ "children": [] }] })],
            vec![json!({ "children": [{ "other": 1 }] }), json!({ "children": [1] })],
        ),
        (
            json!({ "type": "object", "properties": { "next": { "$dynamicRef": "#" } }, "additionalProperties": false }),
            vec![json!({ "next": {} })],
            vec![json!({ "next": { "x": 1 } })],
        ),
        (
            json!({ "properties": { "both": { "$ref": "#/$defs/a", "$dynamicRef": "#/properties/n" }, "n": { "minimum": 3 } }, "$defs": { "a": { "type": "integer" } } }),
            vec![json!({ "both": 3 })],
            vec![json!({ "both": 2 }), json!({ "both": 3.5 })],
        ),
        (
            json!({ "definitions": { "a": { "type": "string" } }, "properties": { "a": { "$ref": "#/definitions/a" } } }),
            vec![json!({ "a": "s" })],
            vec![json!({ "a": 1 })],
        ),
        (
            json!({ "$id": "https://example.com/schemas/invoice", "type": "object", "properties": {
                "a": { "$ref": "#/$defs/x" }, "b": { "$ref": "invoice#/$defs/x" }, "up": { "$ref": "#" }, "up2": { "$ref": "https://example.com/schemas/invoice" },
            }, "additionalProperties": false, "$defs": { "x": { "type": "string" } } }),
            vec![json!({ "a": "s", "b": "s", "up": { "up2": {} } })],
            vec![
                json!({ "a": 1 }),
                json!({ "b": 1 }),
                json!({ "up": 1 }),
                json!({ "up2": { "z": 1 } }),
            ],
        ),
        (
            json!({ "properties": { "inner": {
                "$id": "https://example.com/inner", "properties": { "a": { "$ref": "#/$defs/x" }, "self": { "$ref": "#" } }, "additionalProperties": false, "$defs": { "x": { "type": "boolean" } },
            }, "again": { "$ref": "https://example.com/inner" }, "x": { "$ref": "#/$defs/x" } }, "$defs": { "x": { "type": "string" } } }),
            vec![json!({ "inner": { "a": true, "self": { "a": false } }, "again": { "a": true }, "x": "s" })],
            vec![
                json!({ "inner": { "a": "s" } }),
                json!({ "inner": { "self": { "z": 1 } } }),
                json!({ "again": { "a": 1 } }),
                json!({ "x": true }),
            ],
        ),
        (
            json!({ "$schema": DIALECT, "allOf": [{ "$ref": "#/$defs/a" }], "if": { "$ref": "#/$defs/isA" }, "then": { "$ref": "#/$defs/b" }, "not": { "$ref": "#/$defs/none" }, "dependentSchemas": { "a": { "$ref": "#/$defs/b" } }, "patternProperties": { "^z": { "$ref": "#/$defs/none" } },
                "$defs": { "a": { "type": "object" }, "isA": { "required": ["a"] }, "b": { "required": ["b"] }, "none": false } }),
            vec![json!({}), json!({ "a": 1, "b": 1 })],
            vec![json!({ "a": 1 }), json!({ "z": 1 }), json!(1)],
        ),
        (
            json!({ "prefixItems": [{ "type": "string" }, { "$ref": "#/prefixItems/0" }], "items": { "$ref": "#/prefixItems/1" } }),
            vec![json!(["a", "b", "c"])],
            vec![json!(["a", 1]), json!(["a", "b", 1])],
        ),
    ]
}

fn body(data: &Value) -> Value {
    json!({ "id": "1", "type": "invoice.paid", "timestamp": "2026-03-09T08:30:00Z", "source": "s", "data": data })
}

/// Whether each of two independent validators accepts the value. Both check the schema against its meta-schema first.
fn verdicts(schema: &Value, value: &Value) -> [bool; 2] {
    let mut schemas = Schemas::new();
    let mut compiler = Compiler::new();
    compiler.set_default_draft(Draft::V2020_12);
    compiler.enable_format_assertions();
    let address = "https://example.com/callback.json";
    compiler.add_resource(address, schema.clone()).unwrap();
    let index = compiler
        .compile(address, &mut schemas)
        .unwrap_or_else(|error| panic!("{error:#}: {schema:#}"));
    let validator = jsonschema::draft202012::new(schema).unwrap_or_else(|error| panic!("{error}: {schema:#}"));
    [schemas.validate(value, index).is_ok(), validator.is_valid(value)]
}

#[test]
fn every_reference_means_the_same_in_the_envelope() {
    for (schema, right, wrong) in hard_cases() {
        let callback = callback_schema("invoice.paid", "Invoice paid", "An invoice was paid.", Some(&schema));
        for (data, expected) in right.iter().map(|data| (data, true)).chain(wrong.iter().map(|data| (data, false))) {
            assert_eq!(verdicts(&schema, data), [expected; 2], "{schema} alone, {data}");
            assert_eq!(verdicts(&callback, &body(data)), [expected; 2], "{callback:#}, {data}");
        }
        let mut missing = body(&json!(null));
        missing.as_object_mut().unwrap().remove("data");
        assert_eq!(verdicts(&callback, &missing), [false; 2], "{schema}");
    }
}

#[test]
fn ajv_agrees() {
    // In files, as the receivers of callbacks have them.
    let mut cases = Vec::new();
    for (schema, right, wrong) in hard_cases() {
        let callback = callback_schema("invoice.paid", "Invoice paid", "An invoice was paid.", Some(&schema));
        let bodies = |data: &[Value]| data.iter().map(body).collect::<Vec<_>>();
        cases.push(json!({ "schema": callback, "right": bodies(&right), "wrong": bodies(&wrong) }));
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    std::fs::write(&file, json!(cases).to_string()).unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = std::process::Command::new("node")
        .arg(root.join("end2end/support/schemas.mjs"))
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), format!("{} schemas", cases.len()));
}

#[test]
fn without_a_schema_data_may_be_any_json_or_absent() {
    let callback = callback_schema("invoice.paid", "Invoice paid", "", None);
    assert_eq!(callback["description"], "The body of an \"Invoice paid\" callback.");
    for data in [json!(null), json!([1]), json!({ "a": 1 })] {
        assert_eq!(verdicts(&callback, &body(&data)), [true; 2]);
    }
    let mut absent = body(&json!(1));
    absent.as_object_mut().unwrap().remove("data");
    assert_eq!(verdicts(&callback, &absent), [true; 2]);
    absent["type"] = json!("invoice.other");
    assert_eq!(verdicts(&callback, &absent), [false; 2]);
}

#[test]
fn definitions_move_to_the_root() {
    let schema = json!({ "$schema": DIALECT, "type": "object", "properties": { "a": { "$ref": "#/$defs/x" } }, "$defs": { "x": { "$ref": "#/$defs/y" }, "y": {} } });
    let callback = callback_schema("a.b", "A", "B.", Some(&schema));
    assert_eq!(callback["$defs"], schema["$defs"]);
    assert_eq!(
        callback["properties"]["data"],
        json!({ "type": "object", "properties": { "a": { "$ref": "#/$defs/x" } } })
    );
    // A place that no keyword knows as a schema is rewritten only if a reference leads there.
    let odd = json!({ "properties": { "a": { "$ref": "#/x-shared/a" } }, "x-shared": { "a": { "items": { "$ref": "#/x-shared/a" } }, "b": { "$ref": "#/x-shared/a" } } });
    let callback = callback_schema("a.b", "A", "B.", Some(&odd));
    assert_eq!(
        callback["properties"]["data"]["x-shared"],
        json!({ "a": { "items": { "$ref": "#/properties/data/x-shared/a" } }, "b": { "$ref": "#/x-shared/a" } })
    );
}
