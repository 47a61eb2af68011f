use serde_json::json;

use super::*;

mod hostile;

fn import(document: &Value) -> Vec<ImportedType> {
    read(document.to_string().as_bytes(), None).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn import_text(text: &str, file_name: &str) -> Vec<ImportedType> {
    read(text.as_bytes(), Some(file_name)).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn errors(document: &Value) -> Vec<ImportError> {
    read(document.to_string().as_bytes(), None).expect_err("an error is expected")
}

fn names(types: &[ImportedType]) -> Vec<&str> {
    types.iter().map(|one| one.event_type.as_str()).collect()
}

/// Panics unless the schema is valid and accepts the examples.
fn check_examples(one: &ImportedType) {
    let Some(schema) = &one.schema else { return };
    let validator = jsonschema::draft202012::new(schema).unwrap_or_else(|error| panic!("{}: {error}: {schema:#}", one.event_type));
    for example in &one.examples {
        if let Err(error) = validator.validate(example) {
            panic!("{}: {error}: {example}", one.event_type);
        }
    }
}

fn openapi(version: &str, rest: Value) -> Value {
    let mut document = json!({ "openapi": version, "info": { "title": "T", "version": "1" } });
    document.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    document
}

fn body(schema: Value) -> Value {
    json!({ "post": { "requestBody": { "content": { "application/json": { "schema": schema } } } } })
}

#[test]
fn openapi_3_1_webhooks_become_types() {
    let document = openapi(
        "3.1.0",
        json!({
            "webhooks": {
                "invoice.paid": { "post": {
                    "summary": "Invoice paid", "description": "An invoice was paid.", "tags": ["Billing", "Other"], "operationId": "onPaid",
                    "requestBody": { "$ref": "#/components/requestBodies/Paid" },
                } },
                "orderCreated": { "$ref": "#/components/pathItems/Order" },
                "ping": { "post": {} },
                "named": { "x-event-type": "com.example/real:name", "put": { "requestBody": { "content": { "text/json; charset=utf-8": { "schema": true } } } } },
            },
            "components": {
                "requestBodies": { "Paid": { "content": {
                    "application/xml": { "schema": false },
                    "application/json": {
                        "schema": { "$ref": "#/components/schemas/Invoice" },
                        "examples": { "a": { "value": { "id": "1", "lines": [{ "parent": { "id": "0" } }] } }, "b": { "$ref": "#/components/examples/B" }, "c": { "externalValue": "https://example.com/c" } },
                    },
                } } },
                "examples": { "B": { "value": { "id": "2" } } },
                "pathItems": { "Order": body(json!({ "type": "object", "example": { "n": 1 } })) },
                "schemas": {
                    "Invoice": { "type": "object", "required": ["id"], "properties": { "id": { "type": "string" }, "lines": { "type": "array", "items": { "$ref": "#/components/schemas/Line" } } } },
                    "Line": { "type": "object", "properties": { "parent": { "$ref": "#/components/schemas/Invoice" }, "line": { "$ref": "#/components/schemas/Line" } } },
                    "Unused": { "type": "string" },
                },
            },
        }),
    );
    let types = import(&document);
    assert_eq!(names(&types), ["invoice.paid", "orderCreated", "ping", "com.example/real:name"]);
    types.iter().for_each(check_examples);
    let invoice = &types[0];
    assert_eq!(
        (invoice.name.as_str(), invoice.description.as_str()),
        ("Invoice paid", "An invoice was paid.")
    );
    assert_eq!(
        (invoice.group.as_deref(), invoice.pointer.as_str()),
        (Some("Billing"), "/webhooks/invoice.paid/post")
    );
    assert_eq!(invoice.examples.len(), 2);
    assert_eq!(
        invoice.schema.as_ref().unwrap(),
        &json!({
            "type": "object", "required": ["id"],
            "properties": { "id": { "type": "string" }, "lines": { "type": "array", "items": { "$ref": "#/$defs/Line" } } },
            "$defs": { "Line": { "type": "object", "properties": { "parent": { "$ref": "#" }, "line": { "$ref": "#/$defs/Line" } } } },
        })
    );
    assert_eq!(
        (types[1].name.as_str(), &types[1].examples),
        ("Order created", &vec![json!({ "n": 1 })])
    );
    assert_eq!((&types[2].schema, types[2].examples.len()), (&None, 0));
    assert_eq!(types[3].schema, Some(json!(true)));
}

#[test]
fn openapi_3_0_callbacks_are_rewritten_as_2020_12() {
    let document = openapi(
        "3.0.3",
        json!({
            "paths": { "/subscribe": { "post": { "tags": ["Streams"], "callbacks": {
                "onData": { "{$request.query.callbackUrl}/data": body(json!({
                    "type": "object",
                    "properties": {
                        "at": { "type": "string", "format": "date-time", "nullable": true },
                        "n": { "type": "integer", "minimum": 0, "exclusiveMinimum": true, "format": "int64" },
                        "next": { "nullable": true, "allOf": [{ "$ref": "#/components/schemas/Node" }] },
                    },
                    "example": { "at": null, "n": 1, "next": null },
                })) },
                "both": { "{$request.body#/a}": body(json!({ "type": "string" })), "{$request.body#/b}": body(json!({ "type": "integer" })) },
                "shared": { "$ref": "#/components/callbacks/Shared" },
            } } } },
            "components": {
                "callbacks": { "Shared": { "$url": { "post": { "operationId": "shared.event" }, "put": { "x-event-type": "shared.put" } } } },
                "schemas": { "Node": { "type": "object", "discriminator": { "propertyName": "k" }, "properties": { "node": { "$ref": "#/components/schemas/Node", "description": "Ignored beside." } } } },
            },
        }),
    );
    let types = import(&document);
    assert_eq!(names(&types), ["onData", "both.1", "both.2", "shared.event", "shared.put"]);
    types.iter().for_each(check_examples);
    assert_eq!(types[0].group.as_deref(), Some("Streams"));
    assert_eq!(
        types[0].schema.as_ref().unwrap()["properties"],
        json!({
            "at": { "type": ["string", "null"], "format": "date-time" },
            "n": { "type": "integer", "exclusiveMinimum": 0 },
            "next": { "anyOf": [{ "allOf": [{ "$ref": "#/$defs/Node" }] }, { "type": "null" }] },
        })
    );
}

#[test]
fn components_that_an_extension_marks_are_types() {
    let document = openapi(
        "3.0.0",
        json!({ "paths": {}, "components": { "schemas": {
        "account_updated": {
            "title": "AccountUpdated", "type": "object", "x-stripeEvent": { "type": "account.updated" },
            "properties": { "object": { "$ref": "#/components/schemas/account" } },
        },
        "account": { "type": "object" },
    } } }),
    );
    let types = import(&document);
    assert_eq!(names(&types), ["account.updated"]);
    assert_eq!(types[0].schema.as_ref().unwrap()["$defs"]["account"], json!({ "type": "object" }));
}

#[test]
fn asyncapi_2_messages_become_types() {
    let text = r"
asyncapi: 2.6.0
info: { title: T, version: 1.0.0 }
channels:
  user/signedup:
    subscribe:
      operationId: onSignup
      tags: [{ name: Users }]
      message: { $ref: '#/components/messages/UserSignedUp' }
  'lights/{id}/measured':
    publish:
      message:
        summary: Light measured
        traits: [{ $ref: '#/components/messageTraits/common' }]
        payload:
          type: object
          properties:
            lumens: { type: integer, minimum: 0, exclusiveMinimum: 0 }
            pair: { type: array, items: [{ type: string }, { type: number }] }
  many:
    subscribe:
      message:
        oneOf:
          - { $ref: '#/components/messages/UserSignedUp' }
          - { name: a.b, payload: { type: string } }
components:
  messages:
    UserSignedUp:
      title: User signed up
      payload:
        type: object
        properties: { user: { $ref: '#/components/schemas/user' }, email: { type: string, format: email } }
      examples: [{ name: one, payload: { email: a@example.com } }]
  messageTraits:
    common: { name: light.measured, examples: [{ payload: { lumens: 3, pair: [a, 1] } }] }
  schemas:
    user: { type: object, properties: { friend: { $ref: '#/components/schemas/user' } } }
";
    let types = import_text(text, "api.yaml");
    assert_eq!(names(&types), ["UserSignedUp", "light.measured", "a.b"]);
    types.iter().for_each(check_examples);
    assert_eq!(
        (types[0].name.as_str(), types[0].group.as_deref()),
        ("User signed up", Some("Users"))
    );
    assert_eq!(types[0].examples, [json!({ "email": "a@example.com" })]);
    let lights = types[1].schema.as_ref().unwrap();
    assert_eq!(
        lights["properties"]["pair"]["prefixItems"],
        json!([{ "type": "string" }, { "type": "number" }])
    );
    assert_eq!(types[1].examples.len(), 1);
}

#[test]
fn asyncapi_3_messages_become_types() {
    let document = json!({
        "asyncapi": "3.0.0",
        "channels": {
            "userSignup": { "address": "user/signedup", "tags": [{ "name": "Users" }], "messages": {
                "userSignedUp": { "payload": { "schemaFormat": "application/vnd.oai.openapi+json;version=3.0.0", "schema": { "type": "string", "nullable": true } } },
                "userLeft": { "$ref": "#/components/messages/left" },
            } },
            "other": { "$ref": "#/components/channels/other" },
        },
        "operations": { "send": { "action": "send", "channel": { "$ref": "#/channels/other" }, "tags": [{ "name": "Ops" }] } },
        "components": {
            "messages": { "left": { "name": "user.left", "x-event-type": "com.example.user.left", "traits": [{ "name": "weaker" }] } },
            "channels": { "other": { "address": "a/b", "messages": { "one": { "payload": true, "examples": [{ "payload": 7 }] } } } },
        },
    });
    let types = import(&document);
    assert_eq!(names(&types), ["userSignedUp", "com.example.user.left", "one"]);
    assert_eq!(types[0].schema, Some(json!({ "type": ["string", "null"] })));
    assert_eq!((types[0].group.as_deref(), types[2].group.as_deref()), (Some("Users"), Some("Ops")));
    assert_eq!(types[2].examples, [json!(7)]);
    let only_components = json!({ "asyncapi": "2.0.0", "channels": {}, "components": { "messages": { "m": { "payload": {} } } } });
    assert_eq!(names(&import(&only_components)), ["m"]);
    let avro = json!({ "asyncapi": "2.0.0", "channels": { "c": { "publish": { "message": { "schemaFormat": "application/vnd.apache.avro;version=1.9.0", "payload": {} } } } } });
    assert!(errors(&avro)[0].detail.contains("avro"), "{:?}", errors(&avro));
}

#[test]
fn json_schemas_are_named_by_id_title_key_or_file() {
    let schema = r##"{ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Invoice paid", "type": "object", "properties": { "again": { "$ref": "#" } }, "examples": [{}] }"##;
    let types = import_text(schema, "schemas/invoice.paid.schema.json");
    assert_eq!((names(&types), types[0].name.as_str()), (vec!["invoice.paid"], "Invoice paid"));
    assert_eq!(types[0].schema.as_ref().unwrap()["properties"]["again"], json!({ "$ref": "#" }));
    assert_eq!(types[0].examples, [json!({})]);
    let types = import(&json!({ "$id": "https://example.com/schemas/order.created.schema.json", "type": "object" }));
    assert_eq!(names(&types), ["order.created"]);
    let types = import(&json!({ "title": "Order created", "properties": { "a": {} } }));
    assert_eq!(names(&types), ["Order_created"]);
    let several = json!({ "a.b": { "type": "object" }, "c.d": { "$schema": "http://json-schema.org/draft-07/schema#", "items": [{ "$ref": "#/a.b" }] } });
    let types = import(&several);
    assert_eq!(names(&types), ["a.b", "c.d"]);
    assert_eq!(
        types[1].schema,
        Some(json!({ "prefixItems": [{ "$ref": "#/$defs/a.b" }], "$defs": { "a.b": { "type": "object" } } }))
    );
    let list = json!([{ "title": "a.b", "type": "string" }, { "x-event-type": "c.d", "type": "object", "$ref": "#/definitions/x", "definitions": { "x": {} } }]);
    assert_eq!(names(&import(&list)), ["a.b", "c.d"]);
}

#[test]
fn a_schema_that_lists_others_is_taken_apart() {
    let document = json!({
        "$schema": "http://json-schema.org/draft-07/schema",
        "definitions": {
            "check_run$created": { "type": "object", "properties": { "repository": { "$ref": "#/definitions/repository" } } },
            "check_run$completed": { "type": "object" },
            "check_run_event": { "oneOf": [{ "$ref": "#/definitions/check_run$created" }, { "$ref": "#/definitions/check_run$completed" }] },
            "ping_event": { "type": "object" },
            "repository": { "type": "object", "properties": { "parent": { "$ref": "#/definitions/repository" } } },
        },
        "oneOf": [{ "$ref": "#/definitions/check_run_event" }, { "$ref": "#/definitions/ping_event" }],
    });
    let types = import(&document);
    assert_eq!(names(&types), ["check_run.created", "check_run.completed", "ping_event"]);
    assert_eq!(
        types[0].schema.as_ref().unwrap()["$defs"]["repository"]["properties"]["parent"],
        json!({ "$ref": "#/$defs/repository" })
    );
    let only_definitions = json!({ "$defs": { "a.b": { "type": "object" }, "c.d": { "$ref": "#/$defs/a.b" } } });
    assert_eq!(names(&import(&only_definitions)), ["a.b", "c.d"]);
}

#[test]
fn examples_alone_give_an_inferred_schema() {
    let text = "{\"type\":\"invoice.paid\",\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"data\":{\"n\":1}}\n{\"type\":\"invoice.paid\",\"data\":{\"n\":null}}\n{\"type\":\"user.left\",\"specversion\":\"1.0\"}\n";
    let types = import_text(text, "events.ndjson");
    assert_eq!(names(&types), ["invoice.paid", "user.left"]);
    assert_eq!(types[0].examples, [json!({ "n": 1 }), json!({ "n": null })]);
    assert_eq!(
        types[0].schema,
        Some(json!({ "type": "object", "properties": { "n": { "type": ["integer", "null"] } }, "required": ["n"] }))
    );
    assert_eq!((&types[1].schema, types[1].examples.len()), (&None, 0));
    let plain = import_text("- total: 3\n- total: 4.5\n", "orders/order.created.yaml");
    assert_eq!((names(&plain), plain[0].examples.len()), (vec!["order.created"], 2));
    let error = &read(b"{\"total\": 3}", None).unwrap_err()[0];
    assert!(error.detail.contains("names no type"), "{error:?}");
    let bad = &read(br#"{"type": "a b", "data": 1}"#, None).unwrap_err()[0];
    assert!(bad.detail.contains("“a b”"), "{bad:?}");
}

#[test]
fn envelopes_are_unwrapped() {
    let cloud_event = json!({ "type": "object", "properties": {
        "specversion": { "type": "string" }, "type": { "$ref": "#/components/schemas/Type" }, "data": { "$ref": "#/components/schemas/Data" },
    } });
    let document = openapi(
        "3.1.0",
        json!({
            "webhooks": { "hook": { "post": { "requestBody": { "content": { "application/cloudevents+json": {
                "schema": { "$ref": "#/components/schemas/Event" },
                "example": { "specversion": "1.0", "type": "user.left", "data": { "id": 7 } },
            } } } } } },
            "components": { "schemas": { "Event": cloud_event, "Type": { "const": "user.left" }, "Data": { "type": "object", "required": ["id"] } } },
        }),
    );
    let types = import(&document);
    assert_eq!(names(&types), ["user.left"]);
    assert_eq!(types[0].schema, Some(json!({ "type": "object", "required": ["id"] })));
    assert_eq!(types[0].examples, [json!({ "id": 7 })]);
    let schema = json!({ "$id": "https://example.com/e", "type": "object", "properties": { "type": { "enum": ["a.b"] }, "data": { "$ref": "#/$defs/d" } }, "$defs": { "d": { "type": "integer" } } });
    let types = import(&schema);
    assert_eq!(
        (names(&types), &types[0].schema),
        (vec!["a.b"], &Some(json!({ "type": "integer" })))
    );
    // A payload with a type that varies is no envelope.
    let document = json!({ "title": "x.y", "properties": { "type": { "type": "string" }, "data": {} } });
    assert_eq!(import(&document)[0].schema.as_ref().unwrap()["properties"]["data"], json!({}));
}

#[test]
fn references_out_of_the_file_are_named() {
    for (reference, part) in [
        ("https://example.com/a.json", "leads out of the file"),
        ("other.yaml#/Pet", "leads out of the file"),
        ("file:///etc/passwd", "leads out of the file"),
        ("#/components/schemas/Nowhere", "leads to nothing"),
        ("#nowhere", "leads to nothing"),
        ("#/%zz", "not valid"),
    ] {
        let schema = json!({ "type": "object", "properties": { "deep": { "items": { "$ref": reference } } } });
        let found = errors(&openapi("3.1.0", json!({ "webhooks": { "a": body(schema.clone()) } })));
        assert!(found[0].detail.contains(part) && found[0].detail.contains(reference), "{found:?}");
        assert!(found[0].pointer.ends_with("/schema/properties/deep/items/$ref"), "{found:?}");
        let found = errors(&json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "a.b", "anyOf": [schema] }));
        assert!(found[0].detail.contains(part), "{found:?}");
    }
    let circle = openapi(
        "3.1.0",
        json!({ "webhooks": { "a": { "$ref": "#/webhooks/b" }, "b": { "$ref": "#/webhooks/a" } } }),
    );
    assert!(errors(&circle)[0].detail.contains("leads to itself"));
}

#[test]
fn every_wrong_type_is_named_and_no_other() {
    let mut webhooks = serde_json::Map::new();
    for number in 0..5_000 {
        webhooks.insert(
            format!("type.n{number}"),
            body(json!({ "type": "object", "properties": { "a": { "$ref": "#/components/schemas/A" } } })),
        );
    }
    webhooks["type.n7"] = body(json!({ "$ref": "elsewhere.json" }));
    webhooks["type.n4000"] = body(json!("no schema"));
    webhooks.insert("платёж".to_owned(), body(json!({})));
    let document = openapi(
        "3.1.0",
        json!({ "webhooks": webhooks, "components": { "schemas": { "A": { "type": "string" } } } }),
    );
    let found = errors(&document);
    assert_eq!(found.len(), 3, "{found:#?}");
    for (error, part) in found
        .iter()
        .zip(["/webhooks/type.n7/", "/webhooks/type.n4000/", "/webhooks/платёж/"])
    {
        assert!(error.pointer.starts_with(part), "{error:?}");
    }
}

#[test]
fn two_types_of_one_name_are_an_error_unless_they_are_equal() {
    let webhooks = |one: Value, other: Value| openapi("3.1.0", json!({ "webhooks": { "a b": body(one), "a_b": body(other) } }));
    assert_eq!(import(&webhooks(json!({}), json!({}))).len(), 1);
    let found = errors(&webhooks(json!({}), json!({ "type": "string" })));
    assert!(
        found[0].detail.contains("described twice") && found[0].detail.contains("/webhooks/a b/post"),
        "{found:?}"
    );
}

#[test]
fn files_that_are_none_of_these_are_refused_with_a_reason() {
    for (text, part) in [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("{\"a\": ", "not valid JSON"),
        ("a: [1", "not valid YAML"),
        ("swagger: '2.0'", "Swagger 2.0"),
        ("openapi: 2.9.9", "cannot be read"),
        ("openapi: 3.1.0", "no webhook"),
        ("asyncapi: 1.2.0", "cannot be read"),
        ("asyncapi: 3.0.0", "no message"),
        ("just text", "names no type"),
        ("[]", "no event type"),
        (
            "[{\"type\": \"object\", \"title\": \"a.b\"}, {\"type\": \"a.b\", \"data\": 1}]",
            "both schemas and examples",
        ),
    ] {
        let found = read(text.as_bytes(), None).expect_err(text);
        assert!(found[0].detail.contains(part), "{text}: {found:?}");
        assert!(found.iter().all(|error| !error.detail.contains('\n')), "{found:?}");
    }
    assert!(read(&[0xff, 0xfe, 0x00], None).unwrap_err()[0].detail.contains("UTF-8"));
    assert_eq!(
        names(&read(b"\xef\xbb\xbf{\"title\":\"a.b\",\"type\":\"object\"}", None).unwrap()),
        ["a.b"]
    );
}
