//! Files that are meant to do harm, or that reading would change.

use super::*;

#[test]
fn bombs_end_quickly() {
    let started = std::time::Instant::now();
    let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        laughs = format!(
            "{laughs}a{level}: &a{level} [{aliases}]
"
        );
    }
    assert!(read(laughs.as_bytes(), Some("a.b.yaml")).is_err());
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(read(deep.as_bytes(), Some("a.b.json")).is_err());
    assert!(read(deep.as_bytes(), Some("a.b.yaml")).is_err());
    assert!(read(deep.as_bytes(), None).is_err());
    for (open, close) in [
        ("{\"a\":", "}"),
        ("{a: ", "}"),
        ("{? ", "}"),
        ("[{a: ", "}]"),
        ("{{", "}}"),
        ("[[", "]]"),
        ("!t [", "]"),
        ("&a [", "]"),
        ("- ", ""),
        ("? ", ""),
        ("a: !t {", "}"),
    ] {
        for depth in [200, 5_000, 200_000] {
            for unclosed in [true, false] {
                let deep = format!(
                    "{}1{}",
                    open.repeat(depth),
                    if unclosed { String::new() } else { close.repeat(depth) }
                );
                for name in [None, Some("a.b.yaml"), Some("a.b.json")] {
                    assert!(read(deep.as_bytes(), name).is_err(), "{open} {depth}");
                }
            }
        }
    }
    let recursive_alias = "a: &a { b: *a }";
    assert!(read(recursive_alias.as_bytes(), Some("a.b.yaml")).is_err());
    // Many types that share a large component.
    let large: serde_json::Map<String, Value> = (0..30_000).map(|at| (format!("p{at}"), json!({ "type": "string" }))).collect();
    let webhooks: serde_json::Map<String, Value> = (0..2_000)
        .map(|at| (format!("t{at}"), body(json!({ "items": { "$ref": "#/components/schemas/Large" } }))))
        .collect();
    let document = openapi(
        "3.1.0",
        json!({ "webhooks": webhooks, "components": { "schemas": { "Large": { "properties": large } } } }),
    );
    assert_eq!(errors(&document).len(), MOST_ERRORS);
    let huge = vec![b' '; 40 * 1024 * 1024];
    assert!(read(&huge, None).unwrap_err()[0].detail.contains("MiB"));
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn names_that_occur_twice_are_errors_in_json_and_yaml() {
    for (text, pointer) in [
        (
            r#"{"openapi": "3.1.0", "info": {}, "webhooks": {"a.b": {}, "a.b": {}}}"#,
            "/webhooks/a.b",
        ),
        (
            r#"{"type": "object", "properties": {"a": {"type": "string", "type": "null"}}}"#,
            "/properties/a/type",
        ),
        (
            "{\"type\": \"a.b\", \"data\": 1}\n{\"type\": \"a.b\", \"data\": {\"x\": 1, \"x\": 2}}",
            "/data/x",
        ),
    ] {
        let found = read(text.as_bytes(), Some("a.json")).unwrap_err();
        assert_eq!(found[0].pointer, pointer, "{found:?}");
        assert!(found[0].detail.contains("twice"), "{found:?}");
    }
    let found = read(b"openapi: 3.1.0\nopenapi: 3.0.0\n", Some("a.yaml")).unwrap_err();
    assert!(found[0].detail.contains("duplicate mapping key: openapi at line 2"), "{found:?}");
    // A number that a document writes with more digits than are kept is no reason to refuse it.
    let schema = br#"{"type": "number", "maximum": 0.12345678901234567890123}"#;
    assert_eq!(read(schema, Some("a.b.json")).unwrap().len(), 1);
}

