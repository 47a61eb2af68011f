use serde_json::json;

use super::*;

fn tree(schema: &Value) -> Vec<Field> {
    fields(schema)
}

/// The field at a path of names, which `>` separates.
fn find(fields: &[Field], path: &str) -> Field {
    let mut names = path.split('>');
    let first = names.next().unwrap();
    let field = fields
        .iter()
        .find(|field| field.name == first)
        .unwrap_or_else(|| panic!("no {first} in {fields:#?}"));
    match path.split_once('>') {
        Some((_, rest)) => find(&field.fields, rest),
        None => field.clone(),
    }
}

fn kind_of(schema: Value) -> (String, bool) {
    let field = find(&tree(&json!({ "properties": { "x": schema } })), "x");
    (field.kind, field.nullable)
}

#[test]
fn every_form_of_a_type_has_its_kind() {
    for (schema, kind, nullable) in [
        (json!({ "type": "string" }), "string", false),
        (json!({ "type": ["string", "null"] }), "string", true),
        (json!({ "type": ["null", "string", "integer"] }), "string | integer", true),
        (json!({ "type": ["integer", "number"] }), "number", false),
        (json!({ "type": "null" }), "null", true),
        (json!({}), "any", true),
        (json!(true), "any", true),
        (
            json!({ "type": ["string", "number", "boolean", "object", "array", "null"] }),
            "any",
            true,
        ),
        (json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] }), "string", true),
        (
            json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }] }),
            "string | integer",
            false,
        ),
        (json!({ "anyOf": [{ "type": "string" }, {}] }), "any", true),
        (
            json!({ "allOf": [{ "type": ["string", "null"] }, { "type": "string" }] }),
            "string",
            false,
        ),
        (json!({ "type": "array" }), "any[]", false),
        (json!({ "type": "array", "items": { "type": "string" } }), "string[]", false),
        (
            json!({ "type": "array", "items": { "type": ["string", "integer"] } }),
            "(string | integer)[]",
            false,
        ),
        (
            json!({ "type": ["array", "null"], "items": { "type": "array", "items": { "type": "object" } } }),
            "object[][]",
            true,
        ),
        (
            json!({ "prefixItems": [{ "type": "string" }, { "type": "number" }], "items": false }),
            "[string, number]",
            false,
        ),
        (
            json!({ "prefixItems": [{ "type": "string" }], "items": { "type": "boolean" } }),
            "[string, …boolean[]]",
            false,
        ),
        (json!({ "type": "object" }), "object", false),
        (
            json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            "map<string>",
            false,
        ),
        (
            json!({ "type": "object", "patternProperties": { "^x": { "type": "string" }, "^y": { "type": "integer" } } }),
            "map<string | integer>",
            false,
        ),
        (json!({ "const": 7 }), "integer", false),
        (json!({ "const": 7.5 }), "number", false),
        (json!({ "enum": ["a", 1, null] }), "string | integer", true),
        (json!({ "type": "string", "enum": ["a", null] }), "string", false),
        (json!({ "pattern": "^a" }), "string", false),
        (json!({ "minimum": 1 }), "number", false),
        (json!({ "$ref": "#/nowhere" }), "any", true),
    ] {
        assert_eq!(kind_of(schema.clone()), (kind.to_owned(), nullable), "{schema}");
    }
}

