//! Event types through the API: create, read, change, versions, archive, check, downloads.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, JsonBody, TestApp},
    database::TestDatabase,
    on_both,
};

on_both! {
    event_type_is_created_and_read_in_every_form
    names_are_checked_rule_by_rule
    schemas_that_cannot_be_used_are_rejected
    incompatible_schema_needs_consent_and_makes_a_version
    examples_have_to_match_the_new_schema
    two_editors_do_not_overwrite_each_other
    archived_type_is_restored_and_packs_change_only_their_state
    schema_is_checked_against_stored_events
}

/// A schema of an invoice.
fn invoice_schema() -> Value {
    json!({
        "type": "object",
        "required": ["number", "amount"],
        "properties": { "number": { "type": "string" }, "amount": { "type": "number", "minimum": 0 } },
        "additionalProperties": false,
    })
}

/// An invoice type.
pub(crate) fn invoice() -> Value {
    json!({
        "type": "invoice.paid", "name": "Invoice paid", "group": "Invoices", "description": "Sent when an invoice is paid.",
        "schema": invoice_schema(), "example": { "number": "2026-1", "amount": 99.5 },
    })
}

/// A PATCH, and the status and the body of its response.
pub(crate) async fn patch(app: &TestApp, name: &str, body: &Value) -> (u16, Value) {
    let response = app
        .api(Method::PATCH, &format!("/event-types/{name}"))
        .json_value(body)
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), response.json_value().await)
}

/// The pointers of the errors of a problem.
pub(crate) fn pointers(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect()
}

async fn event_type_is_created_and_read_in_every_form(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let response = app.api(Method::POST, "/event-types").json_value(&invoice()).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["location"], "/api/v1/event-types/invoice.paid");
    assert!(response.headers().contains_key("etag"));
    let created = response.json_value().await;
    let read = app.get("/event-types/invoice.paid").await;
    assert_eq!(created, read);
    for (field, value) in [
        ("type", json!("invoice.paid")),
        ("name", json!("Invoice paid")),
        ("group", json!("Invoices")),
        ("state", json!("active")),
        ("replaced_by", Value::Null),
        ("origin", json!("custom")),
        ("version", json!(1)),
        ("retention", Value::Null),
        ("masked", json!([])),
        ("schema", invoice_schema()),
        ("example", json!({ "number": "2026-1", "amount": 99.5 })),
        ("examples", json!([{ "number": "2026-1", "amount": 99.5 }])),
    ] {
        assert_eq!(read[field], value, "{field}");
    }
    assert_eq!(read["callback_example"]["data"], read["example"]);
    let schema = app.api(Method::GET, "/event-types/invoice.paid/schema").send().await.unwrap();
    assert_eq!(schema.headers()["content-type"], "application/schema+json");
    assert_eq!(
        schema.headers()["content-disposition"],
        "attachment; filename=\"invoice.paid.schema.json\""
    );
    let schema = schema.json_value().await;
    let validator = jsonschema_of(&schema);
    assert!(validator(&read["callback_example"]), "{schema}");
    let mut wrong = read["callback_example"].clone();
    wrong["data"]["amount"] = json!("99");
    assert!(!validator(&wrong));
    let example = app.get("/event-types/invoice.paid/example").await;
    assert_eq!(example, read["callback_example"]);
    let script = app
        .api(Method::GET, "/event-types/invoice.paid/typescript?version=1")
        .send()
        .await
        .unwrap();
    assert_eq!(script.status(), 200);
    assert!(script.text().await.unwrap().contains("amount"));
    let archive = app.api(Method::GET, "/event-types.zip").send().await.unwrap();
    assert_eq!(archive.headers()["content-type"], "application/zip");
    assert!(archive.bytes().await.unwrap().starts_with(b"PK"));
    // A type with a slash is one segment of an address.
    let slashed = json!({ "type": "orders/v1:created", "example": 7 });
    let response = app.api(Method::POST, "/event-types").json_value(&slashed).send().await.unwrap();
    assert_eq!(response.headers()["location"], "/api/v1/event-types/orders%2Fv1:created");
    let read = app.get("/event-types/orders%2Fv1:created").await;
    assert_eq!((&read["name"], &read["schema"]), (&json!("Orders v1 created"), &Value::Null));
    assert_eq!(app.get("/event-types/orders%2Fv1%3Acreated/versions/1").await["example"], 7);
    let twice = app.post("/event-types", &slashed).await;
    assert_eq!((twice.0, twice.1["title"].as_str()), (409, Some("This cannot be done now")));
    for path in [
        "/event-types/no.such",
        "/event-types/no.such/schema",
        "/event-types/invoice.paid/versions/2",
        "/event-types/invoice.paid/versions/x",
        "/event-types/invoice.paid/schema?version=9",
    ] {
        let response = app.api(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
    }
    for path in [
        "/event-types?unknown=1",
        "/event-types/invoice.paid?x=1",
        "/event-types/invoice.paid/schema?versoin=1",
    ] {
        assert_eq!(app.api(Method::GET, path).send().await.unwrap().status(), 400, "{path}");
    }
    app.stop().await;
}