/// Most schemas that exist are of a draft before 2020-12, and many name none.
#[test]
fn json_schemas_of_older_drafts_are_rewritten() {
    let named = [
        Some("http://json-schema.org/draft-04/schema#"),
        Some("http://json-schema.org/draft-06/schema#"),
        Some("http://json-schema.org/draft-07/schema#"),
        Some("https://json-schema.org/draft/2019-09/schema"),
        Some("http://json-schema.org/schema#"),
        Some("https://example.com/own-dialect"),
        None,
    ];
    let x = json!({ "type": "string" });
    for draft in named {
        for (members, fits, misfits) in [
            (
                json!({ "properties": { "a": { "$ref": "#/definitions/x" } }, "definitions": { "x": x } }),
                json!({ "a": "1" }),
                json!({ "a": 1 }),
            ),
            (
                json!({ "properties": { "a": x }, "definitions": { "unused": x } }),
                json!({ "a": "1" }),
                json!({ "a": 1 }),
            ),
            (
                json!({ "properties": { "a": { "$ref": "#x" } }, "definitions": { "y": { "$id": "#x", "type": "string" } } }),
                json!({ "a": "1" }),
                json!({ "a": 1 }),
            ),
            (
                json!({ "properties": { "a": { "$ref": "#x" } }, "definitions": { "y": { "id": "#x", "type": "string" } } }),
                json!({ "a": "1" }),
                json!({ "a": 1 }),
            ),
            (
                json!({ "properties": { "a": { "properties": { "b": { "$ref": "#/properties/a/definitions/x" } }, "definitions": { "x": x } } } }),
                json!({ "a": { "b": "1" } }),
                json!({ "a": { "b": 1 } }),
            ),
            (
                json!({ "definitions": { "x": { "properties": { "next": { "$ref": "#/definitions/x" }, "v": x } } }, "allOf": [{ "$ref": "#/definitions/x" }] }),
                json!({ "next": { "next": { "v": "1" } } }),
                json!({ "next": { "next": { "v": 1 } } }),
            ),
            (
                json!({ "properties": { "a": { "items": [x], "additionalItems": false } } }),
                json!({ "a": ["1"] }),
                json!({ "a": ["1", "2"] }),
            ),
            (
                json!({ "dependencies": { "a": ["b"], "c": { "required": ["d"] } }, "properties": {} }),
                json!({ "a": 1, "b": 1 }),
                json!({ "c": 1 }),
            ),
            (
                json!({ "properties": { "a": { "minimum": 1, "exclusiveMinimum": true } } }),
                json!({ "a": 2 }),
                json!({ "a": 1 }),
            ),
            // Names of fields are no keywords.
            (
                json!({ "properties": { "definitions": x, "id": x, "dependencies": x, "items": x } }),
                json!({ "definitions": "1", "id": "#1" }),
                json!({ "dependencies": 1 }),
            ),
        ] {
            let mut document = json!({ "type": "object" });
            document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            if let Some(draft) = draft {
                document["$schema"] = json!(draft);
            }
            let types = read(document.to_string().as_bytes(), Some("a.b.json")).unwrap_or_else(|errors| panic!("{document}: {errors:?}"));
            let schema =
                crate::EventSchema::from_value(types[0].schema.clone().unwrap()).unwrap_or_else(|errors| panic!("{document}: {errors:?}"));
            assert!(
                schema.accepts(&fits) && !schema.accepts(&misfits),
                "{document} became {}",
                schema.value()
            );
        }
    }
    // `$ref` alone counts in the drafts before 2019-09 only.
    let beside = |draft: &str| {
        let document = json!({
            "$schema": draft, "type": "object", "definitions": { "x": {} },
            "properties": { "a": { "$ref": "#/definitions/x", "type": "string" } },
        });
        let types = read(document.to_string().as_bytes(), Some("a.b.json")).unwrap();
        let schema = crate::EventSchema::from_value(types[0].schema.clone().unwrap()).unwrap();
        schema.accepts(&json!({ "a": 1 }))
    };
    assert!(beside("http://json-schema.org/draft-07/schema#"));
    assert!(!beside("https://json-schema.org/draft/2019-09/schema"));
    assert!(!beside("https://json-schema.org/draft/2020-12/schema"));
    assert!(!beside("https://example.com/own-dialect"));
}
