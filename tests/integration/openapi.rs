//! The `OpenAPI` document: it describes every route of the API, completely, and `docs/openapi.json` is a copy of it.

use std::{collections::BTreeSet, fs, path::Path};

use boon::{Compiler, Schemas};
use clearhook::rest::{self, openapi};
use serde_json::Value;

use crate::support::{
    app::{JsonAnswer, TestApp},
    database::TestDatabase,
    on_both,
};

on_both! { document_is_served_to_everybody_with_an_entity_tag reference_page_has_every_operation }

fn document() -> Value {
    openapi::document(rest::routes().rows())
}

/// Each operation with its name, such as `GET /api/v1/events`.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (format!("{} {path}", method.to_ascii_uppercase()), operation))
    });
    operations.collect()
}

#[test]
fn checked_in_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let text = openapi::printed(&document());
    if std::env::var_os("RENEW").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == text,
        "docs/openapi.json differs from the routes: RENEW=1 cargo test --features ssr --test integration openapi"
    );
}

#[test]
fn every_route_of_the_api_has_a_description() {
    let routes = rest::routes();
    let missing: Vec<_> = routes.rows().iter().filter(|row| row.operation.is_none()).collect();
    assert!(missing.is_empty(), "add them with Routes::operation: {missing:?}");
}

#[test]
fn every_operation_is_described_completely() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        assert!(ids.insert(text(&operation["operationId"])), "{name}: its operationId is not unique");
        let summary = text(&operation["summary"]);
        assert!(!summary.is_empty() && !summary.ends_with('.'), "{name}: {summary}");
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in &parameters {
            assert!(!text(&parameter["description"]).is_empty(), "{name}: {parameter}");
        }
        let variables: BTreeSet<String> = name
            .split('{')
            .skip(1)
            .map(|part| part.split('}').next().unwrap().to_owned())
            .collect();
        let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
        assert_eq!(
            in_path.map(|parameter| text(&parameter["name"])).collect::<BTreeSet<_>>(),
            variables,
            "{name}"
        );
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name} never succeeds");
        let is_open = operation["security"].as_array().unwrap().is_empty();
        assert_eq!(responses.contains_key("401"), !is_open, "{name}");
        assert_eq!(responses.contains_key("403"), operation.get("x-required-scope").is_some(), "{name}");
        for media in bodies(operation) {
            assert!(
                media.get("schema").is_none() || media.get("example").is_some(),
                "{name} has no example: {media}"
            );
        }
    }
}

/// The descriptions of the bodies of requests and of responses of success.
fn bodies(operation: &Value) -> Vec<&Value> {
    let responses = operation["responses"].as_object().unwrap().iter();
    let successful = responses
        .filter(|(status, _)| status.starts_with('2'))
        .map(|(_, response)| response);
    let contents = successful
        .chain([&operation["requestBody"]])
        .filter_map(|body| body["content"].as_object());
    contents.flat_map(|content| content.values()).collect()
}

#[test]
fn every_field_is_described() {
    let document = document();
    let mut missing = Vec::new();
    for (component, schema) in document["components"]["schemas"].as_object().unwrap() {
        for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
            if schema["description"].as_str().is_none_or(str::is_empty) {
                missing.push(format!("{component}.{field}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    let known = ["schemas", "responses"].into_iter().flat_map(|kind| {
        let components = document["components"][kind].as_object().unwrap();
        components.keys().map(move |name| format!("#/components/{kind}/{name}"))
    });
    let known: BTreeSet<String> = known.collect();
    assert_eq!(found, known);
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(members) => {
            if let Some(Value::String(to)) = members.get("$ref") {
                found.insert(to.clone());
            }
            members.values().for_each(|member| references(member, found));
        }
        _ => {}
    }
}

#[test]
fn every_example_is_valid_by_its_schema() {
    let document = document();
    let address = "https://clearhook.test/openapi.json";
    for (name, operation) in operations(&document) {
        for media in bodies(operation) {
            let (Some(schema), Some(example)) = (media.get("schema"), media.get("example")) else {
                continue;
            };
            let mut compiler = Compiler::new();
            compiler.set_default_draft(boon::Draft::V2020_12);
            let mut root = schema.clone();
            if root.is_object() {
                root["components"] = document["components"].clone();
            }
            compiler.add_resource(address, root).unwrap();
            let mut schemas = Schemas::new();
            let compiled = compiler
                .compile(address, &mut schemas)
                .unwrap_or_else(|error| panic!("{name}: {error:#}"));
            if let Err(error) = schemas.validate(example, compiled) {
                panic!("{name}: {example} {error:#}");
            }
        }
    }
}

async fn document_is_served_to_everybody_with_an_entity_tag(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let url = format!("{}/api/openapi.json", app.url);
    let response = app.http.get(&url).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert!(response.headers()["cache-control"].to_str().unwrap().contains("max-age"));
    let tag = response.headers()["etag"].clone();
    assert_eq!(response.json_value().await, document());
    let again = app.http.get(&url).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(again.bytes().await.unwrap().len(), 0);
    app.stop().await;
}

async fn reference_page_has_every_operation(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for language in ["en", "fr"] {
        let request = app.http.get(format!("{}/api/docs", app.url)).header("accept-language", language);
        let page = request.send().await.unwrap().text().await.unwrap();
        for (name, operation) in operations(&document()) {
            let id = operation["operationId"].as_str().unwrap();
            assert!(
                page.contains(&format!("<section id=\"{id}\"")) && page.contains(&format!("href=\"#{id}\"")),
                "{name}"
            );
            assert!(page.contains(&format!("id=\"{id}-command\"")), "{name}");
        }
        assert!(page.contains("whsec_") && page.contains("$CLEARHOOK_API_KEY"));
    }
    app.stop().await;
}