/// Whether an independent validator accepts a value.
fn jsonschema_of(schema: &Value) -> impl Fn(&Value) -> bool {
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.set_default_draft(boon::Draft::V2020_12);
    compiler.enable_format_assertions();
    compiler.add_resource("https://example.com/s.json", schema.clone()).unwrap();
    let index = compiler.compile("https://example.com/s.json", &mut schemas).unwrap();
    move |value| schemas.validate(value, index).is_ok()
}

async fn names_are_checked_rule_by_rule(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for name in [
        "",
        "facture.payée",
        "счёт",
        "請求書",
        "a b",
        ".a",
        "a.",
        "a..b",
        "import",
        "new",
        "schema",
        "a/versions",
        "a\u{202e}b",
        "a*",
        "identity.*",
    ] {
        let (status, problem) = app.post("/event-types", &json!({ "type": name })).await;
        assert_eq!((status, pointers(&problem)), (422, vec!["/type"]), "{name}: {problem}");
    }
    let long = "x".repeat(201);
    assert_eq!(app.post("/event-types", &json!({ "type": long })).await.0, 422);
    for name in ["Microsoft.Storage.BlobCreated", "com.example:order/created-2_b", &long[..200]] {
        assert_eq!(app.post("/event-types", &json!({ "type": name })).await.0, 201, "{name}");
    }
    // Names are compared exactly.
    assert_eq!(
        app.post("/event-types", &json!({ "type": "microsoft.storage.blobCreated" }))
            .await
            .0,
        201
    );
    // The texts for people may be in any script.
    let texts = json!({ "type": "texts", "name": "支払済 ✓", "group": "Счета", "description": "שולם\nبالكامل" });
    let (status, created) = app.post("/event-types", &texts).await;
    assert_eq!(
        (status, &created["name"], &created["group"]),
        (201, &texts["name"], &texts["group"])
    );
    for (body, pointer) in [
        (json!({}), "/type"),
        (json!({ "type": 5 }), "/type"),
        (json!({ "type": "t.a", "naem": "x" }), "/naem"),
        (json!({ "type": "t.a", "name": "" }), "/name"),
        (json!({ "type": "t.a", "state": "retired" }), "/state"),
        (json!({ "type": "t.a", "retention": 0 }), "/retention"),
        (json!({ "type": "t.a", "retention": "30" }), "/retention"),
        (json!({ "type": "t.a", "masked": ["card"] }), "/masked/0"),
        (json!({ "type": "t.a", "replaced_by": "no.such" }), "/replaced_by"),
        (
            json!({ "type": "t.a", "schema": invoice_schema(), "example": { "number": 1, "amount": 2 } }),
            "/example/number",
        ),
    ] {
        let (status, problem) = app.post("/event-types", &body).await;
        assert_eq!((status, pointers(&problem)), (422, vec![pointer]), "{body}: {problem}");
    }
    app.stop().await;
}

async fn schemas_that_cannot_be_used_are_rejected(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let deep = (0..40).fold(json!({}), |inner, _| json!({ "properties": { "a": inner } }));
    for schema in [
        json!({ "type": "strin" }),
        json!({ "type": "object", "properties": { "a": { "$ref": "https://example.com/other.json" } } }),
        json!({ "$ref": "other.json" }),
        json!({ "$ref": "#/$defs/none" }),
        json!({ "pattern": "^(?=a)b" }),
        json!({ "pattern": "(a)\\1" }),
        json!({ "pattern": "(" }),
        json!({ "minimum": "1" }),
        json!("text"),
        deep.clone(),
        (0..40).fold(deep, |inner, _| json!({ "properties": { "a": inner } })),
        json!({ "description": "x".repeat(300_000) }),
    ] {
        let text: String = schema.to_string().chars().take(80).collect();
        let (status, problem) = app.post("/event-types", &json!({ "type": "bad.schema2", "schema": schema })).await;
        assert_eq!(status, 422, "{text}: {problem}");
        let pointer = pointers(&problem)[0].to_owned();
        assert!(
            pointer.starts_with("/schema") || (pointer.is_empty() && problem.to_string().contains("nested too deeply")),
            "{text}: {problem}"
        );
    }
    let huge = json!({ "type": "huge", "schema": { "description": "x".repeat(10_000_000) } });
    let (status, problem) = app.post("/event-types", &huge).await;
    assert_eq!(status, 413, "{problem}");
    // A nested quantifier is matched in linear time.
    let catastrophic = json!({ "type": "slow.pattern", "schema": { "type": "string", "pattern": "^(a+)+$" }, "example": "aaa" });
    assert_eq!(app.post("/event-types", &catastrophic).await.0, 201);
    let began = std::time::Instant::now();
    let event =
        json!({ "specversion": "1.0", "id": "1", "source": "s", "type": "slow.pattern", "data": format!("{}b", "a".repeat(50_000)) });
    assert_eq!(app.publish_raw(&event).await.status(), 422);
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    app.stop().await;
}

