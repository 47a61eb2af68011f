//! Importing event types from documents: dry run, all or nothing, what changes.

use std::{fs, path::Path};

use clearhook::domain::role::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, TestApp},
    database::TestDatabase,
    on_both,
    receiver::Receiver,
};

on_both! {
    dry_run_says_what_would_happen_and_stores_nothing
    of_5000_types_with_3_invalid_ones_nothing_is_stored
    incompatible_import_needs_consent
    files_that_are_no_documents_are_refused
    deeply_nested_files_do_not_end_the_service
    published_document_is_imported_and_its_events_are_published
}

/// An `OpenAPI` document with these webhooks.
fn document(webhooks: impl IntoIterator<Item = (String, Value)>) -> Value {
    let webhooks: serde_json::Map<String, Value> = webhooks
        .into_iter()
        .map(|(name, schema)| {
            let content = json!({ "application/json": { "schema": schema } });
            (
                name,
                json!({ "post": { "requestBody": { "content": content }, "responses": { "200": { "description": "ok" } } } }),
            )
        })
        .collect();
    json!({ "openapi": "3.1.0", "info": { "title": "Shop", "version": "1" }, "webhooks": webhooks })
}

fn object(field: &str) -> Value {
    json!({ "type": "object", "required": [field], "properties": { field: { "type": "string" } }, "additionalProperties": false })
}

async fn import(app: &TestApp, query: &str, body: &str) -> (u16, Value) {
    let request = app.api(Method::POST, &format!("/event-types/import{query}"));
    let response = request
        .header("content-type", "application/json")
        .body(body.to_owned())
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), response.json_value().await)
}

async fn own_types(app: &TestApp) -> usize {
    app.get("/event-types?origin=custom&limit=200").await["items"]
        .as_array()
        .unwrap()
        .len()
}

async fn dry_run_says_what_would_happen_and_stores_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let first = document([("order.created".to_owned(), object("id")), ("order.paid".to_owned(), object("id"))]).to_string();
    let audited = database.count("audit_log").await;
    let (status, result) = import(&app, "?dry_run=true", &first).await;
    assert_eq!(
        (status, &result["dry_run"], &result["new"]),
        (200, &json!(true), &json!(["order.created", "order.paid"])),
        "{result}"
    );
    assert_eq!((own_types(&app).await, database.count("audit_log").await), (0, audited));
    let (status, result) = import(&app, "?group=Orders", &first).await;
    assert_eq!(
        (status, &result["dry_run"], &result["new"]),
        (200, &json!(false), &json!(["order.created", "order.paid"])),
        "{result}"
    );
    assert_eq!(own_types(&app).await, 2);
    assert_eq!(database.count("audit_log").await, audited + 1, "one entry for the import");
    let read = app.get("/event-types/order.paid").await;
    assert_eq!((&read["origin"], &read["version"]), (&json!("custom"), &json!(1)));
    assert_eq!(read["schema"]["required"], json!(["id"]));
    // The same again changes nothing, and a changed document says what it breaks.
    let (_, result) = import(&app, "", &first).await;
    assert_eq!(
        (&result["new"], &result["unchanged"]),
        (&json!([]), &json!(["order.created", "order.paid"])),
        "{result}"
    );
    assert_eq!(database.count("audit_log").await, audited + 1);
    let second = document([
        ("order.created".to_owned(), object("number")),
        ("order.sent".to_owned(), object("id")),
    ])
    .to_string();
    let (status, result) = import(&app, "?dry_run=true", &second).await;
    assert_eq!(
        (status, &result["new"], &result["changed"][0]["type"]),
        (200, &json!(["order.sent"]), &json!("order.created")),
        "{result}"
    );
    assert!(!result["changed"][0]["changes"].as_array().unwrap().is_empty());
    assert_eq!(own_types(&app).await, 2);
    for (query, status) in [("?dry_run=maybe", 400), ("?dryrun=true", 400)] {
        assert_eq!(import(&app, query, &first).await.0, status, "{query}");
    }
    app.stop().await;
}

