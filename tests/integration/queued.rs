//! A waiting delivery when its webhook is changed: which settings apply to it.

use std::time::{Duration, Instant};

use clearhook::{catalogue::BuiltIn, delivery::DeliverySettings};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonBody, TestApp, quick},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
    steps::publish_many,
};

on_both! {
    waiting_delivery_is_sent_to_the_new_url waiting_delivery_has_the_new_headers_and_secret
    waiting_delivery_is_sent_after_unsubscription waiting_delivery_is_held_while_disabled
    waiting_delivery_fails_when_its_webhook_is_deleted waiting_deliveries_are_sent_at_the_new_rate
}

/// Many retries, one every half second, so that the webhook can be changed in between. The receiver fails this many times.
async fn start(database: &TestDatabase, failures: usize) -> (TestApp, Receiver, Value) {
    let settings = DeliverySettings {
        schedule: ["500ms"; 30].join(",").parse().unwrap(),
        ..quick()
    };
    TestApp::start_with_receiver(database, settings, failing(failures)).await
}

/// This many failures.
fn failing(times: usize) -> Vec<Reply> {
    vec![Reply::status(500); times]
}

async fn change(app: &TestApp, webhook: &Value, change: &Value) {
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let response = app.api(Method::PATCH, &path).json_value(change).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

async fn waiting_delivery_is_sent_to_the_new_url(database: TestDatabase) {
    let ((app, old, webhook), new) = (start(&database, 100).await, Receiver::start([]).await);
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let first = old.wait(1).await.remove(0);
    change(&app, &webhook, &json!({ "url": new.url })).await;
    // After the response to a change, no attempt starts with the old settings.
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

async fn waiting_delivery_has_the_new_headers_and_secret(database: TestDatabase) {
    let (app, receiver, webhook) = start(&database, 2).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
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

async fn waiting_delivery_is_sent_after_unsubscription(database: TestDatabase) {
    let (app, receiver, webhook) = start(&database, 2).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    receiver.wait(1).await;
    change(&app, &webhook, &json!({ "events": ["visit_event.created"] })).await;
    // It was queued while the webhook was subscribed. A new event is not sent to it.
    assert_eq!(app.publish(BuiltIn::IdentityCreated, "2").await["deliveries"], 0);
    app.deliveries(&database, "succeeded", 1).await;
    assert_eq!(database.count("deliveries").await, 1);
    app.stop().await;
}

async fn waiting_delivery_is_held_while_disabled(database: TestDatabase) {
    let (app, receiver, webhook) = start(&database, 1).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    receiver.wait(1).await;
    change(&app, &webhook, &json!({ "enabled": false })).await;
    app.publish(BuiltIn::IdentityCreated, "2").await;
    app.deliveries(&database, "held", 2).await;
    let seen = receiver.seen().len();
    // After enabling, held deliveries stay held until they are recovered.
    change(&app, &webhook, &json!({ "enabled": true })).await;
    app.publish(BuiltIn::IdentityCreated, "3").await;
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

async fn waiting_delivery_fails_when_its_webhook_is_deleted(database: TestDatabase) {
    let (app, receiver, webhook) = start(&database, 100).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    receiver.wait(1).await;
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    assert_eq!(app.api(Method::DELETE, &path).send().await.unwrap().status(), 204);
    app.deliveries(&database, "failed", 1).await;
    let seen = receiver.seen().len();
    // Three more attempts of another delivery, on the same schedule: a retry of the deleted webhook would have been due before the last of them.
    let other = Receiver::start(failing(3)).await;
    app.webhook(&other.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "2").await;
    other.wait(4).await;
    assert_eq!(receiver.seen().len(), seen);
    app.stop().await;
}

/// Thirty deliveries wait for a rate of one per second. At the new rate they take about three seconds, and not less.
async fn waiting_deliveries_are_sent_at_the_new_rate(database: TestDatabase) {
    let (app, receiver, webhook) = start(&database, 0).await;
    change(&app, &webhook, &json!({ "rate_limit": { "per_second": 1, "burst": 1 } })).await;
    publish_many(&app, BuiltIn::IdentityCreated, 30, "").await;
    receiver.wait(1).await;
    change(&app, &webhook, &json!({ "rate_limit": { "per_second": 10, "burst": 1 } })).await;
    let (began, sent) = (Instant::now(), receiver.seen().len());
    assert!(sent < 10, "{sent} callbacks at one per second");
    receiver.wait(30).await;
    let (took, least) = (began.elapsed(), Duration::from_millis(u64::try_from(29 - sent).unwrap() * 90));
    assert!(
        took > least && took < Duration::from_secs(12),
        "{} callbacks took {took:?}",
        30 - sent
    );
    // Without a limit, the rest is sent at once.
    change(&app, &webhook, &json!({ "rate_limit": { "per_second": 1, "burst": 1 } })).await;
    publish_many(&app, BuiltIn::IdentityCreated, 30, "more-").await;
    receiver.wait(31).await;
    let began = Instant::now();
    change(&app, &webhook, &json!({ "rate_limit": null })).await;
    receiver.wait(60).await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    app.stop().await;
}