async fn incompatible_schema_needs_consent_and_makes_a_version(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    assert_eq!(app.post("/event-types", &invoice()).await.0, 201);
    for id in ["1", "2"] {
        let event = json!({ "specversion": "1.0", "id": id, "source": "s", "type": "invoice.paid", "data": { "number": id, "amount": 1 } });
        assert_eq!(app.publish_raw(&event).await.status(), 202);
    }
    // Texts do not make a version.
    let (status, changed) = patch(
        &app,
        "invoice.paid",
        &json!({ "name": "Paid", "retention": 30, "masked": ["/number"] }),
    )
    .await;
    assert_eq!((status, &changed["version"], &changed["name"]), (200, &json!(1), &json!("Paid")));
    assert_eq!((&changed["retention"], &changed["masked"]), (&json!(30), &json!(["/number"])));
    let mut narrower = invoice_schema();
    narrower["properties"]["amount"]["minimum"] = json!(50);
    narrower["properties"]["currency"] = json!({ "type": "string" });
    let (status, problem) = patch(&app, "invoice.paid", &json!({ "schema": narrower })).await;
    assert_eq!(
        (status, problem["type"].as_str()),
        (409, Some("urn:clearhook:problem:incompatible")),
        "{problem}"
    );
    let breaks: Vec<_> = problem["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["breaks"].as_str().unwrap())
        .collect();
    assert!(breaks.contains(&"publishers") && breaks.contains(&"receivers"), "{problem}");
    assert!(
        problem["changes"]
            .as_array()
            .unwrap()
            .iter()
            .all(|change| change["pointer"].is_string() && change["detail"].is_string())
    );
    let stored = &problem["stored_events"];
    assert_eq!(
        (&stored["checked"], &stored["rejected"], &stored["complete"]),
        (&json!(2), &json!(2), &json!(true)),
        "{problem}"
    );
    assert_eq!(stored["reasons"][0]["pointer"], "/amount");
    let (status, changed) = patch(&app, "invoice.paid", &json!({ "schema": narrower, "breaking": true })).await;
    assert_eq!((status, &changed["version"], &changed["schema"]), (200, &json!(2), &narrower));
    // The same again is no change.
    let (status, again) = patch(&app, "invoice.paid", &json!({ "schema": narrower })).await;
    assert_eq!(
        (status, &again["version"], &again["updated_at"]),
        (200, &json!(2), &changed["updated_at"])
    );
    let versions = app.get("/event-types/invoice.paid/versions").await;
    let numbers: Vec<_> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["version"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [2, 1]);
    assert_eq!(versions["items"][0]["current"], true);
    let page = app.get("/event-types/invoice.paid/versions?limit=1").await;
    let next = format!(
        "/event-types/invoice.paid/versions?limit=1&cursor={}",
        page["next_cursor"].as_str().unwrap()
    );
    let page = app.get(&next).await;
    assert_eq!((&page["items"][0]["version"], &page["next_cursor"]), (&json!(1), &Value::Null));
    let first = app.get("/event-types/invoice.paid/versions/1").await;
    assert_eq!((&first["schema"], &first["current"]), (&invoice_schema(), &json!(false)));
    let old = app
        .api(Method::GET, "/event-types/invoice.paid/schema?version=1")
        .send()
        .await
        .unwrap()
        .json_value()
        .await;
    assert_eq!(old["properties"]["data"]["properties"]["amount"]["minimum"], 0);
    // Events are validated by the new version at once.
    let event = json!({ "specversion": "1.0", "id": "3", "source": "s", "type": "invoice.paid", "data": { "number": "3", "amount": 1 } });
    assert_eq!(app.publish_raw(&event).await.status(), 422);
    assert_eq!(
        database.count("audit_log WHERE object_kind = 'event_type'").await,
        3,
        "created, renamed, new schema"
    );
    app.stop().await;
}

async fn examples_have_to_match_the_new_schema(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    assert_eq!(app.post("/event-types", &invoice()).await.0, 201);
    let mut required = invoice_schema();
    required["required"] = json!(["number", "amount", "due"]);
    required["properties"]["due"] = json!({ "type": "string", "format": "date" });
    // The compatibility check comes first.
    assert_eq!(patch(&app, "invoice.paid", &json!({ "schema": required })).await.0, 409);
    let (status, problem) = patch(&app, "invoice.paid", &json!({ "schema": required, "breaking": true })).await;
    assert_eq!((status, pointers(&problem)), (422, vec!["/example/due"]), "{problem}");
    // An invalid schema comes before both.
    assert_eq!(patch(&app, "invoice.paid", &json!({ "schema": { "type": "x" } })).await.0, 422);
    let example = json!({ "number": "1", "amount": 2, "due": "2026-12-01" });
    let (status, changed) = patch(
        &app,
        "invoice.paid",
        &json!({ "schema": required, "example": example, "breaking": true }),
    )
    .await;
    assert_eq!(
        (status, &changed["version"], &changed["example"]),
        (200, &json!(2), &example),
        "{changed}"
    );
    // Examples alone do not make a version.
    let (status, problem) = patch(&app, "invoice.paid", &json!({ "example": { "number": 1 } })).await;
    assert_eq!(status, 422, "{problem}");
    let two = json!([{ "number": "1", "amount": 2, "due": "2026-12-01" }, { "number": "2", "amount": 2, "due": "2026-12-02" }]);
    let (status, changed) = patch(&app, "invoice.paid", &json!({ "examples": two })).await;
    assert_eq!((status, &changed["version"], &changed["examples"]), (200, &json!(2), &two));
    assert_eq!(app.get("/event-types/invoice.paid/versions/2").await["examples"], two);
    // Without a schema, any JSON is valid. That breaks receivers.
    let (status, problem) = patch(&app, "invoice.paid", &json!({ "schema": null })).await;
    assert_eq!(status, 409, "{problem}");
    let (status, changed) = patch(&app, "invoice.paid", &json!({ "schema": null, "breaking": true })).await;
    assert_eq!((status, &changed["schema"], &changed["version"]), (200, &Value::Null, &json!(3)));
    assert_eq!(patch(&app, "invoice.paid", &json!({ "type": "other" })).await.0, 422);
    app.stop().await;
}

async fn two_editors_do_not_overwrite_each_other(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    assert_eq!(app.post("/event-types", &invoice()).await.0, 201);
    let read = app.api(Method::GET, "/event-types/invoice.paid").send().await.unwrap();
    let seen = read.headers()["etag"].to_str().unwrap().to_owned();
    let change = async |tag: &str, name: &str| {
        let request = app.api(Method::PATCH, "/event-types/invoice.paid").header("if-match", tag);
        let response = request.json_value(&json!({ "name": name })).send().await.unwrap();
        (
            response.status().as_u16(),
            response.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned()),
        )
    };
    let (status, newer) = change(&seen, "First").await;
    assert_eq!(status, 200);
    assert_eq!(change(&seen, "Second").await.0, 412);
    assert_eq!(app.get("/event-types/invoice.paid").await["name"], "First");
    assert_eq!(change("*", "Anyhow").await.0, 200);
    assert_eq!(change(&newer.unwrap(), "Late").await.0, 412);
    assert_eq!(change("\"nonsense\", \"more\"", "Late").await.0, 412);
    let delete = app
        .api(Method::DELETE, "/event-types/invoice.paid")
        .header("if-match", &seen)
        .send()
        .await
        .unwrap();
    assert_eq!(delete.status(), 412);
    // Without If-Match, concurrent changes of different fields are all applied.
    let changes = [
        json!({ "name": "A" }),
        json!({ "description": "B" }),
        json!({ "group": "C" }),
        json!({ "retention": 9 }),
    ];
    let all = futures_util::future::join_all(changes.iter().map(|body| patch(&app, "invoice.paid", body))).await;
    assert!(all.iter().all(|(status, _)| *status == 200), "{all:?}");
    let read = app.get("/event-types/invoice.paid").await;
    assert_eq!(
        [&read["name"], &read["description"], &read["group"], &read["retention"]],
        [&json!("A"), &json!("B"), &json!("C"), &json!(9)]
    );
    // Two who create the same type: one of them is told.
    let new = json!({ "type": "same.time" });
    let both = futures_util::future::join_all((0..5).map(|_| app.post("/event-types", &new))).await;
    let mut statuses: Vec<_> = both.iter().map(|(status, _)| *status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409]);
    app.stop().await;
}

