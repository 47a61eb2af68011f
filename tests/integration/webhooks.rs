//! Webhooks over the HTTP API.

use clearhook::catalogue::BuiltIn;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, JsonBody, TestApp},
    database::TestDatabase,
    on_both,
    receiver::Receiver,
};

on_both! { webhook_is_created_read_changed_and_deleted webhooks_are_searched_and_paged webhook_sends_additional_headers }

async fn webhook_is_created_read_changed_and_deleted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let body =
        json!({ "name": " HR ", "url": "https://hr.example.com:8443/hooks?tenant=7", "events": ["identity.updated", "identity.created"] });
    let response = app.api(Method::POST, "/webhooks").json_value(&body).send().await.unwrap();
    assert_eq!(response.status(), 201);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let created = response.json_value().await;
    assert!(created["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(
        (&created["name"], &created["events"]),
        (&json!("HR"), &json!(["identity.created", "identity.updated"]))
    );
    let path = location.strip_prefix("/api/v1").unwrap();
    let read = app.get(path).await;
    assert_eq!(
        (&read["secret"], &read["url"], &read["enabled"]),
        (&Value::Null, &body["url"], &json!(true))
    );

    let patch = json!({ "description": "Directory", "events": ["visit_event.created"], "headers": [{ "name": "X-A", "value": "1", "secret": false }] });
    let changed = app
        .api(Method::PATCH, path)
        .json_value(&patch)
        .send()
        .await
        .unwrap()
        .json_value()
        .await;
    assert_eq!(
        json!([changed["name"], changed["description"], changed["events"], changed["headers"]]),
        json!(["HR", "Directory", ["visit_event.created"], patch["headers"]])
    );
    assert_eq!(app.get(path).await["updated_at"], changed["updated_at"]);

    assert_eq!(app.api(Method::DELETE, path).send().await.unwrap().status(), 204);
    assert_eq!(app.api(Method::GET, path).send().await.unwrap().status(), 404);
    assert_eq!(app.api(Method::DELETE, path).send().await.unwrap().status(), 404);
    assert_eq!(app.publish(BuiltIn::VisitEventCreated, "after").await["deliveries"], 0);
    app.stop().await;
}

async fn webhooks_are_searched_and_paged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for number in 0..5 {
        let event = if number == 0 { "visit_event.created" } else { "identity.created" };
        let body = json!({ "name": format!("Hook_{number}"), "url": "https://example.com/", "events": [event], "enabled": number != 1 });
        assert_eq!(
            app.api(Method::POST, "/webhooks").json_value(&body).send().await.unwrap().status(),
            201
        );
    }
    let names = |page: &Value| {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (mut found, mut path) = (Vec::new(), "/webhooks?limit=2".to_owned());
    loop {
        let page = app.get(&path).await;
        found.extend(names(&page));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/webhooks?limit=2&cursor={cursor}");
    }
    assert_eq!(found, ["Hook_4", "Hook_3", "Hook_2", "Hook_1", "Hook_0"]);
    for (query, expected) in [
        ("q=hook_3", vec!["Hook_3"]),
        ("q=%25", vec![]),
        ("event=visit_event.created", vec!["Hook_0"]),
        ("enabled=false", vec!["Hook_1"]),
    ] {
        assert_eq!(names(&app.get(&format!("/webhooks?{query}")).await), expected, "{query}");
    }
    app.stop().await;
}

async fn webhook_sends_additional_headers(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let headers = json!([{ "name": "X-Origin", "value": "clearhook-production" }]);
    let body =
        json!({ "name": "N", "url": receiver.url.replace("/hook", "/hook?tenant=7"), "events": ["identity.created"], "headers": headers });
    assert_eq!(
        app.api(Method::POST, "/webhooks").json_value(&body).send().await.unwrap().status(),
        201
    );
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let seen = receiver.wait(1).await.remove(0);
    assert_eq!(seen.headers["x-origin"], "clearhook-production");
    assert!(seen.headers["user-agent"].to_str().unwrap().starts_with("clearhook/"));
    assert_eq!(seen.path, "/hook?tenant=7");
    app.stop().await;
}