async fn of_5000_types_with_3_invalid_ones_nothing_is_stored(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let schema = |number: usize| match number {
        17 => json!({ "type": "object", "properties": { "a": { "type": "string", "pattern": "(?=a)b" } } }),
        2_500 => json!({ "type": "object", "properties": { "a": { "$ref": "https://example.com/other.json" } } }),
        4_999 => json!({ "type": "nonsense" }),
        _ => object("id"),
    };
    let name = |number: usize| format!("bulk.type{number:04}");
    let broken = document((0..5_000).map(|number| (name(number), schema(number)))).to_string();
    let (status, problem) = import(&app, "", &broken).await;
    assert_eq!(status, 422, "{problem}");
    assert_eq!(own_types(&app).await, 0);
    let errors = problem["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 3, "{problem}");
    let text = problem.to_string();
    for number in [17, 2_500, 4_999] {
        assert!(text.contains(&name(number)), "{number}: {problem}");
    }
    assert!(
        errors
            .iter()
            .all(|error| error["pointer"].as_str().unwrap().starts_with("/webhooks")),
        "{problem}"
    );
    // Without them, all are stored at once.
    let good = document((0..5_000).map(|number| (name(number), object("id")))).to_string();
    let (status, result) = import(&app, "", &good).await;
    assert_eq!((status, result["new"].as_array().map(Vec::len)), (200, Some(5_000)));
    assert_eq!(database.count("event_types WHERE origin = 'custom'").await, 5_000);
    let event = json!({ "specversion": "1.0", "id": "1", "source": "s", "type": name(4_999), "data": { "id": "1" } });
    assert_eq!(app.publish_raw(&event).await.status(), 202);
    app.stop().await;
}

async fn incompatible_import_needs_consent(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let first = document([("order.created".to_owned(), object("id"))]).to_string();
    assert_eq!(import(&app, "", &first).await.0, 200);
    let (status, _) = app.post("/event-types", &json!({ "type": "mine", "name": "Mine" })).await;
    assert_eq!(status, 201);
    let second = document([("order.created".to_owned(), object("number")), ("mine".to_owned(), object("id"))]).to_string();
    let (status, problem) = import(&app, "", &second).await;
    assert_eq!(
        (status, problem["type"].as_str()),
        (409, Some("urn:clearhook:problem:incompatible")),
        "{problem}"
    );
    assert!(problem["changes"].to_string().contains("order.created"), "{problem}");
    assert_eq!(app.get("/event-types/order.created").await["version"], 1);
    let (status, result) = import(&app, "?breaking=true", &second).await;
    assert_eq!((status, result["changed"].as_array().map(Vec::len)), (200, Some(2)), "{result}");
    assert_eq!(app.get("/event-types/order.created").await["version"], 2);
    // Types of a pack cannot be changed by a document.
    let pack = document([
        ("identity.created".to_owned(), object("id")),
        ("fresh.type".to_owned(), object("id")),
    ])
    .to_string();
    let (status, problem) = import(&app, "?breaking=true", &pack).await;
    assert_eq!(status, 422, "{problem}");
    assert!(
        problem["errors"][0]["detail"].as_str().unwrap().contains("identity.created"),
        "{problem}"
    );
    assert_eq!(app.api(Method::GET, "/event-types/fresh.type").send().await.unwrap().status(), 404);
    let (status, result) = import(&app, "?dry_run=true", &pack).await;
    assert_eq!(
        (status, &result["rejected"][0]["type"], &result["new"]),
        (200, &json!("identity.created"), &json!(["fresh.type"])),
        "{result}"
    );
    app.stop().await;
}

async fn files_that_are_no_documents_are_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for body in ["", "{", "\u{0}\u{1}", "[[[[", "5", "<html></html>", "swagger: '2.0'"] {
        for query in ["", "?dry_run=true"] {
            let (status, problem) = import(&app, query, body).await;
            assert!([200, 400, 422].contains(&status), "{body:?}: {status} {problem}");
            if status == 200 {
                assert!(query.contains("dry_run"), "{body:?}: {problem}");
            }
        }
    }
    assert_eq!(own_types(&app).await, 0);
    let large = " ".repeat(33 * 1024 * 1024);
    assert_eq!(import(&app, "", &large).await.0, 413);
    let request = app
        .api(Method::POST, "/event-types/import")
        .header("content-type", "multipart/form-data; boundary=x");
    assert_eq!(request.body("--x--").send().await.unwrap().status(), 415);
    app.stop().await;
}

/// A parser of documents that overflows its stack ends the whole process.
async fn deeply_nested_files_do_not_end_the_service(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for (open, close) in [("{\"a\":", "}"), ("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("<<: {", "}")] {
        for depth in [100, 1_000, 100_000] {
            let body = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            for (unclosed, name) in [(false, ""), (true, "&file_name=a.yaml"), (true, "&file_name=a.json")] {
                let body = if unclosed { &body[..open.len() * depth] } else { &body };
                let (status, _) = import(&app, &format!("?dry_run=true{name}"), body).await;
                assert!(status == 422 || status == 200, "{open} {depth} {name}: {status}");
            }
        }
    }
    assert_eq!(app.get("/event-types/identity.created").await["type"], "identity.created");
    app.stop().await;
}

/// A document that others published and their own example: GitHub's webhooks, from packages that `make setup` installs.
async fn published_document_is_imported_and_its_events_are_published(database: TestDatabase) {
    let package = |path: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("end2end/node_modules/@octokit")
            .join(path);
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}; run `make setup`", file.display()))
    };
    let app = TestApp::start(&database).await;
    let receiver = Receiver::start([]).await;
    let (status, result) = import(&app, "?group=GitHub", &package("webhooks-schemas/schema.json")).await;
    assert_eq!(status, 200, "{result}");
    assert!(result["new"].as_array().unwrap().len() > 100, "{result}");
    let examples: Value = serde_json::from_str(&package("webhooks-examples/api.github.com/index.json")).unwrap();
    let discussion = examples
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["name"] == "discussion")
        .unwrap();
    let answered = discussion["examples"]
        .as_array()
        .unwrap()
        .iter()
        .find(|example| example["action"] == "answered")
        .unwrap();
    let body = json!({ "name": "Discussions", "url": receiver.url, "events": ["discussion.*"] });
    assert_eq!(app.post("/webhooks", &body).await.0, 201);
    let publish = async |data: &Value| app.post("/events?type=discussion.answered", data).await;
    let (status, answer) = publish(answered).await;
    assert_eq!((status, &answer["events"][0]["deliveries"]), (202, &json!(1)), "{answer}");
    receiver.wait(1).await;
    let mut wrong = answered.clone();
    wrong["repository"]["id"] = json!("many");
    let (status, answer) = publish(&wrong).await;
    assert_eq!(
        (status, &answer["errors"][0]["pointer"]),
        (422, &json!("/data/repository/id")),
        "{answer}"
    );
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let page = app.page("/event-types/discussion.answered", &cookie).await.text().await.unwrap();
    assert!(page.contains("answer_chosen_at") && page.contains("GitHub"), "{page}");
    app.stop().await;
}