#[test]
fn values_of_any_type_are_listed_with_their_meanings() {
    let schema = json!({ "properties": {
        "mixed": { "enum": ["a", 1, true, null, { "b": [2] }, [3]] },
        "only": { "const": false },
        "named": { "oneOf": [{ "const": "a", "description": "First." }, { "const": "b", "title": "Second" }, { "const": "c" }] },
        "status": { "$ref": "#/$defs/Status" },
        "own": { "$ref": "#/$defs/Status", "description": "The status now." },
        "list": { "type": "array", "items": { "$ref": "#/$defs/Status" } },
    }, "$defs": { "Status": { "description": "The status. `on`: it runs; `off`: it is halted.", "enum": ["on", "off"] } } });
    let tree = tree(&schema);
    let values = |name: &str| -> Vec<(String, String)> {
        let values = find(&tree, name).values;
        values.into_iter().map(|value| (value.value, value.meaning)).collect()
    };
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(value, meaning)| ((*value).to_owned(), (*meaning).to_owned()))
            .collect()
    };
    assert_eq!(
        values("mixed"),
        pairs(&[("a", ""), ("1", ""), ("true", ""), (r#"{"b":[2]}"#, ""), ("[3]", "")])
    );
    assert_eq!(values("only"), pairs(&[("false", "")]));
    assert_eq!(values("named"), pairs(&[("a", "First."), ("b", "Second"), ("c", "")]));
    let status = pairs(&[("on", "it runs"), ("off", "it is halted")]);
    for name in ["status", "own", "list"] {
        assert_eq!(values(name), status, "{name}");
    }
    assert_eq!(find(&tree, "status").description, "The status.");
    assert_eq!(find(&tree, "own").description, "The status now.");
    assert_eq!(
        (find(&tree, "list").kind, find(&tree, "list").description),
        ("string[]".to_owned(), "The status.".to_owned())
    );
}

#[test]
fn combinators_put_fields_together() {
    let schema = json!({
        "required": ["a"],
        "properties": { "a": { "type": "string" }, "gone": false },
        "allOf": [{ "properties": { "a": { "description": "The first." }, "b": { "type": "integer" } }, "required": ["b"] }],
        "oneOf": [
            { "properties": { "kind": { "const": "card" }, "number": { "type": "string" } }, "required": ["kind", "number"] },
            { "properties": { "kind": { "const": "mobile" }, "device": { "type": "string" } }, "required": ["kind"] },
        ],
        "if": { "properties": { "a": { "const": "x" } } },
        "then": { "properties": { "then": { "type": "boolean" } }, "required": ["then"] },
        "dependentSchemas": { "a": { "properties": { "depends": { "type": "null" } }, "required": ["depends"] } },
        "patternProperties": { "^x-": { "type": "string", "description": "An extension." } },
        "additionalProperties": { "type": "object", "properties": { "deep": { "format": "uuid" } } },
    });
    let tree = tree(&schema);
    let listed: Vec<(&str, &str, bool)> = tree
        .iter()
        .map(|field| (field.name.as_str(), field.kind.as_str(), field.required))
        .collect();
    assert_eq!(
        listed,
        [
            ("a", "string", true),
            ("b", "integer", true),
            ("kind", "string", true),
            ("number", "string", false),
            ("device", "string", false),
            ("then", "boolean", false),
            ("depends", "null", false),
            ("/^x-/", "string", false),
            ("*", "object", false),
        ]
    );
    assert_eq!(find(&tree, "a").description, "The first.");
    let kinds: Vec<String> = find(&tree, "kind").values.into_iter().map(|value| value.value).collect();
    assert_eq!(kinds, ["card", "mobile"]);
    assert_eq!(find(&tree, "*>deep").format.as_deref(), Some("uuid"));
}

#[test]
fn fields_of_lists_and_tuples_are_within_them() {
    let schema = json!({ "properties": {
        "lines": { "type": "array", "items": { "type": "object", "properties": { "sku": { "type": "string" } } } },
        "grid": { "type": "array", "items": { "type": "array", "items": { "properties": { "x": { "type": "number" } } } } },
        "pair": { "prefixItems": [{ "type": "string", "description": "The name." }, { "properties": { "y": true } }, { "type": "null" }] },
    } });
    let tree = tree(&schema);
    assert_eq!(find(&tree, "lines>sku").kind, "string");
    assert_eq!(find(&tree, "grid>x").kind, "number");
    assert_eq!(find(&tree, "pair").kind, "[string, object, null]");
    assert_eq!(find(&tree, "pair>[0]").description, "The name.");
    assert_eq!(find(&tree, "pair>[1]>y").kind, "any");
    assert_eq!(find(&tree, "pair").fields.len(), 2);
    let list = json!({ "type": "array", "items": { "properties": { "z": true } } });
    assert_eq!(find(&fields(&list), "z").kind, "any");
}

#[test]
fn a_definition_that_contains_itself_is_listed_once() {
    let node = json!({
        "$ref": "#/$defs/Node",
        "$defs": { "Node": { "type": "object", "properties": {
            "name": { "type": "string" },
            "parent": { "$ref": "#/$defs/Node" },
            "children": { "type": "array", "items": { "$ref": "#/$defs/Node" } },
            "by_name": { "additionalProperties": { "anyOf": [{ "$ref": "#/$defs/Node" }, { "type": "null" }] } },
        } } },
    });
    let tree = tree(&node);
    for name in ["parent", "children"] {
        let field = find(&tree, name);
        assert_eq!((field.fields.len(), field.repeats.as_deref()), (0, Some("Node")), "{name}");
    }
    assert_eq!(find(&tree, "children").kind, "object[]");
    assert_eq!(find(&tree, "by_name").kind, "map<object>");
    let root =
        json!({ "title": "Tree", "properties": { "left": { "$ref": "#" }, "both": { "properties": { "right": { "$ref": "#" } } } } });
    let tree = fields(&root);
    assert_eq!(find(&tree, "left").repeats.as_deref(), Some("Tree"));
    assert_eq!(find(&tree, "both>right").repeats.as_deref(), Some("Tree"));
}

fn count(fields: &[Field]) -> usize {
    fields.iter().map(|field| 1 + count(&field.fields)).sum()
}

#[test]
fn no_schema_makes_a_tree_without_end() {
    let mut chain = serde_json::Map::new();
    for level in 0..40 {
        let next = format!("#/$defs/d{}", level + 1);
        let members: serde_json::Map<String, Value> = (0..4).map(|at| (format!("m{at}"), json!({ "$ref": next }))).collect();
        chain.insert(
            format!("d{level}"),
            json!({ "properties": members, "allOf": [{ "$ref": next }, { "$ref": next }] }),
        );
    }
    chain.insert("d40".to_owned(), json!({ "type": "string" }));
    let started = std::time::Instant::now();
    for schema in [
        json!({ "$ref": "#/$defs/d0", "$defs": chain }),
        json!({ "$ref": "#" }),
        json!({ "allOf": [{ "$ref": "#" }, { "anyOf": [{ "$ref": "#" }] }], "properties": { "a": { "$ref": "#/properties/a" } } }),
        json!({ "type": "array", "items": { "$ref": "#" } }),
        json!({ "additionalProperties": { "$ref": "#" } }),
        json!({ "$dynamicAnchor": "n", "properties": { "n": { "$dynamicRef": "#n" } } }),
        json!({ "type": 7, "properties": [], "required": "a", "items": 3, "enum": {}, "allOf": {}, "$ref": 4, "description": [] }),
        json!(false),
        json!(null),
    ] {
        assert!(count(&fields(&schema)) <= MOST);
    }
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