async fn archived_type_is_restored_and_packs_change_only_their_state(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    assert_eq!(app.post("/event-types", &invoice()).await.0, 201);
    let archive = async |name: &str| {
        app.api(Method::DELETE, &format!("/event-types/{name}"))
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(archive("invoice.paid").await, 204);
    assert_eq!(archive("invoice.paid").await, 204);
    assert_eq!(archive("no.such").await, 404);
    assert_eq!(app.get("/event-types/invoice.paid").await["state"], "archived");
    assert_eq!(database.count("audit_log WHERE action = 'event_type.archived'").await, 1);
    let (status, restored) = patch(&app, "invoice.paid", &json!({ "state": "active" })).await;
    assert_eq!(
        (status, &restored["state"], &restored["version"]),
        (200, &json!("active"), &json!(1))
    );
    assert_eq!(database.count("audit_log WHERE action = 'event_type.restored'").await, 1);
    for body in [
        json!({ "name": "Other" }),
        json!({ "schema": {}, "breaking": true }),
        json!({ "example": {} }),
        json!({ "group": "Mine" }),
        json!({ "retention": 3 }),
    ] {
        let (status, problem) = patch(&app, "identity.created", &body).await;
        assert_eq!(status, 409, "{body}: {problem}");
    }
    let deprecated = json!({ "state": "deprecated", "replaced_by": "identity.updated" });
    let (status, changed) = patch(&app, "identity.created", &deprecated).await;
    assert_eq!(
        (status, &changed["state"], &changed["replaced_by"]),
        (200, &json!("deprecated"), &json!("identity.updated"))
    );
    assert_eq!(
        patch(&app, "identity.created", &json!({ "replaced_by": "identity.created" }))
            .await
            .0,
        422
    );
    app.stop().await;
}

async fn schema_is_checked_against_stored_events(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    assert_eq!(app.post("/event-types", &invoice()).await.0, 201);
    let events: Vec<Value> = (0..60)
        .map(|number| {
            let data = json!({ "number": number.to_string(), "amount": number });
            json!({ "specversion": "1.0", "id": number.to_string(), "source": "s", "type": "invoice.paid", "data": data })
        })
        .collect();
    let request = app
        .api(Method::POST, "/events")
        .header("content-type", "application/cloudevents-batch+json");
    assert_eq!(request.body(Value::from(events).to_string()).send().await.unwrap().status(), 202);
    let check = async |body: &Value| app.post("/event-types/invoice.paid/check", body).await;
    let (status, result) = check(&json!({ "example": { "number": "1", "amount": 2 } })).await;
    assert_eq!((status, result), (200, json!({ "valid": true, "errors": [] })));
    let (status, result) = check(&json!({ "example": { "number": 1 } })).await;
    assert_eq!(
        (status, &result["valid"], result["errors"].as_array().unwrap().len()),
        (200, &json!(false), 2),
        "{result}"
    );
    assert_eq!(check(&json!({ "example": null })).await.1["valid"], false);
    let mut narrower = invoice_schema();
    narrower["properties"]["amount"]["maximum"] = json!(49);
    let (status, result) = check(&json!({ "schema": narrower })).await;
    assert_eq!(status, 200, "{result}");
    assert_eq!(result["changes"][0]["breaks"], "publishers", "{result}");
    let stored = &result["stored_events"];
    assert_eq!(
        (&stored["checked"], &stored["rejected"], &stored["complete"]),
        (&json!(60), &json!(10), &json!(true))
    );
    assert_eq!(
        (&stored["reasons"][0]["pointer"], &stored["reasons"][0]["events"]),
        (&json!("/amount"), &json!(10))
    );
    // The stored example does not match any more.
    assert_eq!(
        (&result["valid"], &result["errors"][0]["pointer"]),
        (&json!(false), &json!("/example/amount"))
    );
    let (status, result) = check(&json!({ "schema": null })).await;
    assert_eq!(
        (status, &result["changes"][0]["breaks"], &result["stored_events"]["rejected"]),
        (200, &json!("receivers"), &json!(0))
    );
    for (body, wanted) in [
        (json!({}), 422),
        (json!({ "schema": { "type": 1 } }), 422),
        (json!({ "exmaple": 1 }), 422),
    ] {
        assert_eq!(check(&body).await.0, wanted, "{body}");
    }
    assert_eq!(app.get("/event-types/invoice.paid").await["version"], 1, "a check stores nothing");
    app.stop().await;
}
