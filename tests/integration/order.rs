//! Ordered webhooks send the deliveries of one subject one after another, whatever the outcome of the previous one.

use clearhook::{catalogue::BuiltIn, delivery::DeliverySettings, storage::new_id};
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, cloud_event, hourly, loopback, quick},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
    steps::change,
};

on_both! {
    ordered_subject_continues_after_a_panic ordered_subject_continues_after_a_held_delivery
    ordered_subject_continues_after_a_deleted_event held_deliveries_are_recovered_in_order
    failed_and_held_deliveries_are_recovered_in_order a_parked_delivery_is_reported_as_pending_without_a_due_time
}

fn path(webhook: &Value) -> String {
    format!("/webhooks/{}", webhook["id"].as_str().unwrap())
}

/// A webhook whose subjects are sent in order.
async fn ordered(app: &TestApp, receiver: &Receiver) -> Value {
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    change(app, &webhook, json!({ "ordered": true })).await;
    webhook
}

/// Publishes events of one subject, and returns their ids.
async fn publish(app: &TestApp, numbers: std::ops::Range<usize>) -> Vec<String> {
    let mut ids = Vec::new();
    for number in numbers {
        let mut event = cloud_event(BuiltIn::IdentityCreated, &number.to_string());
        event["subject"] = "one".into();
        let answer = app.publish_raw(&event).await;
        assert_eq!(answer.status(), 202);
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        ids.push(answer["events"][0]["ce_id"].as_str().unwrap().to_owned());
    }
    ids
}

/// The ids of the events that a receiver saw, in order.
fn seen(receiver: &Receiver) -> Vec<String> {
    let bodies = receiver
        .seen()
        .into_iter()
        .map(|seen| serde_json::from_str::<Value>(&seen.body).unwrap());
    bodies.map(|body| body["id"].as_str().unwrap().to_owned()).collect()
}

async fn ordered_subject_continues_after_a_panic(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    ordered(&app, &receiver).await;
    let garbage = if database.url.starts_with("sqlite") { "x'00'" } else { "'\\x00'" };
    database
        .execute(&format!("UPDATE webhook_secrets SET secret_encrypted = {garbage}"))
        .await;
    let node = app.node;
    app.stop().await;
    let app = TestApp::start_with(&database, quick(), loopback(), node).await;
    publish(&app, 0..2).await;
    app.deliveries(&database, "failed", 2).await;
    app.stop().await;
}

async fn ordered_subject_continues_after_a_held_delivery(database: TestDatabase) {
    let settings = hourly();
    let (app, receiver) = (
        TestApp::start_with(&database, settings, loopback(), new_id()).await,
        Receiver::start([Reply::status(500)]).await,
    );
    let webhook = ordered(&app, &receiver).await;
    publish(&app, 0..2).await;
    receiver.wait(1).await;
    app.deliveries(&database, "pending", 1).await;
    app.deliveries(&database, "parked", 1).await;
    let node = app.node;
    app.stop().await;
    // The state after the node that disabled the webhook crashed before it held the deliveries.
    database.execute("UPDATE webhooks SET enabled = FALSE").await;
    database.execute("UPDATE deliveries SET due_at = 0 WHERE due_at IS NOT NULL").await;
    let app = TestApp::start_with(&database, quick(), loopback(), node).await;
    app.deliveries(&database, "held", 2).await;
    change(&app, &webhook, json!({ "enabled": true })).await;
    publish(&app, 2..3).await;
    app.deliveries(&database, "succeeded", 1).await;
    assert_eq!(receiver.seen().len(), 2);
    app.stop().await;
}

