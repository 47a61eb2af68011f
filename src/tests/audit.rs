//! Who changed what: one entry for each change, written with it, and no secret in it.

use reqwest::Method;
use serde_json::json;

use crate::support::{
    app::{JsonBody, TestApp},
    database::TestDatabase,
    on_both,
};

on_both! { a_change_leaves_one_entry_without_secrets }

async fn a_change_leaves_one_entry_without_secrets(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let headers = |value: &str| json!([{ "name": "X-Token", "value": value }]);
    let body = json!({ "name": "Audited", "url": "https://example.com/", "events": ["visit.created"], "headers": headers("planted-one") });
    let webhook = app.post("/webhooks", &body).await.1;
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let entries = async |what: &str| {
        let table = format!("audit_log WHERE object_kind = 'webhook' AND actor_kind = 'api_key' AND actor_name = 'tests' AND {what}");
        database.count(&table).await
    };
    assert_eq!(entries("action = 'webhook.created' AND \"before\" IS NULL").await, 1);
    for (change, action) in [
        (json!({ "enabled": false }), "webhook.disabled"),
        (json!({ "enabled": true }), "webhook.enabled"),
        (json!({ "headers": headers("planted-two") }), "webhook.changed"),
    ] {
        let response = app.api(Method::PATCH, &path).json_value(&change).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(entries(&format!("action = '{action}'")).await, 1, "{action}");
    }
    assert_eq!(entries("\"before\" LIKE '%Audited%' AND \"after\" LIKE '%(changed)%'").await, 1);
    let refused = app
        .api(Method::PATCH, &path)
        .json_value(&json!({ "name": "" }))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 422);
    assert_eq!(app.post(&format!("{path}/secret/rotate"), &json!({})).await.0, 200);
    assert_eq!(app.api(Method::DELETE, &path).send().await.unwrap().status(), 204);
    assert_eq!(app.api(Method::DELETE, &path).send().await.unwrap().status(), 404);
    assert_eq!(entries("object_name = 'Audited'").await, 6);
    assert_eq!(entries("(\"before\" LIKE '%planted%' OR \"after\" LIKE '%planted%')").await, 0);
    app.stop().await;
}
