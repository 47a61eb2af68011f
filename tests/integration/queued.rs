//! What happens to a delivery that waits when its webhook is changed: what an operator asks before they change one.

use std::time::Duration;

use clearhook::{catalogue::EventType, delivery::DispatchSettings, storage::new_id};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonBody, TestApp, loopback, quick},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
};

on_both! {
    a_waiting_delivery_goes_to_the_new_url a_waiting_delivery_gets_new_headers_and_the_new_secret
    a_waiting_delivery_is_sent_after_its_event_was_unticked a_waiting_delivery_is_held_while_disabled
    a_waiting_delivery_fails_when_its_webhook_is_deleted
}

/// Tried again each half second, many times: time enough to change the webhook in between.
async fn start(database: &TestDatabase) -> TestApp {
    let settings = DispatchSettings {
        schedule: ["500ms"; 30].join(",").parse().unwrap(),
        ..quick()
    };
    TestApp::start_with(database, settings, loopback(), new_id()).await
}

/// A receiver that fails until it is done with these.
async fn failing(times: usize) -> Receiver {
    Receiver::start((0..times).map(|_| Reply::status(500))).await
}

async fn change(app: &TestApp, webhook: &Value, change: &Value) {
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let response = app.api(Method::PATCH, &path).json_value(change).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

async fn a_waiting_delivery_goes_to_the_new_url(database: TestDatabase) {
    let (app, old, new) = (start(&database).await, failing(100).await, Receiver::start([]).await);
    let webhook = app.webhook(&old.url, &[EventType::IdentityCreated]).await;
    app.publish(EventType::IdentityCreated, "1").await;
    let first = old.wait(1).await.remove(0);
    change(&app, &webhook, &json!({ "url": new.url })).await;
    // A change is answered when no attempt begins any more that does not know of it.
    let asked = old.seen().len();
    let again = new.wait(1).await.remove(0);
    assert_eq!(
        (&again.headers["webhook-id"], &again.body),
        (&first.headers["webhook-id"], &first.body)
    );
    app.deliveries(&database, "succeeded", 1).await;
    assert!(old.seen().len() <= asked + 1, "one that was under way may still have come");
    let log = app.log(&webhook, 2).await;
    assert_eq!(
        (log[0]["url"].as_str(), log.last().unwrap()["url"].as_str()),
        (Some(new.url.as_str()), Some(old.url.as_str()))
    );
    app.stop().await;
}

async fn a_waiting_delivery_gets_new_headers_and_the_new_secret(database: TestDatabase) {
    let (app, receiver) = (start(&database).await, failing(2).await);
    let webhook = app.webhook(&receiver.url, &[EventType::IdentityCreated]).await;
    app.publish(EventType::IdentityCreated, "1").await;
    let first = receiver.wait(1).await.remove(0);
    change(&app, &webhook, &json!({ "headers": [{ "name": "X-Tenant", "value": "new" }] })).await;
    let path = format!("/webhooks/{}/secret/rotate", webhook["id"].as_str().unwrap());
    assert_eq!(app.post(&path, &json!({ "overlap": "24h" })).await.0, 200);
    app.deliveries(&database, "succeeded", 1).await;
    let last = receiver.seen().pop().unwrap();
    assert!(!first.headers.contains_key("x-tenant"));
    assert_eq!(last.headers["x-tenant"], "new");
    let signatures = |seen: &crate::support::receiver::Seen| seen.headers["webhook-signature"].to_str().unwrap().split(' ').count();
    assert_eq!((signatures(&first), signatures(&last)), (1, 2), "both secrets sign for a while");
    app.stop().await;
}

async fn a_waiting_delivery_is_sent_after_its_event_was_unticked(database: TestDatabase) {
    let (app, receiver) = (start(&database).await, failing(2).await);
    let webhook = app.webhook(&receiver.url, &[EventType::IdentityCreated]).await;
    app.publish(EventType::IdentityCreated, "1").await;
    receiver.wait(1).await;
    change(&app, &webhook, &json!({ "events": ["visit.created"] })).await;
    // It was queued when the webhook still heard of it. What is published now is not for it.
    assert_eq!(app.publish(EventType::IdentityCreated, "2").await["deliveries"], 0);
    app.deliveries(&database, "succeeded", 1).await;
    assert_eq!(database.count("deliveries").await, 1);
    app.stop().await;
}

async fn a_waiting_delivery_is_held_while_disabled(database: TestDatabase) {
    let (app, receiver) = (start(&database).await, failing(1).await);
    let webhook = app.webhook(&receiver.url, &[EventType::IdentityCreated]).await;
    app.publish(EventType::IdentityCreated, "1").await;
    receiver.wait(1).await;
    change(&app, &webhook, &json!({ "enabled": false })).await;
    app.publish(EventType::IdentityCreated, "2").await;
    app.deliveries(&database, "held", 2).await;
    let seen = receiver.seen().len();
    // Enabled again, what is held stays so until somebody asks for it.
    change(&app, &webhook, &json!({ "enabled": true })).await;
    app.publish(EventType::IdentityCreated, "3").await;
    receiver.wait(seen + 1).await;
    app.deliveries(&database, "held", 2).await;
    let path = format!("/webhooks/{}/recover", webhook["id"].as_str().unwrap());
    assert_eq!(
        app.post(&path, &json!({ "since": "2020-01-01T00:00:00Z" })).await,
        (202, json!({ "deliveries": 2 }))
    );
    app.deliveries(&database, "succeeded", 3).await;
    app.stop().await;
}

async fn a_waiting_delivery_fails_when_its_webhook_is_deleted(database: TestDatabase) {
    let (app, receiver) = (start(&database).await, failing(100).await);
    let webhook = app.webhook(&receiver.url, &[EventType::IdentityCreated]).await;
    app.publish(EventType::IdentityCreated, "1").await;
    receiver.wait(1).await;
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    assert_eq!(app.api(Method::DELETE, &path).send().await.unwrap().status(), 204);
    app.deliveries(&database, "failed", 1).await;
    let seen = receiver.seen().len();
    // No condition marks the absence of a call, so the test waits for several retry delays.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(receiver.seen().len(), seen);
    app.stop().await;
}