async fn ordered_subject_continues_after_a_deleted_event(database: TestDatabase) {
    let settings = hourly();
    let (app, receiver) = (
        TestApp::start_with(&database, settings, loopback(), new_id()).await,
        Receiver::start([Reply::status(500)]).await,
    );
    ordered(&app, &receiver).await;
    let ids = publish(&app, 0..2).await;
    receiver.wait(1).await;
    app.deliveries(&database, "pending", 1).await;
    app.deliveries(&database, "parked", 1).await;
    database.execute("DELETE FROM events WHERE ce_id = '0'").await;
    app.store.shift_due(-2 * 3_600_000).await.unwrap();
    app.dispatcher.wake();
    app.deliveries(&database, "succeeded", 1).await;
    app.deliveries(&database, "failed", 1).await;
    assert_eq!(seen(&receiver), ids);
    app.stop().await;
}

async fn held_deliveries_are_recovered_in_order(database: TestDatabase) {
    let slow = Reply {
        delay: std::time::Duration::from_millis(100),
        ..Reply::status(200)
    };
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([slow.clone(), slow]).await);
    let webhook = ordered(&app, &receiver).await;
    change(&app, &webhook, json!({ "enabled": false })).await;
    let ids = publish(&app, 0..8).await;
    app.deliveries(&database, "held", 8).await;
    change(&app, &webhook, json!({ "enabled": true })).await;
    let since = json!({ "since": "2020-01-01T00:00:00Z" });
    assert_eq!(
        app.post(&format!("{}/recover", path(&webhook)), &since).await,
        (202, json!({ "deliveries": 8 }))
    );
    app.deliveries(&database, "succeeded", 8).await;
    assert_eq!(seen(&receiver), ids);
    app.stop().await;
}

/// Deliveries that were held first and failed later are recovered in the order of their events.
async fn failed_and_held_deliveries_are_recovered_in_order(database: TestDatabase) {
    let settings = DeliverySettings {
        schedule: "".parse().unwrap(),
        ..quick()
    };
    let (app, receiver) = (
        TestApp::start_with(&database, settings, loopback(), new_id()).await,
        Receiver::start((0..2).map(|_| Reply::status(500))).await,
    );
    let webhook = ordered(&app, &receiver).await;
    change(&app, &webhook, json!({ "enabled": false })).await;
    let mut ids = publish(&app, 0..2).await;
    app.deliveries(&database, "held", 2).await;
    change(&app, &webhook, json!({ "enabled": true })).await;
    ids.extend(publish(&app, 2..4).await);
    app.deliveries(&database, "failed", 2).await;
    let since = json!({ "since": "2020-01-01T00:00:00Z" });
    app.post(&format!("{}/recover", path(&webhook)), &since).await;
    app.deliveries(&database, "succeeded", 4).await;
    assert_eq!(seen(&receiver)[2..], ids);
    app.stop().await;
}

/// The API knows no state for a delivery that waits for an earlier one of its subject.
async fn a_parked_delivery_is_reported_as_pending_without_a_due_time(database: TestDatabase) {
    let (app, receiver) = (
        TestApp::start_with(&database, hourly(), loopback(), new_id()).await,
        Receiver::start([Reply::status(500)]).await,
    );
    ordered(&app, &receiver).await;
    let ids = publish(&app, 0..2).await;
    receiver.wait(1).await;
    app.deliveries(&database, "pending", 1).await;
    app.deliveries(&database, "parked", 1).await;
    for (ce_id, has_due_time) in [(&ids[0], true), (&ids[1], false)] {
        let found = app.get(&format!("/events?id={ce_id}")).await;
        let event = app.get(&format!("/events/{}", found["items"][0]["id"].as_str().unwrap())).await;
        let delivery = &event["deliveries"][0];
        assert_eq!(
            (&delivery["state"], delivery["due_at"].is_string()),
            (&json!("pending"), has_due_time),
            "{event}"
        );
    }
    let metrics = app
        .http
        .get(format!("{}/metrics", app.url))
        .bearer_auth(&app.key)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(metrics.contains("clearhook_deliveries{state=\"pending\"} 2\n"), "{metrics}");
    app.stop().await;
}
