//! Steps that many tests take through the API.

use clearhook::catalogue::BuiltIn;
use reqwest::{Method, Response};
use serde_json::Value;

use crate::support::app::{JsonBody, TestApp, cloud_event};

/// The id of a webhook, as the API answered it.
pub(crate) fn id(webhook: &Value) -> &str {
    webhook["id"].as_str().unwrap()
}

/// Changes a webhook by PATCH.
pub(crate) async fn change(app: &TestApp, webhook: &Value, change: Value) {
    let path = format!("/webhooks/{}", id(webhook));
    let response = app.api(Method::PATCH, &path).json_value(&change).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

/// Publishes events as one batch. Their ids are the prefix and a number.
pub(crate) async fn publish_batch(app: &TestApp, event: BuiltIn, count: usize, prefix: &str) -> Response {
    let events: Vec<_> = (0..count).map(|number| cloud_event(event, &format!("{prefix}{number}"))).collect();
    let request = app
        .api(Method::POST, "/events")
        .header("content-type", "application/cloudevents-batch+json");
    request.body(Value::from(events).to_string()).send().await.unwrap()
}

/// Publishes this many events, in batches of 500.
pub(crate) async fn publish_many(app: &TestApp, event: BuiltIn, count: usize, prefix: &str) {
    for from in (0..count).step_by(500) {
        let size = 500.min(count - from);
        let response = publish_batch(app, event, size, &format!("{prefix}{from}-")).await;
        assert_eq!(response.status(), 202);
    }
}
