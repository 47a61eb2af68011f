use std::fmt::Write as _;

use serde_json::json;

use super::*;
use crate::envelope::callback_schema;

fn declared(schema: &Value) -> String {
    declaration("invoice.paid", "Invoice paid", schema)
}

/// The type of a property `x` with a schema.
fn type_of(schema: &Value) -> String {
    let text = declared(&json!({ "type": "object", "properties": { "x": schema }, "required": ["x"], "additionalProperties": false }));
    let (_, after) = text.split_once("  x: ").unwrap();
    after
        .split_once(";\n}\n")
        .unwrap()
        .0
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn every_form_of_a_schema_has_its_type() {
    for (schema, expected) in [
        (json!({ "type": "string" }), "string"),
        (json!({ "type": ["integer", "number", "null"] }), "number | null"),
        (json!({}), "unknown"),
        (json!(true), "unknown"),
        (json!(false), "never"),
        (
            json!({ "enum": ["a", 1, null, true, [1, "b"], { "c": {} }] }),
            r#""a" | 1 | null | true | [1, "b"] | { c: { [name: string]: never } }"#,
        ),
        (json!({ "type": "string", "enum": ["a", null] }), r#""a""#),
        (json!({ "const": "it's \"quoted\"\n\u{202e}" }), "\"it's \\\"quoted\\\"\\n\\u202e\""),
        (json!({ "type": "array" }), "unknown[]"),
        (
            json!({ "type": "array", "items": { "type": ["string", "null"] } }),
            "(string | null)[]",
        ),
        (
            json!({ "prefixItems": [{ "type": "string" }, { "type": "number" }], "minItems": 1, "items": false }),
            "[string, number?]",
        ),
        (
            json!({ "prefixItems": [{ "type": "string" }], "items": { "type": ["string", "number"] } }),
            "[string?, ...(string | number)[]]",
        ),
        (json!({ "type": "object" }), "{ [name: string]: unknown; }"),
        (
            json!({ "type": "object", "additionalProperties": false }),
            "{ [name: string]: never }",
        ),
        (
            json!({ "additionalProperties": { "type": "string" } }),
            "{ [name: string]: string; }",
        ),
        (
            json!({ "properties": { "a": { "type": "string" } }, "required": ["b"], "additionalProperties": { "type": "number" } }),
            "{ a?: string; b: unknown; [name: string]: unknown; }",
        ),
        (
            json!({ "anyOf": [{ "type": "string" }, { "type": "null" }, false] }),
            "string | null",
        ),
        (json!({ "anyOf": [{ "type": "string" }, {}] }), "unknown"),
        (
            json!({ "type": "object", "additionalProperties": false, "anyOf": [{ "required": ["a"] }, { "properties": { "b": {} } }] }),
            "{ [name: string]: never } & ({ a: unknown; [name: string]: unknown; } | { b?: unknown; [name: string]: unknown; })",
        ),
        (
            json!({ "type": ["object", "null"], "oneOf": [{ "required": ["a"] }] }),
            "({ [name: string]: unknown; } | null) & ({ a: unknown; [name: string]: unknown; } | null)",
        ),
        (json!({ "$ref": "#/nowhere" }), "unknown"),
    ] {
        assert_eq!(type_of(&schema), expected, "{schema}");
    }
}

#[test]
fn recursion_has_names_and_circles_are_broken() {
    let text = declared(&json!({
        "type": "object", "additionalProperties": false,
        "properties": {
            "tree": { "$ref": "#/$defs/tree-node" },
            "circle": { "$ref": "#/$defs/A" },
            "own": { "$ref": "#/$defs/Own" },
            "list": { "$ref": "#/$defs/List" },
            "root": { "$ref": "#" },
        },
        "$defs": {
            "tree-node": { "type": "object", "properties": { "children": { "type": "array", "items": { "$ref": "#/$defs/tree-node" } } } },
            "A": { "anyOf": [{ "$ref": "#/$defs/B" }, { "type": "string" }] },
            "B": { "anyOf": [{ "$ref": "#/$defs/A" }, { "type": "number" }] },
            "Own": { "$ref": "#/$defs/Own" },
            "List": { "type": "array", "items": { "$ref": "#/$defs/List" } },
        },
    }));
    for expected in [
        "export interface InvoicePaid {",
        "tree?: TreeNode;",
        "export interface TreeNode {",
        "children?: TreeNode[];",
        "export type List = List[];",
        "export type Own = unknown;",
        "root?: InvoicePaid;",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    compile(&[("a.d.ts", text)]);
}

/// The compiler of TypeScript, which `make setup` installs.
fn compile(files: &[(&str, String)]) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let tsc = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../end2end/node_modules/typescript/bin/tsc");
    assert!(tsc.exists(), "{} is missing: run `make setup`", tsc.display());
    let output = std::process::Command::new("node")
        .arg(tsc)
        .args([
            "--noEmit",
            "--strict",
            "--exactOptionalPropertyTypes",
            "--skipLibCheck",
            "false",
            "--target",
            "es2022",
            "--module",
            "nodenext",
        ])
        .args(files.iter().map(|(name, _)| *name))
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let texts: Vec<&String> = files.iter().map(|(_, text)| text).collect();
    assert!(
        output.status.success(),
        "{said}\n{}",
        texts.iter().map(|text| text.as_str()).collect::<String>()
    );
}

/// Bodies of callbacks with data of many kinds, each with a schema that accepts it.
fn hard_cases() -> Vec<(String, Value, Vec<Value>)> {
    let data = [
        (json!({ "type": "object", "additionalProperties": false }), vec![json!({})]),
        (
            json!({ "type": "object", "properties": { "a": { "type": "string" } } }),
            vec![json!({}), json!({ "a": "x", "more": [1, { "b": null }] })],
        ),
        (
            json!({ "type": "object", "required": ["new", "class", "no-identifier", "имя", "1", ""], "properties": {
                "new": { "type": "string" }, "class": { "type": "integer" }, "no-identifier": { "type": ["boolean", "null"], "description": "Ends */ the comment\n\u{2028}second line" },
                "имя": { "type": "string" }, "1": {}, "": { "type": "null" }, "get": { "type": "string" }, "readonly": { "type": "string" }, "constructor": { "type": "string" },
            }, "additionalProperties": false }),
            vec![
                json!({ "new": "a", "class": 1, "no-identifier": null, "имя": "б", "1": [], "": null, "get": "x", "readonly": "y", "constructor": "z" }),
            ],
        ),
        (
            json!({ "type": "array", "items": { "type": "integer" } }),
            vec![json!([]), json!([1, 2])],
        ),
        (
            json!({ "prefixItems": [{ "type": "string" }, { "enum": ["a", "b"] }], "items": { "type": "number" } }),
            vec![json!([]), json!(["x", "b", 1, 2.5])],
        ),
        (
            json!({ "type": ["string", "integer", "null"] }),
            vec![json!("a"), json!(7), json!(null)],
        ),
        (
            json!({ "enum": ["a", 1, null, [1, { "b": true }]] }),
            vec![json!("a"), json!(1), json!(null), json!([1, { "b": true }])],
        ),
        (
            json!({ "$ref": "#/$defs/Node", "$defs": { "Node": { "type": "object", "required": ["name"], "properties": {
                "name": { "type": "string" }, "children": { "type": "array", "items": { "$ref": "#/$defs/Node" } }, "meta": { "type": "object", "additionalProperties": { "$ref": "#/$defs/Node" } },
            }, "additionalProperties": false } } }),
            vec![json!({ "name": "a", "children": [{ "name": "b", "children": [] }], "meta": { "x": { "name": "c" } } })],
        ),
        (
            json!({ "type": "object", "properties": { "next": { "$ref": "#" } }, "additionalProperties": false }),
            vec![json!({ "next": { "next": {} } })],
        ),
        (
            json!({ "oneOf": [
                { "type": "object", "properties": { "kind": { "const": "card" }, "number": { "type": "string" } }, "required": ["kind", "number"], "additionalProperties": false },
                { "type": "object", "properties": { "kind": { "const": "mobile" }, "device": { "type": "integer" } }, "required": ["kind"], "additionalProperties": false },
            ] }),
            vec![json!({ "kind": "card", "number": "7" }), json!({ "kind": "mobile", "device": 7 })],
        ),
        (
            json!({ "allOf": [{ "$ref": "#/$defs/base" }, { "type": "object", "properties": { "b": { "type": "integer" } } }], "required": ["a"], "unevaluatedProperties": false, "$defs": { "base": { "type": "object", "properties": { "a": { "type": "string" } } } } }),
            vec![json!({ "a": "x", "b": 1 })],
        ),
        (
            json!({ "type": "object", "properties": { "kind": { "type": "string" } }, "if": { "properties": { "kind": { "const": "x" } } }, "then": { "properties": { "extra": { "type": "string" } } }, "unevaluatedProperties": false }),
            vec![json!({ "kind": "x", "extra": "y" })],
        ),
        (
            json!({ "type": "object", "patternProperties": { "^n_": { "type": "number" }, "^s_": { "type": "string" } }, "additionalProperties": false }),
            vec![json!({ "n_a": 1, "s_b": "c" })],
        ),
        (
            json!({ "$anchor": "top", "type": "object", "properties": { "up": { "$ref": "#top" }, "dyn": { "$dynamicRef": "#top" } } }),
            vec![json!({ "up": { "up": {} }, "dyn": {} })],
        ),
        (
            json!({ "$id": "https://example.com/schema", "type": "object", "properties": { "up": { "$ref": "schema" }, "x": { "$ref": "#/$defs/String" } }, "$defs": { "String": { "type": "string" } } }),
            vec![json!({ "up": { "x": "a" } })],
        ),
        (json!(true), vec![json!([1, "a", null])]),
    ];
    let mut cases = Vec::new();
    for (index, (schema, examples)) in data.into_iter().enumerate() {
        let event_type = format!("case.n{index}");
        let callback = callback_schema(&event_type, &format!("Case {index}"), "It happened.", Some(&schema));
        let validator = jsonschema::draft202012::new(&callback).unwrap();
        let bodies = examples.into_iter().map(|data| {
            json!({ "id": "1", "type": event_type, "timestamp": "2026-03-09T08:30:00Z", "source": "s", "extensions": { "a": 1, "b": true }, "data": data })
        });
        let bodies: Vec<Value> = bodies.collect();
        for body in &bodies {
            assert!(validator.is_valid(body), "{schema} refuses {body}");
        }
        cases.push((event_type, callback, bodies));
    }
    cases
}

#[test]
fn every_example_assigns_to_the_type() {
    let mut files = Vec::new();
    let mut uses = String::new();
    for (index, (event_type, callback, bodies)) in hard_cases().into_iter().enumerate() {
        let name = root_name(&event_type);
        files.push((format!("{event_type}.d.ts"), declaration(&event_type, "Case", &callback)));
        let _ = writeln!(uses, "import type {{ {name} }} from './{event_type}.js';");
        for (number, body) in bodies.iter().enumerate() {
            let _ = writeln!(uses, "export const case{index}_{number}: {name} = {body};");
        }
    }
    files.push(("uses.ts".to_owned(), uses));
    let files: Vec<(&str, String)> = files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    compile(&files);
}

#[test]
fn a_type_refuses_what_the_schema_refuses() {
    let schema = json!({ "type": "object", "required": ["a"], "properties": { "a": { "enum": ["x"] }, "b": { "type": "integer" } }, "additionalProperties": false });
    let text = declaration("case.one", "Case", &schema);
    let wrong = [r#"{ a: "y" }"#, "{}", r#"{ a: "x", b: "1" }"#, r#"{ a: "x", c: 1 }"#, "null"];
    let uses: Vec<String> = wrong
        .iter()
        .enumerate()
        .map(|(number, value)| format!("// @ts-expect-error\nexport const wrong{number}: CaseOne = {value};\n"))
        .collect();
    let uses = format!(
        "import type {{ CaseOne }} from './one.js';\nexport const right: CaseOne = {{ a: \"x\", b: 1 }};\n{}",
        uses.concat()
    );
    compile(&[("one.d.ts", text), ("uses.ts", uses)]);
}

#[test]
fn descriptions_are_comments() {
    let text = declared(&json!({
        "description": "The body. */ export const hacked = 1; /*",
        "type": "object",
        "properties": { "at": { "type": "string", "format": "date-time", "description": "When.\nIn UTC.", "deprecated": true } },
        "additionalProperties": false,
    }));
    assert!(text.contains("/** The body. *\\/ export const hacked = 1; /* */"), "{text}");
    assert!(
        text.contains("  /**\n   * When.\n   * In UTC.\n   * Format: date-time.\n   * @deprecated\n   */\n  at?: string;\n"),
        "{text}"
    );
}

#[test]
fn malformed_and_huge_schemas_end() {
    let mut chain = serde_json::Map::new();
    for level in 0..3_000 {
        chain.insert(format!("d{level}"), json!({ "$ref": format!("#/$defs/d{}", (level + 1) % 3_000) }));
    }
    for schema in [
        json!({ "$ref": "#/$defs/d0", "$defs": chain }),
        json!({ "type": 7, "properties": [], "enum": {}, "allOf": 1, "prefixItems": {}, "$ref": 1, "required": "a" }),
        json!(null),
        json!(false),
    ] {
        assert!(declared(&schema).contains("InvoicePaid"));
    }
}
